// Package explain puts a report into sentences: its summary, what to do, and what
// the run could not tell. It is given a report and nothing else, so that every
// sentence stands on what its reader has too.
package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// maxClauses is how many phases with faults a summary tells of.
const maxClauses = 3

// Summary says in a few plain sentences what the run showed, why, and which
// timeout would help. What spoils the figures comes first: a run cut short,
// then a generator that failed.
func Summary(r *reports.Report) string {
	text := strings.Join(body(r), ". ")
	if !r.Fidelity.OK {
		text = "the load generator could not do all that was asked (" + r.Fidelity.Why + "), so some of this may be its own doing: " + text
	}
	switch at := words.Lasted(r.DurationS); r.Outcome {
	case reports.OutcomeComplete:
	case reports.OutcomeInterrupted:
		text = "interrupted after " + at + bracketed(r.OutcomeWhy) + ": " + text
	case reports.OutcomeAborted:
		text = "stopped after " + at + " by " + r.OutcomeWhy + ". " + words.Capital(text)
	case reports.OutcomeKilled:
		text = "killed after about " + at + ": " + text
	default:
		text = "cut short after " + at + ": " + text
	}
	return words.Capital(text) + "."
}

// body is the sentences, each but the first beginning with a capital.
func body(r *reports.Report) []string {
	all := &r.Total
	switch {
	case all.Sent == 0 && len(all.Classes) > 0:
		return []string{"no request was sent and waited for"}
	case all.Sent == 0:
		return []string{"no request was sent"}
	case all.OK == 0:
		return []string{fmt.Sprintf("not one of %s was answered well (%s)%s", words.Number(all.Sent, "request"), failures(all), after(": ", explainFirst(r)))}
	case len(r.Faults) == 0:
		return append([]string{plain(r, all)}, slow(r)...)
	}
	return append(underFaults(r), remedies(r)...)
}

// after puts between and text together, if there is a text.
func after(between, text string) string {
	if text == "" {
		return ""
	}
	return between + text
}

// bracketed puts text in brackets, if there is one.
func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// explainFirst says why the first gateway error came.
func explainFirst(r *reports.Report) string {
	if len(r.Onset) == 0 {
		return ""
	}
	return explain(r, &r.Onset[0])
}

// plain tells of a run without faults.
func plain(r *reports.Report, t *reports.Traffic) string {
	if t.Bad() == 0 {
		return fmt.Sprintf("all %s were answered well%s, half of them within %s and 99%% within %s",
			words.Number(t.Sent, "request"), degraded(t), words.Span(*t.ResponseS.P50), words.Span(*t.ResponseS.P99))
	}
	failed := fmt.Sprintf("%s of %s failed (%s: %s)", words.Count(t.Bad()), words.Number(t.Sent, "request"), words.Percent(badShare(t)), failures(t))
	if len(r.Onset) == 0 {
		return failed
	}
	o := r.Onset[0]
	if i := slices.IndexFunc(r.Onset, func(o reports.Onset) bool { return o.Cause == reports.SelfDeadlock }); i >= 0 {
		o = r.Onset[i] // no rate mends it
	}
	if c := r.Pool.CapacityHz; o.Cause == reports.QueueFull && c != nil && o.RateHz != nil && *o.RateHz > c.Low {
		return fmt.Sprintf("the site carries %s; asked %s, %s, from %s into the run on%s",
			words.PerS(c.Value), words.Asked(*o.RateHz), failed, words.Moment(o.FirstS), after(": ", explain(r, &o)))
	}
	return fmt.Sprintf("%s; %s began %s into the run%s%s", failed, what(&o), words.Moment(o.FirstS), rate(&o), after(": ", explain(r, &o)))
}

// slow says why good answers were slow, where no fault was played.
func slow(r *reports.Report) []string {
	var list []string
	said := map[reports.Cause]bool{}
	for _, s := range r.Slowdowns {
		why := map[reports.Cause]string{reports.Queueing: "requests queued for workers", reports.Contention: "each request took longer the more there were at once"}[s.Cause]
		if why == "" || said[s.Cause] || s.Confidence == nil || *s.Confidence < reports.Sure {
			continue
		}
		said[s.Cause] = true
		list = append(list, fmt.Sprintf("Answers were slow from %s on: %s", words.Moment(s.FromS), why))
	}
	return list
}

