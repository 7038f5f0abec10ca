package explain

import (
	"fmt"
	"math"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// adviseOnTimeouts is what to do about each dependency that held the workers.
func adviseOnTimeouts(r *reports.Report) []reports.Advice {
	var first, then []reports.Advice
	said := map[string]bool{}
	for _, seen := range r.Timeouts {
		if said[seen.Dependency] {
			continue
		}
		said[seen.Dependency] = true
		t := reports.TimeoutOn(r.Timeouts, seen.Dependency)
		b := r.BudgetOf(t.Dependency)
		if fits(r, t, b) {
			continue
		}
		first = append(first, shorter(r, t, b)...)
		first = append(first, oneDeadline(t)...)
		then = append(then, apart(r, t, b)...)
		then = append(then, moreWorkers(r, t, b)...)
	}
	return append(first, then...)
}

// fits reports whether there is nothing to do about a timeout: it is within the
// budget, or nothing is known of it.
func fits(r *reports.Report, t *reports.Timeout, b *reports.Budget) bool {
	switch {
	case t.Verdict == reports.ByNobody || t.Verdict == reports.ByWorker:
		return false
	case t.Verdict != reports.ByApp || t.ObservedS == nil || b == nil:
		return true
	case b.MaxTimeoutS == nil:
		return b.Why != "" // nothing is known to help
	}
	return t.ObservedS.High <= *b.MaxTimeoutS
}

// shorter asks for a timeout that holds the rate, where there is one.
func shorter(r *reports.Report, t *reports.Timeout, b *reports.Budget) []reports.Advice {
	kind := "timeout"
	if t.Connect {
		kind = "connect timeout"
	}
	text := fmt.Sprintf("Give calls to %s a %s", t.Dependency, kind)
	because := seenOf(t)
	switch {
	case (b == nil || b.Why != "") && t.ObservedS == nil:
		set, note := setIt(r, t, 0)
		return []reports.Advice{{Text: text + set, Because: because + note + whereItWaits(r, t.Dependency)}}
	case b == nil || b.MaxTimeoutS == nil:
		return nil
	}
	text += " of at most " + words.Limit(*b.MaxTimeoutS)
	limit := *b.MaxTimeoutS
	if b.WithHeadroomS != nil {
		limit = *b.WithHeadroomS
		text += ", better " + words.Limit(limit)
	}
	if well := r.HeldWhenWell(t.Dependency); well > *b.MaxTimeoutS {
		return []reports.Advice{{Text: "Take calls to " + t.Dependency + " out of the page (a job, a cache): no timeout that lets it answer holds " + asking(r, b.RateHz),
			Because: fmt.Sprintf("when well it takes %s, and %s would be too long; %s", words.Span(well), words.Limit(*b.MaxTimeoutS), because)}}
	}
	if sum := budgetSum(r, b); sum != "" {
		because = sum + "; " + because
	} else if b.Assumes != "" {
		because = "if " + b.Assumes + "; " + because
	}
	set, note := setIt(r, t, limit)
	return []reports.Advice{{Text: text + set, Because: because + note + whereItWaits(r, t.Dependency)}}
}

// seenOf says what was seen of a timeout.
func seenOf(t *reports.Timeout) string {
	switch {
	case t.Verdict == reports.ByWorker && t.ObservedS != nil:
		return "workers were killed after " + words.Held(t.ObservedS.Value) + ", the application gave up on no call"
	case t.ObservedS != nil && t.Retries > 0:
		return fmt.Sprintf("%d tries of %s were seen", t.Retries+1, words.Held(t.ObservedS.Value))
	case t.ObservedS != nil:
		return words.Held(t.ObservedS.Value) + " was seen"
	}
	return "none was seen within " + words.Held(t.HorizonS)
}

// budgetSum is the sum behind a budget: T* = (W/lambda - S0)/p of each try, where S0
// is what a request holds a worker apart from the dependency's answer; or what
// the gateway, or whatever ends workers, leaves of its patience. It is empty where
// the figures that are shown would not add up.
func budgetSum(r *reports.Report, b *reports.Budget) string {
	w := r.Pool.Counted()
	if w == nil || r.Pool.Grew || b.RateHz <= 0 || b.Calls <= 0 {
		return ""
	}
	tries := 1.0
	if t := reports.TimeoutOn(r.Timeouts, b.Dependency); t != nil {
		tries = float64(t.Retries + 1)
	}
	from, whole := "", 0.0
	n, exact := w.Exact()
	switch g := r.Pool.GatewayTimeoutS; {
	case b.Bound == "workers" && exact:
		from, whole = fmt.Sprintf("%s / %s per second", words.Number(n, "worker"), words.Given(b.RateHz)), (w.Value/b.RateHz-b.OwnS)/b.Calls
	case b.Bound == "gateway" && g != nil:
		from, whole = "the "+words.Held(g.Value)+" that the gateway waits", (g.Value-b.OwnS)/math.Ceil(b.Calls)
	}
	if from == "" || reports.Distance(whole/tries, *b.MaxTimeoutS) > 0.02**b.MaxTimeoutS {
		return ""
	}
	sum := fmt.Sprintf("%s - %s of own work", from, words.Span(b.OwnS))
	if each := b.Calls * tries; math.Abs(each-1) > 0.02 {
		sum = fmt.Sprintf("(%s) / %s calls a request", sum, words.Calls(each))
	}
	return sum + " = " + words.Limit(*b.MaxTimeoutS) + assuming(b)
}

// assuming is what a budget is true with only.
func assuming(b *reports.Budget) string {
	if b.Assumes == "" {
		return ""
	}
	return ", if " + b.Assumes
}

// oneDeadline asks for one deadline over all tries.
func oneDeadline(t *reports.Timeout) []reports.Advice {
	if t.Retries == 0 || t.ObservedS == nil {
		return nil
	}
	text := "Let all tries of a call to " + t.Dependency + " share one timeout, or do not retry while a visitor waits"
	return []reports.Advice{{Text: text, Because: fmt.Sprintf("%d tries of %s hold a worker for %s", t.Retries+1, words.Held(t.ObservedS.Value), words.Held(t.WholeS()))}}
}

// apart asks for a bulkhead: where only a share of requests calls the
// dependency, it must not take the workers of the others; and where no timeout
// holds the rate nothing else helps but workers.
func apart(r *reports.Report, t *reports.Timeout, b *reports.Budget) []reports.Advice {
	if b == nil || b.Calls <= 0 || b.Calls > 0.9 && (b.MaxTimeoutS != nil || b.Why != "") {
		return nil // a timeout helps, or may
	}
	text := "Let only some of the workers wait for " + t.Dependency + " at once (a bulkhead: a pool, or a limit, of its own)"
	because := "no timeout holds " + words.Digits(b.RateHz, 1) + "/s with " + theseWorkers(r)
	if b.Calls <= 0.9 {
		because = fmt.Sprintf("%s of requests call it, and while it hung it took the workers of the others too", words.Percent(share(r, b)))
	}
	if n, of := bulkhead(r, b); n > 0 {
		text = strings.Replace(text, "some of the workers", fmt.Sprintf("%d of the %s", n, words.Number(of, "worker")), 1)
		because += fmt.Sprintf("; they need %d of %d", of-n, of)
	}
	return []reports.Advice{{Text: text, Because: because}}
}

// share is the part of the requests that calls the dependency of a budget.
func share(r *reports.Report, b *reports.Budget) float64 {
	if d := reports.DependencyNamed(r.Dependencies, b.Dependency); d.CallsPerHit != nil {
		return *d.CallsPerHit
	}
	return b.Calls
}

// bulkhead is how many of the workers may wait for the dependency so that the
// others carry, at most 80% busy, the requests that do not call it; 0 when there
// is no such number.
func bulkhead(r *reports.Report, b *reports.Budget) (n, of int64) {
	w, s := r.Pool.Counted(), r.Pool.ServiceS
	if w == nil || s == nil || b.Calls > 0.9 {
		return 0, 0
	}
	of, ok := w.Exact()
	if !ok {
		return 0, 0
	}
	others := math.Ceil(b.RateHz*(1-share(r, b))*s.Value/reports.BusyAtMost - 1e-9)
	return of - int64(max(others, 1)), of
}

// moreWorkers says how many workers the timeout that is there would take.
func moreWorkers(r *reports.Report, t *reports.Timeout, b *reports.Budget) []reports.Advice {
	c := r.ClaimOn(reports.WorkersHold, t.Dependency)
	if c == nil {
		return nil
	}
	timeout, need := *c.TimeoutS, *c.Workers
	because := fmt.Sprintf("each request may hold a worker for %s more, and there %s %s", words.Held(timeout), words.Either(counted(r), "is", "are"), whole(r.Pool.Workers))
	calls := b.Calls * float64(t.Retries+1) * timeout
	if busy := b.RateHz * (b.OwnS + calls); calls > 0 && math.Ceil(busy*(1-1e-9)) == float64(need) {
		because = fmt.Sprintf("%s x (%s + %s) = %s busy, and there %s %s",
			words.Asked(b.RateHz), words.Span(b.OwnS), words.Held(calls), words.Amount(busy, "worker"), words.Either(counted(r), "is", "are"), whole(r.Pool.Workers))
	}
	because += assuming(b)
	return []reports.Advice{{Text: fmt.Sprintf("Or run %s, which %s %s with a timeout of %s", words.Number(int64(need), "worker"), words.Either(int64(need), "holds", "hold"), asking(r, b.RateHz), words.Timeout(timeout)), Because: because}}
}
