package reports

import (
	"fmt"
	"strings"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// maxClauses is how many phases with faults a summary tells of.
const maxClauses = 3

// summary says in a few plain sentences what the run showed, why, and which
// timeout would help. What spoils the figures comes first: a run cut short,
// then a generator that failed.
func (a *analysis) summary(r *Report, f fidelity) string {
	text := strings.Join(a.body(r), ". ")
	if !f.total.OK {
		text = "the load generator could not do all that was asked (" + f.total.Why + "), so some of this may be its own doing: " + text
	}
	switch at := span(r.DurationS); r.Outcome {
	case complete:
	case interrupted:
		text = "interrupted after " + at + bracketed(r.OutcomeWhy) + ": " + text
	case aborted:
		text = "stopped after " + at + " by " + r.OutcomeWhy + ". " + capital(text)
	case killed:
		text = "killed after about " + at + ": " + text
	default:
		text = "cut short after " + at + ": " + text
	}
	return capital(text) + "."
}

// body is the sentences, each but the first beginning with a capital.
func (a *analysis) body(r *Report) []string {
	all, _ := a.scope("")
	switch {
	case all.sent == 0 && all.hits > 0:
		return []string{"no request was sent and waited for"}
	case all.sent == 0:
		return []string{"no request was sent"}
	case all.ok == 0:
		return []string{fmt.Sprintf("not one of %s was answered well (%s)%s", requests(all.sent), all.failures(), after(": ", r.explainFirst()))}
	case len(r.Faults) == 0:
		return append([]string{a.plain(r, all.tally)}, r.slow()...)
	}
	return append(a.underFaults(r), r.remedies()...)
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
func (r *Report) explainFirst() string {
	if len(r.Onset) == 0 {
		return ""
	}
	return r.explain(&r.Onset[0])
}

// plain tells of a run without faults.
func (a *analysis) plain(r *Report, t *tally) string {
	if t.bad() == 0 {
		p50, p99 := time.Duration(t.response.Quantile(0.5)), time.Duration(t.response.Quantile(0.99))
		return fmt.Sprintf("all %s were answered well%s, half of them within %s and 99%% within %s",
			requests(t.sent), t.served(), span(p50.Seconds()), span(p99.Seconds()))
	}
	failed := fmt.Sprintf("%s of %s failed (%s: %s)", count(t.bad()), requests(t.sent), percent(float64(t.bad())/float64(t.sent)), t.failures())
	if len(r.Onset) == 0 {
		return failed
	}
	o := r.Onset[0]
	if c := r.Pool.CapacityHz; o.Cause == QueueFull && c != nil && o.RateHz != nil && *o.RateHz > c.Low {
		return fmt.Sprintf("the site carries %s; asked %s/s, %s, from %s into the run on%s",
			perS(c.Value), digits(*o.RateHz, 1), failed, span(o.FirstS), after(": ", r.explain(&o)))
	}
	return fmt.Sprintf("%s; %s began %s into the run%s%s", failed, o.what(), span(o.FirstS), o.rate(), after(": ", r.explain(&o)))
}

// slow says why good answers were slow, where no fault was played.
func (r *Report) slow() []string {
	var list []string
	said := map[Cause]bool{}
	for _, s := range r.Slowdowns {
		why := map[Cause]string{Queueing: "requests queued for workers", Contention: "each request took longer the more there were at once"}[s.Cause]
		if why == "" || said[s.Cause] || s.Confidence == nil || *s.Confidence < sure {
			continue
		}
		said[s.Cause] = true
		list = append(list, fmt.Sprintf("Answers were slow from %s on: %s", span(s.FromS), why))
	}
	return list
}

// underFaults has a clause for each phase with faults: in one sentence, or where
// one says why, in a sentence each.
func (a *analysis) underFaults(r *Report) []string {
	var clauses []string
	if t := a.beforeFaults(); t.bad() > 0 {
		clauses = append(clauses, fmt.Sprintf("%s of requests failed before any fault", percent(float64(t.bad())/float64(t.sent))))
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
		texts, why := a.clauses(r, fault.Phase)
		clauses, explained = append(clauses, texts...), explained || why
	}
	if more := len(said) - maxClauses; more > 0 {
		clauses = append(clauses, fmt.Sprintf("and %d more phases had faults", more))
	}
	if !explained {
		return []string{strings.Join(clauses, "; ")}
	}
	for i := range clauses[1:] {
		clauses[i+1] = capital(strings.TrimPrefix(clauses[i+1], "and "))
	}
	return clauses
}

// beforeFaults is what came of the phases that had ended when the first fault was applied.
func (a *analysis) beforeFaults() *tally {
	sum := &tally{}
	for i, p := range a.manifest.Phases {
		if !p.Warmup && time.Duration(p.EndNS) <= a.faults[0].applied {
			sum.merge(a.traffic.of(i))
		}
	}
	return sum
}

// clauses tells what the faults of a phase did, and which of them did nothing;
// why is whether it could be said why errors came.
func (a *analysis) clauses(r *Report, phase string) (list []string, why bool) {
	var idle, states []string
	during := ""
	for _, f := range r.Faults {
		switch {
		case f.Phase != phase:
		case f.untold():
			idle = append(idle, fmt.Sprintf("nothing says whether the fault on %s (%s) touched a request", f.Dependency, f.Kind))
		case !f.Exercised && !f.Uncounted:
			idle = append(idle, fmt.Sprintf("the fault on %s (%s) touched no request, so this run says nothing about it", f.Dependency, f.Kind))
		default:
			states = append(states, f.words())
			if f.LiftedS != nil {
				during = " for " + span(*f.LiftedS-f.AppliedS)
			}
		}
	}
	if len(states) == 0 {
		return idle, false
	}
	if len(states) > 1 {
		during = "" // not the same for each
	}
	state := "with " + join(states)
	if onset := r.firstOnset(phase); onset != nil && r.explain(onset) != "" {
		return append(a.explained(r, phase, state, len(states)), idle...), true
	}
	return append([]string{a.effect(r, phase, state, during, len(states))}, idle...), false
}

// explained tells why errors began in a phase, and what followed. How many
// failed is left to the table of phases.
func (a *analysis) explained(r *Report, phase, state string, faults int) []string {
	onset := r.firstOnset(phase)
	list := []string{fmt.Sprintf("%s, %s began %s after the fault%s: %s",
		state, onset.what(), span(*onset.AfterFaultS), onset.rate(), r.explain(onset))}
	for _, next := range r.onsetsIn(phase) {
		if next.Code == onset.Code && next.Cause == onset.Cause || 2*next.Count < onset.Count {
			continue
		}
		text := fmt.Sprintf("%s followed %s after the fault", next.what(), span(*next.AfterFaultS))
		if next.Cause != onset.Cause {
			text += after(": ", r.explainNext(next))
		}
		list = append(list, text)
	}
	if ill := strings.TrimPrefix(a.wellAgain(phase, faults), "; "); strings.Contains(ill, "not well") {
		list = append(list, ill)
	}
	return list
}

// what are the errors of an onset, as its subject.
func (o *Onset) what() string {
	if o.Code == 0 {
		return strings.ReplaceAll(o.Class, "_", " ") + "s"
	}
	return fmt.Sprintf("%ds", o.Code)
}

// effect tells what came of a phase under its faults, and when the site was well again.
func (a *analysis) effect(r *Report, phase, state, during string, faults int) string {
	s, why := a.scope(phase)
	if why != "" || s.sent == 0 {
		return state + during + " no request was sent and waited for"
	}
	var parts []string
	onset := r.firstOnset(phase)
	if onset != nil {
		parts = append(parts, fmt.Sprintf("%s began %s after the fault%s", onset.what(), span(*onset.AfterFaultS), onset.rate()))
	}
	if s.bad() > 0 {
		failed := fmt.Sprintf("%s of requests in phase %s failed", percent(float64(s.bad())/float64(s.sent)), phase)
		if onset == nil {
			failed += " (" + s.failures() + ")"
		}
		parts = append(parts, failed)
	}
	if cut := a.cutShort(s); cut != "" && len(parts) == 0 {
		text := state + " no failure was recorded before the run ended"
		if n := s.classes[journal.ClassCanceled]; n > 0 {
			text += ", with " + requests(n) + " still without an answer"
		}
		return text
	}
	if len(parts) == 0 {
		slowest := time.Duration(s.response.Max()).Seconds()
		return fmt.Sprintf("%s%s every request was answered well%s, the slowest in %s", state, during, s.served(), span(slowest))
	}
	return state + ", " + strings.Join(parts, " and ") + a.wellAgain(phase, faults)
}

// firstOnset returns the earliest onset that is counted from a fault of the phase, or nil.
func (r *Report) firstOnset(phase string) *Onset {
	if all := r.onsetsIn(phase); len(all) > 0 {
		return all[0]
	}
	return nil
}

// onsetsIn returns the onsets that are counted from a fault of the phase, the earliest first.
func (r *Report) onsetsIn(phase string) []*Onset {
	var list []*Onset
	for i := range r.Onset {
		if f := r.faultOf(&r.Onset[i]); f != nil && f.Phase == phase {
			list = append(list, &r.Onset[i])
		}
	}
	return list
}

// wellAgain tells of the recovery after the last lifting in a phase.
func (a *analysis) wellAgain(phase string, faults int) string {
	var last *recovery
	for _, r := range a.recoveries {
		if r.fault.Phase == phase {
			last = r
		}
	}
	if last == nil || last.why != "" {
		return ""
	}
	it := "it was"
	if faults > 1 {
		it = "they were"
	}
	switch second, refused, ok := last.recovered(); {
	case ok && second == 0:
		return fmt.Sprintf("; the site was well again as soon as %s lifted", it)
	case ok:
		return fmt.Sprintf("; the site was well again %d s after %s lifted", second, it)
	case refused == len(last.seconds) && refused > confirm:
		return fmt.Sprintf("; the site was not well again in the %d s after %s lifted", refused, it)
	}
	return ""
}

// rate says at which rate an onset came, when that is known.
func (o *Onset) rate() string {
	if o.RateHz == nil {
		return ""
	}
	return " at " + digits(*o.RateHz, 1) + " requests/s"
}

// served says which part of the good answers was degraded, if any.
func (t *tally) served() string {
	if t.degraded == 0 {
		return ""
	}
	return ", " + percent(float64(t.degraded)/float64(t.ok)) + " of them degraded"
}

// classWords says what the classes mean to a reader who has not seen the names.
var classWords = [classes]string{
	journal.ClassBody:           "not the body expected",
	journal.ClassClientTimeout:  "no answer in time",
	journal.ClassRefused:        "connection refused",
	journal.ClassReset:          "connection reset",
	journal.ClassClosed:         "connection closed early",
	journal.ClassConnectTimeout: "no connection in time",
	journal.ClassDNS:            "name not found",
	journal.ClassTLS:            "no TLS session",
	journal.ClassProtocol:       "no HTTP",
	journal.ClassTooLarge:       "answer too large",
	journal.ClassOther:          "another error",
}

// failures lists what went wrong, such as "56 × 502, 2 × no answer in time"; of many statuses the first three.
func (t *tally) failures() string {
	var parts []string
	rest := int64(0)
	for i, c := range t.failed.byCount() {
		if i < 3 {
			parts = append(parts, fmt.Sprintf("%s × %d", count(c.n), c.code))
		} else {
			rest += c.n
		}
	}
	if rest > 0 {
		parts = append(parts, count(rest)+" × another status")
	}
	for c, n := range t.classes {
		if n > 0 && classWords[c] != "" {
			parts = append(parts, count(n)+" × "+classWords[c])
		}
	}
	return strings.Join(parts, ", ")
}
