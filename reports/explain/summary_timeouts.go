package explain

import (
	"fmt"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// remedies say of the dependencies that had faults which timeout was seen, and
// which would hold the rate; first of the one that the run is about.
func remedies(r *reports.Report, about string) []sentence {
	var list, others []sentence
	said := map[string]bool{}
	for _, t := range r.Timeouts {
		said[t.Dependency] = true
	}
	alone := len(said) < 2
	clear(said)
	for _, t := range r.Timeouts {
		if said[t.Dependency] {
			continue
		}
		said[t.Dependency] = true
		texts := remedy(r, reports.TimeoutOn(r.Timeouts, t.Dependency), alone, t.Dependency == about)
		if t.Dependency != about {
			others = append(others, ranked(besides, texts...)...)
			continue
		}
		if last := len(texts) - 1; last >= 0 {
			list = slices.Concat(list, ranked(because, texts[:last]...), ranked(helps, texts[last]))
		}
	}
	for i := range r.Dose {
		as := besides
		if r.Dose[i].Dependency == about {
			as = helps
		}
		list = append(list, sentence{Dose(&r.Dose[i]), as})
	}
	return append(list, others...)
}

// remedy says what was seen of one timeout, and what would hold the rate. alone is
// whether it is plain which dependency is meant, next whether the two are read together.
func remedy(r *reports.Report, t *reports.Timeout, alone, next bool) []string {
	on, kind := " on "+t.Dependency, "timeout"
	if alone {
		on = ""
	}
	if t.Connect {
		kind = "connect timeout"
	}
	b, then := r.BudgetOf(t.Dependency), on
	if next {
		then = ""
	}
	switch {
	case t.Verdict == reports.ByNobody:
		seen := fmt.Sprintf("No %s%s was seen within %s", kind, on, words.Held(t.HorizonS))
		return append([]string{seen}, wouldHold(r, b, then)...)
	case t.Verdict == reports.ByWorker && t.ObservedS != nil:
		killed := fmt.Sprintf("The application gave up on no call to %s itself: workers were killed after %s", t.Dependency, words.Held(t.ObservedS.Value))
		if firstCause(r, t.Dependency) == reports.WorkerKilled {
			killed = "The application gave up on no call itself"
		}
		return append([]string{killed}, wouldHold(r, b, then)...)
	case t.Verdict == reports.ByApp && t.ObservedS != nil:
		return []string{shortEnough(r, t, b, fmt.Sprintf("%s %s%s", words.Held(t.ObservedS.Value), kind, on))}
	}
	return nil
}

// wouldHold says which timeout (on is " on payments" where that is not plain) would hold
// the rate; nothing when that is not known.
func wouldHold(r *reports.Report, b *reports.Budget, on string) []string {
	if b == nil {
		return nil
	}
	if b.MaxTimeoutS == nil && b.Why != "" {
		return []string{"Which timeout" + on + " would hold " + atRate(r, b) + " can't be told: " + b.Why}
	}
	need := ""
	if c := b.Example(); c != nil {
		need = fmt.Sprintf("with a %s timeout it takes %s", words.Timeout(c.TimeoutS), words.Number(int64(c.WorkersNeeded), "worker"))
		if b.Calls >= 1.5 { // the others may not be made once one has failed
			need = fmt.Sprintf("with a %s timeout on each of %s calls it takes up to %s", words.Timeout(c.TimeoutS), words.Calls(b.Calls), words.Number(int64(c.WorkersNeeded), "worker"))
		}
	}
	if b.MaxTimeoutS == nil {
		if need != "" {
			need = "; " + need
		}
		return []string{"No timeout" + on + " would hold " + atRate(r, b) + " with " + theseWorkers(r) + need}
	}
	return []string{"A timeout" + on + " of at most " + words.Limit(*b.MaxTimeoutS) + " would hold " + atRate(r, b) + headroom(b) + once(b) + after("; ", need)}
}

// once says how long a timeout may be if only one of the calls of a request is waited for.
func once(b *reports.Budget) string {
	if b.OnceS == nil {
		return ""
	}
	return ", one of " + words.Limit(*b.OnceS) + " if the page waits for one of its calls only"
}

// shortEnough says whether the timeout that the application has is short enough.
func shortEnough(r *reports.Report, t *reports.Timeout, b *reports.Budget, name string) string {
	the := "The " + name
	tries := ""
	switch {
	case t.Retries > 0:
		tries = fmt.Sprintf(", %d times over, holds a worker for %s and", t.Retries+1, words.Held(t.WholeS()))
	case t.RestS() > 0:
		tries = fmt.Sprintf(" and what the page does then hold a worker for %s: it", words.Held(t.WholeS()))
	}
	need := ""
	if b != nil && b.WorkersNeeded != nil && b.TimeoutS != nil {
		need = fmt.Sprintf("; with %s it takes %s", words.Held(*b.TimeoutS), words.Number(int64(*b.WorkersNeeded), "worker"))
	}
	switch {
	case b == nil && t.Retries > 0:
		return fmt.Sprintf("Calls to %s were given up after %d tries of %s, %s in all", t.Dependency, t.Retries+1, words.Held(t.ObservedS.Value), words.Held(t.WholeS()))
	case b == nil && heldRate(r, t) != "":
		return the + " was short enough for " + heldRate(r, t) + " in this run"
	case b == nil:
		return fmt.Sprintf("Calls to %s were given up after %s", t.Dependency, words.Held(t.ObservedS.Value))
	case b.MaxTimeoutS == nil && b.Why != "":
		return fmt.Sprintf("Calls to %s were given up after %s; which timeout would hold %s can't be told: %s", t.Dependency, words.Held(t.ObservedS.Value), asking(r, b.RateHz), b.Why)
	case b.MaxTimeoutS == nil:
		return fmt.Sprintf("%s%s does not help: no timeout holds %s with %s%s", the, tries, asking(r, b.RateHz), theseWorkers(r), need)
	}
	most := words.Limit(*b.MaxTimeoutS) + " holds " + asking(r, b.RateHz) + headroom(b) + once(b)
	switch {
	case t.ObservedS.Low > *b.MaxTimeoutS:
		return the + tries + " is too long: at most " + most + need
	case r.ClaimOn(reports.WithinBudget, t.Dependency) != nil:
		return the + tries + " is within the budget: at most " + most
	}
	return the + tries + " is at the edge of the budget: at most " + most
}

// firstCause is why the first error under a fault on the dependency came.
func firstCause(r *reports.Report, dependency string) reports.Cause {
	for _, o := range r.Onset {
		if o.AfterFaultS != nil && o.Dependency == dependency {
			return o.Cause
		}
	}
	return reports.Unknown
}

// heldRate is the rate that held while t was tried; empty where it did not, or was
// not tried for long enough.
func heldRate(r *reports.Report, t *reports.Timeout) string {
	if r.ClaimOn(reports.TimeoutHeld, t.Dependency) == nil || t.HeldHz == nil {
		return ""
	}
	for _, f := range r.Faults {
		if f.Dependency != t.Dependency || f.Kind != t.Fault {
			continue
		}
		for _, p := range r.Phases {
			if p.Name == f.Phase && p.RateAskedHz != nil && reports.Distance(*p.RateAskedHz, *t.HeldHz) < 0.1**t.HeldHz {
				return words.Asked(*p.RateAskedHz)
			}
		}
		break
	}
	return words.Asked(*t.HeldHz)
}

// headroom is the timeout that leaves workers a fifth of their time, in brackets.
func headroom(b *reports.Budget) string {
	if b.WithHeadroomS == nil {
		return ""
	}
	return " (" + words.Limit(*b.WithHeadroomS) + " with headroom)"
}

// atRate is the rate of a budget, in short where the summary has just said it.
func atRate(r *reports.Report, b *reports.Budget) string {
	for _, o := range r.Onset {
		if o.AfterFaultS != nil && o.RateHz != nil && reports.Distance(*o.RateHz, b.RateHz) < 0.05*b.RateHz {
			if steps := r.Visits.MeanSteps(); steps > 0 {
				return "this rate of " + words.Given(b.RateHz/steps) + " visits/s"
			}
			return "this rate"
		}
	}
	return asking(r, b.RateHz)
}

// Dose says which size of a stepped fault first broke the site.
func Dose(d *reports.Dose) string {
	switch {
	case d.SizeS == nil && d.Load:
		return fmt.Sprintf("Which delay of %s breaks the site can't be told: the rate broke it first", d.Dependency)
	case d.SizeS == nil && d.QueuedS != nil:
		return fmt.Sprintf("Delays of %s up to %s did not break the site, but from %s on requests piled up: it would not have held for long", d.Dependency, words.Span(d.MaxS), words.Span(*d.QueuedS))
	case d.SizeS == nil:
		return fmt.Sprintf("The site held every delay of %s up to %s", d.Dependency, words.Span(d.MaxS))
	}
	text := fmt.Sprintf("The site first broke (%s) with %s delayed by %s", brokeWith(d), d.Dependency, words.Span(*d.SizeS))
	if d.QueuedS != nil && *d.QueuedS < *d.SizeS {
		text += fmt.Sprintf(", but requests piled up from %s on", words.Span(*d.QueuedS))
	}
	return text
}

func brokeWith(d *reports.Dose) string {
	if words := map[string]string{"client_timeout": "no answer in time"}[d.Broke]; words != "" {
		return words
	}
	return d.Broke
}