// underFaults has a clause for each phase with faults: in one sentence, or where
// one says why, in a sentence each.
func underFaults(r *reports.Report) []string {
	var clauses []string
	if bad, sent := beforeFaults(r); bad > 0 {
		clauses = append(clauses, fmt.Sprintf("%s of requests failed before any fault", words.Percent(float64(bad)/float64(sent))))
	}
	said, explained := map[string]bool{}, false
	for _, fault := range r.Faults {
		if said[fault.Phase] {
			continue
		}
		said[fault.Phase] = true
		if len(said) > maxClauses {
			continue
		}
		texts, why := clausesOf(r, fault.Phase)
		clauses, explained = append(clauses, texts...), explained || why
	}
	if more := len(said) - maxClauses; more > 0 {
		clauses = append(clauses, fmt.Sprintf("and %d more phases had faults", more))
	}
	texts, first := ownErrors(r)
	if clauses, explained = append(clauses, texts...), explained || len(texts) > 0; first {
		clauses = append(clauses[len(clauses)-len(texts):], clauses[:len(clauses)-len(texts)]...)
	}
	if !explained {
		return []string{strings.Join(clauses, "; ")}
	}
	for i := range clauses[1:] {
		clauses[i+1] = words.Capital(strings.TrimPrefix(clauses[i+1], "and "))
	}
	return clauses
}

// ownErrors tells of errors that no fault is to blame for, and why they came where
// that is known; first is whether they are what the run is about: a site that waits for itself.
func ownErrors(r *reports.Report) (list []string, first bool) {
	said := map[reports.Cause]bool{}
	for i := range r.Onset {
		o := &r.Onset[i]
		why := explain(r, o)
		if o.AfterFaultS != nil || said[o.Cause] || beforeAny(r, o) && o.Cause != reports.SelfDeadlock {
			continue
		}
		said[o.Cause], first = true, first || o.Cause == reports.SelfDeadlock
		if why == "" {
			list = append(list, fmt.Sprintf("%s began %s into the run%s, apart from any fault", what(o), words.Span(o.FirstS), rate(o)))
			continue
		}
		list = append(list, fmt.Sprintf("%s began %s into the run%s, and no fault is to blame: %s", what(o), words.Span(o.FirstS), rate(o), why))
	}
	return list, first
}

// beforeAny reports whether an onset came in a phase that had ended before the
// first fault, which is told by how many failed.
func beforeAny(r *reports.Report, o *reports.Onset) bool {
	bad, _ := beforeFaults(r)
	return bad > 0 && o.FirstS < r.Faults[0].AppliedS
}

// beforeFaults counts the requests of the phases that had ended when the first fault was applied.
func beforeFaults(r *reports.Report) (bad, sent int64) {
	for i := range r.Phases {
		if p := &r.Phases[i]; !p.Warmup && p.EndS <= r.Faults[0].AppliedS {
			bad, sent = bad+p.Bad(), sent+p.Sent
		}
	}
	return bad, sent
}

// clausesOf tells what the faults of a phase did, and which of them did nothing;
// why is whether it could be said why errors came.
func clausesOf(r *reports.Report, phase string) (list []string, why bool) {
	var idle, states []string
	during := ""
	for _, f := range r.Faults {
		switch {
		case f.Phase != phase:
		case f.Untold():
			idle = append(idle, fmt.Sprintf("nothing says whether the fault on %s (%s) touched a request", f.Dependency, f.Kind))
		case !f.Exercised && !f.Uncounted:
			idle = append(idle, fmt.Sprintf("the fault on %s (%s) touched no request, so this run says nothing about it", f.Dependency, f.Kind))
		default:
			states = append(states, f.State)
			if f.LiftedS != nil {
				during = " for " + words.Span(*f.LiftedS-f.AppliedS)
			}
		}
	}
	if len(states) == 0 {
		return idle, false
	}
	if len(states) > 1 {
		during = "" // not the same for each
	}
	state := "with " + words.Join(states)
	if onset := r.FirstOnset(phase); onset != nil && explain(r, onset) != "" {
		return append(explained(r, phase, state, len(states)), idle...), true
	}
	return append([]string{effect(r, phase, state, during, len(states))}, idle...), false
}

