package reports

import (
	"fmt"
	"math"
	"strings"
)

// adviseOnTimeouts is what to do about each dependency that held the workers.
func (r *Report) adviseOnTimeouts() []Advice {
	var first, then []Advice
	said := map[string]bool{}
	for _, seen := range r.Timeouts {
		if said[seen.Dependency] {
			continue
		}
		said[seen.Dependency] = true
		t := timeoutOn(r.Timeouts, seen.Dependency)
		b := r.budgetOf(t.Dependency)
		if r.fits(t, b) {
			continue
		}
		first = append(first, r.shorter(t, b)...)
		first = append(first, t.oneDeadline()...)
		then = append(then, r.apart(t, b)...)
		then = append(then, r.moreWorkers(t, b)...)
	}
	return append(first, then...)
}

// fits reports whether there is nothing to do about a timeout: it is within the
// budget, or nothing is known of it.
func (r *Report) fits(t *Timeout, b *Budget) bool {
	switch {
	case t.Verdict == byNobody || t.Verdict == byWorker:
		return false
	case t.Verdict != byApp || t.ObservedS == nil || b == nil:
		return true
	case b.MaxTimeoutS == nil:
		return false
	}
	return t.ObservedS.High*float64(t.Retries+1) <= *b.MaxTimeoutS
}

// shorter asks for a timeout that holds the rate, where there is one.
func (r *Report) shorter(t *Timeout, b *Budget) []Advice {
	kind := "timeout"
	if t.Connect {
		kind = "connect timeout"
	}
	text := fmt.Sprintf("Give calls to %s a %s", t.Dependency, kind)
	because := seenOf(t)
	switch {
	case b == nil && t.ObservedS == nil:
		return []Advice{{text, because + r.whereItWaits()}}
	case b == nil || b.MaxTimeoutS == nil:
		return nil
	}
	text += " of at most " + limit(*b.MaxTimeoutS)
	if b.WithHeadroomS != nil {
		text += ", better " + limit(*b.WithHeadroomS)
	}
	if well := r.heldWhenWell(t.Dependency); well > *b.MaxTimeoutS {
		return []Advice{{"Take calls to " + t.Dependency + " out of the page (a job, a cache): no timeout that lets it answer holds " + digits(b.RateHz, 1) + "/s",
			fmt.Sprintf("when well it takes %s, and %s would be too long; %s", held(well), limit(*b.MaxTimeoutS), because)}}
	}
	if sum := r.budgetSum(b); sum != "" {
		because = sum + "; " + because
	}
	return []Advice{{text, because + r.whereItWaits()}}
}

// seenOf says what was seen of a timeout.
func seenOf(t *Timeout) string {
	switch {
	case t.Verdict == byWorker && t.ObservedS != nil:
		return "workers were killed after " + held(t.ObservedS.Value) + ", the application gave up on no call"
	case t.ObservedS != nil && t.Retries > 0:
		return fmt.Sprintf("%d tries of %s were seen", t.Retries+1, held(t.ObservedS.Value))
	case t.ObservedS != nil:
		return held(t.ObservedS.Value) + " was seen"
	}
	return "none was seen within " + span(t.HorizonS)
}

// budgetSum is the sum behind a budget: T* = (W/lambda - S0)/p, where S0 is what
// a request holds a worker apart from the dependency.
func (r *Report) budgetSum(b *Budget) string {
	w := r.Pool.Workers
	if w == nil || w.Kind == effectiveWorkers || r.Pool.Grew || b.RateHz <= 0 || b.Calls <= 0 {
		return ""
	}
	n, ok := w.Exact()
	own := w.Value/b.RateHz - b.Calls**b.MaxTimeoutS
	if !ok || own < 0 {
		return ""
	}
	sum := fmt.Sprintf("%s / %s per second - %s of own work", number(n, "worker"), digits(b.RateHz, 1), held(own))
	if math.Abs(b.Calls-1) > 0.02 {
		sum = fmt.Sprintf("(%s) / %s calls a request", sum, digits(b.Calls, 2))
	}
	return sum + " = " + limit(*b.MaxTimeoutS)
}

