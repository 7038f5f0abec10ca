package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// maxClauses is how many phases with faults a summary tells of.
const maxClauses = 12

// clause is what is told of a phase with faults, or of errors that none brought.
type clause struct {
	texts      []string // what happened, then what followed
	ill        bool     // visitors had errors, or got nothing
	dependency string   // that it is about
}

// underFaults tells of the phases with faults, first of one in which visitors were
// not served; dependency is what that one is about.
func underFaults(r *reports.Report) (all []sentence, dependency string) {
	var clauses []clause
	said := map[string]bool{}
	for _, fault := range r.Faults {
		if !said[fault.Phase] && len(said) < maxClauses {
			clauses = append(clauses, clausesOf(r, fault.Phase)...)
		}
		said[fault.Phase] = true
	}
	own, first := ownErrors(r)
	if clauses = append(clauses, own...); first {
		clauses = slices.Concat(own, clauses[:len(clauses)-len(own)])
	}
	if bad, sent := beforeFaults(r); bad > 0 {
		all = ranked(helps, words.Percent(float64(bad)/float64(sent))+" of requests failed before any fault")
	}
	if len(clauses) == 0 {
		return all, ""
	}
	main := max(slices.IndexFunc(clauses, func(c clause) bool { return c.ill }), 0)
	all = slices.Concat(all, ranked(happened, clauses[main].texts[0]), ranked(because, clauses[main].texts[1:]...))
	for i, c := range clauses {
		if i != main {
			all = append(all, ranked(besides, c.texts...)...)
		}
	}
	if more := int64(len(said) - maxClauses); more > 0 {
		all = append(all, sentence{words.Number(more, "more phase") + " had faults", besides})
	}
	return all, clauses[main].dependency
}

// ownErrors tells of errors that no fault is to blame for, and why they came where
// that is known; first is whether they are what the run is about: a site that waits for itself.
func ownErrors(r *reports.Report) (list []clause, first bool) {
	said := map[reports.Cause]bool{}
	for i := range r.Onset {
		o := &r.Onset[i]
		why := explain(r, o)
		if o.AfterFaultS != nil || said[o.Cause] || beforeAny(r, o) && o.Cause != reports.SelfDeadlock {
			continue
		}
		said[o.Cause], first = true, first || o.Cause == reports.SelfDeadlock
		blame := ""
		if r.ClaimAt(reports.NoFaultToBlame, o.FirstS) != nil {
			blame = ", and no fault is to blame"
		} else if r.Visits != nil && o.Without == nil && o.Cause == reports.QueueFull {
			blame = ", and whether they would have come without a fault can't be told"
		}
		text := fmt.Sprintf("%s began %s into the run%s%s%s", what(o), words.Span(o.FirstS), rate(r, o), blame, after(": ", why))
		list = append(list, clause{[]string{text}, true, ""})
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

// clausesOf tells what the faults of a phase did, and which of them did nothing:
// unless that is why the run is inconclusive, which is told before.
func clausesOf(r *reports.Report, phase string) []clause {
	var idle []clause
	var states []string
	during, dependency := "", ""
	for _, f := range r.Faults {
		switch {
		case f.Phase != phase:
		case f.Untold():
			idle = append(idle, clause{[]string{fmt.Sprintf("nothing says whether the fault on %s (%s) touched a request", f.Dependency, f.Kind)}, false, f.Dependency})
		case !f.Exercised && !f.Uncounted:
			idle = append(idle, clause{[]string{fmt.Sprintf("the fault on %s (%s) touched no request, so this run says nothing about it", f.Dependency, f.Kind)}, false, f.Dependency})
		default:
			states, dependency = append(states, f.State), cmp.Or(dependency, f.Dependency)
			if f.LiftedS != nil {
				during = " for " + words.Span(*f.LiftedS-f.AppliedS)
			}
		}
	}
	if len(judged(r)) > 0 && r.Verdict == reports.Inconclusive {
		idle = nil
	}
	if len(states) == 0 {
		return idle
	}
	if len(states) > 1 {
		during = "" // not the same for each
	}
	state := "with " + words.Join(states)
	onset := r.FirstOnset(phase)
	if onset != nil {
		dependency = cmp.Or(onset.Dependency, dependency)
	}
	if onset != nil && explain(r, onset) != "" {
		return append([]clause{{explained(r, phase, state, len(states)), true, dependency}}, idle...)
	}
	t, _ := trafficOf(r, phase)
	ill := t.Bad() > 0 || stalled(r, phase) != nil
	return append([]clause{{[]string{effect(r, phase, state, during, len(states))}, ill, dependency}}, idle...)
}

// explained tells why errors began in a phase, and what followed. How many
// failed is left to the table of phases.
func explained(r *reports.Report, phase, state string, faults int) []string {
	onset := r.FirstOnset(phase)
	list := []string{fmt.Sprintf("%s, %s began %s after the fault%s: %s",
		state, what(onset), words.Span(*onset.AfterFaultS), rate(r, onset), explain(r, onset))}
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

// effect tells what came of a phase under its faults, and when the site was well again.
func effect(r *reports.Report, phase, state, during string, faults int) string {
	t, cut := trafficOf(r, phase)
	if t.Sent == 0 {
		return state + during + " no request was sent and waited for"
	}
	var parts []string
	onset := r.FirstOnset(phase)
	if onset != nil {
		parts = append(parts, fmt.Sprintf("%s began %s after the fault%s", what(onset), words.Span(*onset.AfterFaultS), rate(r, onset)))
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
	stall := stalled(r, phase)
	switch {
	case len(parts) == 0 && stall != nil:
		return state + during + ", " + waitedForLifting(stall, faults) + wellAgain(r, phase, faults)
	case len(parts) == 0:
		return fmt.Sprintf("%s%s every request was answered well%s, the slowest in %s", state, during, degraded(t), words.Span(*t.ResponseS.Max))
	}
	return state + ", " + strings.Join(parts, " and ") + wellAgain(r, phase, faults)
}

// stalled is the fault of a phase for whose lifting most requests had to wait; nil
// where none had to.
func stalled(r *reports.Report, phase string) (worst *reports.Fault) {
	for i := range r.Faults {
		if f := &r.Faults[i]; f.Phase == phase && f.LateWaitS != nil && (worst == nil || f.Late > worst.Late) {
			worst = f
		}
	}
	return worst
}

// waitedForLifting tells how many were answered only once a fault was lifted, among
// so many of its phase.
func waitedForLifting(f *reports.Fault, faults int) string {
	it := "it was"
	if faults > 1 {
		it = "they were"
	}
	text := fmt.Sprintf("%s of %s were answered only once %s lifted, after waiting for up to %s",
		words.Count(f.Late), words.Number(f.Due, "request"), it, words.Span(*f.LateWaitS))
	if s, lasted := f.SilentS, *f.LiftedS-f.AppliedS; s != nil && *s > lasted/2 {
		return "visitors got nothing for " + words.Span(*s) + ": " + text
	}
	return text
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
	switch well, never := r.ClaimAt(reports.WellAgain, last.LiftedS), last.NotWellS; {
	case well != nil && *well.AfterS == 0:
		return fmt.Sprintf("; the site was well again as soon as %s lifted", it)
	case well != nil:
		return fmt.Sprintf("; the site was well again %s after %s lifted", words.Span(*well.AfterS), it)
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