// explained tells why errors began in a phase, and what followed. How many
// failed is left to the table of phases.
func explained(r *reports.Report, phase, state string, faults int) []string {
	onset := r.FirstOnset(phase)
	list := []string{fmt.Sprintf("%s, %s began %s after the fault%s: %s",
		state, what(onset), words.Span(*onset.AfterFaultS), rate(onset), explain(r, onset))}
	for _, next := range r.OnsetsIn(phase) {
		if next.Code == onset.Code && next.Cause == onset.Cause || 2*next.Count < onset.Count {
			continue
		}
		text := fmt.Sprintf("%s followed %s after the fault", what(next), words.Span(*next.AfterFaultS))
		if next.Cause != onset.Cause {
			text += after(": ", explainNext(r, next))
		}
		list = append(list, text)
	}
	if ill := strings.TrimPrefix(wellAgain(r, phase, faults), "; "); strings.Contains(ill, "not well") {
		list = append(list, ill)
	}
	return list
}

// what are the errors of an onset, as its subject.
func what(o *reports.Onset) string {
	if o.Code == 0 {
		return strings.ReplaceAll(o.Class, "_", " ") + "s"
	}
	return fmt.Sprintf("%ds", o.Code)
}

// effect tells what came of a phase under its faults, and when the site was well again.
func effect(r *reports.Report, phase, state, during string, faults int) string {
	t, cut := trafficOf(r, phase)
	if t.Sent == 0 {
		return state + during + " no request was sent and waited for"
	}
	var parts []string
	onset := r.FirstOnset(phase)
	if onset != nil {
		parts = append(parts, fmt.Sprintf("%s began %s after the fault%s", what(onset), words.Span(*onset.AfterFaultS), rate(onset)))
	}
	if t.Bad() > 0 {
		failed := fmt.Sprintf("%s of requests in phase %s failed", words.Percent(badShare(t)), phase)
		if onset == nil {
			failed += " (" + failures(t) + ")"
		}
		parts = append(parts, failed)
	}
	if cut && len(parts) == 0 {
		text := state + " no failure was recorded before the run ended"
		if n := t.Classes["canceled"]; n > 0 {
			text += ", with " + words.Number(n, "request") + " still without an answer"
		}
		return text
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%s%s every request was answered well%s, the slowest in %s", state, during, degraded(t), words.Span(*t.ResponseS.Max))
	}
	return state + ", " + strings.Join(parts, " and ") + wellAgain(r, phase, faults)
}

// wellAgain tells of the recovery after the last lifting in a phase.
func wellAgain(r *reports.Report, phase string, faults int) string {
	last := lastRecovery(r, phase)
	if last == nil {
		return ""
	}
	it := "it was"
	if faults > 1 {
		it = "they were"
	}
	switch well, never := last.AfterLiftS, last.NotWellS; {
	case well != nil && *well == 0:
		return fmt.Sprintf("; the site was well again as soon as %s lifted", it)
	case well != nil:
		return fmt.Sprintf("; the site was well again %s after %s lifted", words.Span(*well), it)
	case never != nil:
		return fmt.Sprintf("; the site was not well again in the %s after %s lifted", words.Span(*never), it)
	}
	return ""
}

// lastRecovery is that from the fault of a phase that was lifted last, or nil.
func lastRecovery(r *reports.Report, phase string) *reports.Recovery {
	var last *reports.Recovery
	for i := range r.Recovery {
		one := &r.Recovery[i]
		for _, f := range r.Faults {
			if f.Phase == phase && f.Dependency == one.Dependency && f.Kind == one.Kind && f.LiftedS != nil && *f.LiftedS == one.LiftedS {
				last = one
			}
		}
	}
	return last
}

// trafficOf is what came of the hits of a phase that is no warm-up, and whether
// the run ended before it did; of all of them where the fault does not say its phase.
func trafficOf(r *reports.Report, phase string) (t *reports.Traffic, cut bool) {
	t = &reports.Traffic{}
	for i := range r.Phases {
		if p := &r.Phases[i]; !p.Warmup && (p.Name == phase || phase == "") {
			t, cut = &p.Traffic, cut || p.CutShort
		}
	}
	if phase == "" {
		t = &r.Total
	}
	return t, cut
}

// rate says at which rate an onset came, when that is known.
func rate(o *reports.Onset) string {
	if o.RateHz == nil {
		return ""
	}
	return " at " + words.Given(*o.RateHz) + " requests/s"
}

// degraded says which part of the good answers served less, if any did.
func degraded(t *reports.Traffic) string {
	if t.Degraded == 0 {
		return ""
	}
	return ", " + words.Percent(float64(t.Degraded)/float64(t.OK)) + " of them degraded"
}

// badShare is the part of the requests that was not answered well, 0..1.
func badShare(t *reports.Traffic) float64 { return float64(t.Bad()) / float64(t.Sent) }
