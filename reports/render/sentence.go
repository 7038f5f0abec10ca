package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// onsetSentence says when an error code began, after what, and under what load.
func onsetSentence(r *reports.Report, o reports.Onset) string {
	s := errorName(o) + " began "
	if o.AfterFaultS == nil {
		s += words.Moment(o.FirstS) + " into the run" + outsideFaults(r, o)
	} else {
		if onsetsOf(r, o.Code) > 1 {
			s += "at " + words.Moment(o.FirstS) + ", "
		}
		s += fmt.Sprintf("%s after %s %s", words.Span(*o.AfterFaultS), o.Dependency, befell(r.FaultOf(&o)))
	}
	load := "with " + words.Number(o.InFlight, "request") + " in flight"
	if steps := r.Visits.MeanSteps(); o.RateHz != nil && steps > 0 {
		load += " at " + words.Given(*o.RateHz/steps) + " visits/s"
	} else if o.RateHz != nil {
		load += " at " + words.Asked(*o.RateHz)
	}
	if c := cause(o); c != "" {
		return s + ": " + c + "; " + words.Count(o.Count) + " of them, the first " + load
	}
	return s + ", " + load + "; " + words.Count(o.Count) + " of them"
}

// errorName is the status that began, or where there is none what took its place.
func errorName(o reports.Onset) string {
	if o.Code == 0 {
		return kindWords(oneLine(o.Class))
	}
	return strconv.Itoa(o.Code)
}

// outsideFaults says where o stands among the run's faults, when none brought it.
func outsideFaults(r *reports.Report, o reports.Onset) string {
	if len(r.Faults) == 0 {
		return ""
	}
	for _, f := range r.Faults {
		if f.AppliedS <= o.FirstS {
			return ", with no fault in force"
		}
	}
	return ", before any fault"
}

// onsetsOf is how many times a code began: apart from faults, and after each.
func onsetsOf(r *reports.Report, code int) int {
	n := 0
	for _, o := range r.Onset {
		if o.Code == code {
			n++
		}
	}
	return n
}

// cause is an onset's cause with its confidence, empty when it could not be told.
func cause(o reports.Onset) string {
	if o.Cause == "" || o.Cause == reports.Unknown {
		return ""
	}
	if o.Confidence == nil {
		return kindWords(string(o.Cause))
	}
	return fmt.Sprintf("%s (confidence %s)", kindWords(string(o.Cause)), words.Confidence(*o.Confidence))
}

// recoverySentences say how long the site took to be well again after each
// fault that made it ill. Where illness can't be told, one says why for all.
func recoverySentences(all []reports.Recovery) []string {
	var list, whys []string
	untold := map[string][]reports.Recovery{}
	for _, v := range all {
		switch {
		case wasWell(v):
		case v.Ill == nil && v.AfterLiftS == nil && v.Why != "":
			if untold[v.Why] == nil {
				whys = append(whys, v.Why)
			}
			untold[v.Why] = append(untold[v.Why], v)
		default:
			list = append(list, recoverySentence(v, manyLike(all, v)))
		}
	}
	for _, why := range whys {
		s := "whether the site was well again after " + lifted(untold[why][0])
		if n := len(untold[why]) - 1; n > 0 {
			s += " and " + words.Number(int64(n), "other fault")
		}
		list = append(list, s+" cannot be told: "+why)
	}
	return list
}

// recoverySentence says how long the site took to be well again, and with when
// also at what time the fault was lifted.
func recoverySentence(v reports.Recovery, when bool) string {
	fault := lifted(v) + " was lifted"
	if when || v.AfterLiftS == nil {
		fault += " at " + words.Moment(v.LiftedS)
	}
	switch {
	case v.AfterLiftS != nil && *v.AfterLiftS == 0:
		return "well again as soon as " + fault
	case v.AfterLiftS != nil:
		return "well again " + words.Span(*v.AfterLiftS) + " after " + fault
	case v.Why != "":
		return "not seen well again after " + fault + ": " + v.Why
	}
	return "not seen well again after " + fault
}

// wasWell reports whether the site is known to have stayed well through the
// fault, so that there was nothing to recover from.
func wasWell(v reports.Recovery) bool { return v.Ill != nil && !*v.Ill }

// manyLike reports whether v's fault needs its time to be told from another's.
func manyLike(all []reports.Recovery, v reports.Recovery) bool {
	n := 0
	for _, o := range all {
		if o.Dependency == v.Dependency && o.Kind == v.Kind && !wasWell(o) {
			n++
		}
	}
	return n > 1
}

// lifted names the fault of a recovery: the hang on payments, the no accept fault on bank.
func lifted(v reports.Recovery) string {
	noun := v.Noun
	if noun == "" {
		noun = strings.TrimSpace(kindWords(v.Kind) + " fault")
	}
	return "the " + noun + " on " + v.Dependency
}