// whereItWaits names the function that the slow log saw waiting.
func (r *Report) whereItWaits() string {
	for _, e := range r.Evidence {
		if e.Kind == "waiting" && e.Text != "" {
			return "; the slow log has it waiting in " + e.Text
		}
	}
	return ""
}

// oneDeadline asks for one deadline over all tries.
func (t *Timeout) oneDeadline() []Advice {
	if t.Retries == 0 || t.ObservedS == nil {
		return nil
	}
	text := "Let all tries of a call to " + t.Dependency + " share one timeout, or do not retry while a visitor waits"
	return []Advice{{text, fmt.Sprintf("%d tries of %s hold a worker for %s", t.Retries+1, held(t.ObservedS.Value), held(t.WholeS()))}}
}

// apart asks for a bulkhead: where only a share of requests calls the
// dependency, it must not take the workers of the others; and where no timeout
// holds the rate nothing else helps but workers.
func (r *Report) apart(t *Timeout, b *Budget) []Advice {
	if b == nil || b.Calls <= 0 || b.Calls > 0.9 && b.MaxTimeoutS != nil {
		return nil
	}
	text := "Let only some of the workers wait for " + t.Dependency + " at once (a bulkhead: a pool, or a limit, of its own)"
	because := "no timeout holds " + digits(b.RateHz, 1) + "/s with these workers"
	if b.Calls <= 0.9 {
		because = fmt.Sprintf("%s of requests call it, and while it hung it took the workers of the others too", percent(b.Calls))
	}
	if n, of := r.bulkhead(b); n > 0 {
		text = strings.Replace(text, "some of the workers", fmt.Sprintf("%d of the %d workers", n, of), 1)
		because += fmt.Sprintf("; they need %d of %d", of-n, of)
	}
	return []Advice{{text, because}}
}

// bulkhead is how many of the workers may wait for the dependency so that the
// others carry, at most 80% busy, the requests that do not call it; 0 when there
// is no such number.
func (r *Report) bulkhead(b *Budget) (n, of int64) {
	w, s := r.Pool.Workers, r.Pool.ServiceS
	if w == nil || s == nil || w.Kind == effectiveWorkers || b.Calls > 0.9 {
		return 0, 0
	}
	of, ok := w.Exact()
	if !ok {
		return 0, 0
	}
	others := math.Ceil(b.RateHz*(1-b.Calls)*s.Value/headroom - 1e-9)
	return of - int64(max(others, 1)), of
}

// moreWorkers says how many workers the timeout that is there would take.
func (r *Report) moreWorkers(t *Timeout, b *Budget) []Advice {
	if b == nil || r.Pool.Workers == nil || r.Pool.Workers.Kind == effectiveWorkers {
		return nil
	}
	timeout, need := 0.0, 0
	switch c := b.example(); {
	case t.ObservedS != nil && b.WorkersNeeded != nil && b.TimeoutS != nil && t.Verdict == byApp:
		timeout, need = *b.TimeoutS, *b.WorkersNeeded
	case t.ObservedS == nil && c != nil:
		timeout, need = c.TimeoutS, c.WorkersNeeded
	}
	if float64(need) <= r.Pool.Workers.High {
		return nil
	}
	because := fmt.Sprintf("each request may hold a worker for %s more, and there are %s", held(timeout), whole(r.Pool.Workers))
	if b.MaxTimeoutS != nil && b.Calls > 0 {
		own := r.Pool.Workers.Value/b.RateHz - b.Calls**b.MaxTimeoutS
		if busy := b.RateHz * (own + b.Calls*timeout); own >= 0 && math.Ceil(busy) == float64(need) {
			because = fmt.Sprintf("%s/s x (%s + %s) = %s workers busy, and there are %s",
				digits(b.RateHz, 1), held(own), held(b.Calls*timeout), digits(busy, 1), whole(r.Pool.Workers))
		}
	}
	return []Advice{{fmt.Sprintf("Or run %s, which hold %s/s with a timeout of %s", number(int64(need), "worker"), digits(b.RateHz, 1), held(timeout)), because}}
}
