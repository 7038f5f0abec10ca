package render

import (
	"fmt"
	"math"
	"strconv"

	"github.com/tailback/tailback/reports"
)

// onsetSentence says when an error code began, after what, and under what load.
func onsetSentence(r *reports.Report, o reports.Onset) string {
	s := fmt.Sprintf("%d began ", o.Code)
	if o.AfterFaultS == nil {
		s += moment(o.FirstS) + " into the run, with no fault in force"
	} else {
		s += fmt.Sprintf("%s after %s %s", delay(*o.AfterFaultS), o.Dependency, befell(faultBefore(r, o)))
	}
	s += ", with " + plural(o.InFlight, "request") + " in flight"
	if o.RateHz != nil {
		s += " at " + rate(*o.RateHz)
	}
	s += "; " + count(o.Count) + " in all"
	if c := cause(o); c != "" {
		s += ": " + c
	}
	return s
}

// cause is an onset's cause with its confidence, empty when it could not be told.
func cause(o reports.Onset) string {
	if o.Cause == "" || o.Cause == "unknown" {
		return ""
	}
	if o.Confidence == nil {
		return kindWords(o.Cause)
	}
	return fmt.Sprintf("%s (confidence %.2f)", kindWords(o.Cause), *o.Confidence)
}

// faultBefore returns the kind of the fault that o counts from: of those on its
// dependency the one that was applied nearest to that moment.
func faultBefore(r *reports.Report, o reports.Onset) string {
	kind, nearest := "a fault", math.Inf(1)
	for _, f := range r.Faults {
		off := math.Abs(o.FirstS - *o.AfterFaultS - f.AppliedS)
		if f.Dependency == o.Dependency && off < nearest {
			kind, nearest = f.Kind, off
		}
	}
	return kind
}

// recoverySentence says how long the site took to be well again.
func recoverySentence(v reports.Recovery) string {
	if v.AfterLiftS != nil && *v.AfterLiftS == 0 {
		return fmt.Sprintf("well again as soon as the fault on %s was lifted", v.Dependency)
	}
	if v.AfterLiftS != nil {
		return fmt.Sprintf("well again %s after the fault on %s was lifted", delay(*v.AfterLiftS), v.Dependency)
	}
	s := fmt.Sprintf("not seen well again after the fault on %s was lifted at %s", v.Dependency, moment(v.LiftedS))
	if v.Why != "" {
		s += ": " + v.Why
	}
	return s
}

// faultName is a fault in words: payments hang; bank latency 2.0 s, share 50%.
func faultName(f reports.Fault) string {
	s := oneLine(f.Dependency) + " " + kindWords(oneLine(f.Kind))
	if f.SizeS != nil {
		s += " " + seconds(*f.SizeS)
	}
	if f.Share != 1 {
		s += ", share " + percent(f.Share)
	}
	return s
}

// during says when a fault was in force.
func during(f reports.Fault) string {
	if f.LiftedS == nil {
		return "from " + moment(f.AppliedS)
	}
	return moment(f.AppliedS) + " to " + moment(*f.LiftedS)
}

// held says what a fault touched.
func held(f reports.Fault) string {
	if !f.Exercised {
		return "touched nothing"
	}
	if f.Connections == nil && f.RequestsHeld == nil {
		return "touched connections, not counted"
	}
	s := "held " + known(f.Connections, func(n int64) string { return plural(n, "connection") })
	if f.PeakConnections != nil && f.Connections != nil && *f.PeakConnections != *f.Connections {
		s += " (" + count(*f.PeakConnections) + " at once)"
	}
	return s + ", " + known(f.RequestsHeld, func(n int64) string { return plural(n, "request") })
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
	s := fmt.Sprintf("%s of %s requests sent", count(f.HitsSent), count(f.HitsDue))
	if f.HitsDropped > 0 {
		s += ", " + count(f.HitsDropped) + " dropped"
	}
	if f.RateAskedHz != nil && f.RateSentHz != nil {
		s += fmt.Sprintf("; asked %s, sent %s", rate(*f.RateAskedHz), rate(*f.RateSentHz))
	}
	if f.LagP99S != nil {
		s += fmt.Sprintf("; late p99 %s, at most %s", seconds(*f.LagP99S), known(f.LagMaxS, seconds))
	}
	return s
}

// failed returns the classes of t that are no answer and no status, with counts.
func failed(t reports.Traffic) []string {
	var words []string
	for _, class := range sortedKeys(t.Classes) {
		if class != "ok" && class != "status" {
			words = append(words, count(t.Classes[class])+" "+kindWords(class))
		}
	}
	return words
}

// goodStatus reports whether a status code is one of success: 2xx or 3xx.
func goodStatus(code string) bool {
	n, err := strconv.Atoi(code)
	return err == nil && n >= 200 && n < 400
}