// faultName is a fault in words: payments hang; bank latency 2.0 s, share 50%.
func faultName(f reports.Fault) string {
	s := oneLine(f.Dependency) + " " + kindWords(oneLine(f.Kind))
	if f.SizeS != nil {
		s += " " + words.Span(*f.SizeS)
	}
	if f.Share != 1 {
		s += ", share " + words.Percent(f.Share)
	}
	return s
}

// during says when a fault was in force.
func during(f reports.Fault) string {
	if f.LiftedS == nil {
		return "from " + words.Moment(f.AppliedS)
	}
	return words.Moment(f.AppliedS) + " to " + words.Moment(*f.LiftedS)
}

// held says what a fault touched.
func held(f reports.Fault) string {
	n := f.Connections
	switch {
	case !f.Exercised && n == nil && f.RequestsHeld == nil && (f.Uncounted || undone(f) != ""):
		return "not known what it touched"
	case !f.Exercised && (n == nil || *n == 0):
		return "touched nothing"
	case f.RequestsHeld == nil && f.Does.OnListener:
		return unheard(f)
	case n == nil && f.RequestsHeld == nil:
		return "touched connections, not counted"
	case f.Does.Answers && n != nil && f.RequestsHeld != nil:
		return "answered " + words.Number(*f.RequestsHeld, "request") + " on " + words.Number(*n, "connection")
	}
	s := "held " + words.Known(n, func(n int64) string { return words.Number(n, "connection") })
	if n == nil {
		s = "held connections, not counted"
	}
	if f.PeakConnections != nil && n != nil && *f.PeakConnections != *n {
		s += " (" + words.Count(*f.PeakConnections) + " at once)"
	}
	if f.RequestsHeld == nil {
		return s + ", requests not counted"
	}
	return s + ", " + words.Number(*f.RequestsHeld, "request")
}

// unheard says what is known of a fault that connects meet before the proxy
// hears of them.
func unheard(f reports.Fault) string {
	switch n := f.Connections; {
	case f.Does.Refuses && n == nil:
		return "refused connects leave no trace here"
	case f.Does.Refuses:
		return "cut " + words.Number(*n, "open connection") + "; refused connects leave no trace here"
	case n == nil || *n == 0:
		return "connects left waiting leave no trace here"
	}
	return "held " + words.Number(*f.Connections, "connection") + " in the accept queue; connects left waiting leave no trace here"
}

// reached reports whether the run came as far as a phase.
func reached(r *reports.Report, p reports.Phase) bool {
	return p.Hits > 0 || p.StartS < r.DurationS
}

// undone says whether a fault was lifted, when that is not plain.
func undone(f reports.Fault) string {
	switch {
	case f.LiftedS == nil:
		return "not lifted"
	case f.UndoConfirmed == nil:
		return "lifting not checked"
	case !*f.UndoConfirmed:
		return "lifting not confirmed"
	}
	return ""
}

// sent says how much of the traffic that was due went out, and how late.
func sent(f reports.Fidelity) string {
	s := words.Count(f.HitsSent) + " of " + words.Number(f.HitsDue, "request") + " sent"
	if f.HitsDropped > 0 {
		s += ", " + words.Count(f.HitsDropped) + " dropped"
	}
	switch {
	case f.VisitRateAskedHz != nil && f.VisitRateBegunHz != nil && f.RateSentHz != nil:
		s += fmt.Sprintf(" in %s of %s; asked %s visits/s, begun %s, which sent %s requests/s", words.Count(f.VisitsBegun), words.Number(f.VisitsDue, "visit"),
			words.Given(*f.VisitRateAskedHz), words.PerS(*f.VisitRateBegunHz), rateOnly(*f.RateSentHz))
	case f.RateAskedHz != nil && f.RateSentHz != nil:
		s += fmt.Sprintf("; asked %s, sent %s", words.Asked(*f.RateAskedHz), words.PerS(*f.RateSentHz))
	}
	if f.LagP99S != nil {
		s += fmt.Sprintf("; late p99 %s, at most %s", words.Span(*f.LagP99S), words.Known(f.LagMaxS, words.Span))
	}
	return s
}

// failed returns the classes of t that are no answer and no status, with counts.
func failed(t reports.Traffic) []string {
	var list []string
	for _, class := range sortedKeys(t.Classes) {
		if class != "ok" && class != "status" {
			list = append(list, words.Count(t.Classes[class])+" "+kindWords(class))
		}
	}
	return list
}

// goodStatus reports whether a status code is one of success: 2xx or 3xx.
func goodStatus(code string) bool {
	n, err := strconv.Atoi(code)
	return err == nil && n >= 200 && n < 400
}
