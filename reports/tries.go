package reports

import (
	"fmt"
	"math"
	"time"
)

const (
	maxTries   = 20
	fewAnswers = 8 // the fewest that calls are divided by
)

// tries tells one long wait from several short ones, by two ways that do not
// depend on each other: how many calls ended for each request that did, and how
// much longer than usual the answers took.
func (a *analysis) tries(t *Timeout, w *watch, d Dependency, limit time.Duration) {
	byCalls, rounds := a.triesByCalls(w, d), w.rounds(limit)
	single := d.CallsPerHit == nil || *d.CallsPerHit < 1.2 // else a request makes several calls when all is well
	switch {
	case byCalls > 0 && (rounds == 0 || !single || rounds == byCalls):
		t.Retries = int64(byCalls - 1)
	case byCalls == 0 && rounds > 0 && single:
		t.Retries = int64(rounds - 1)
	case byCalls == 0:
		t.Why = "whether calls were tried again could not be told: too few requests were answered under the fault"
	default:
		t.Why = fmt.Sprintf("whether calls were tried again could not be told: %d calls a request, but answers that took %d timeouts longer", byCalls, rounds)
	}
}

// triesByCalls is how many tries each call made, from the waits that the site
// ended and the requests that ended, once the first slow answer had come. In a
// full pool it holds as well: what a queue adds in waiting it does not add in
// calls. It is 0 when the figures do not fit a whole number.
func (a *analysis) triesByCalls(w *watch, d Dependency) int {
	if d.CallsPerHit == nil || *d.CallsPerHit <= 0.05 || w.first == 0 {
		return 0
	}
	// Cells begin after the first slow answer and are over before the lifting.
	cell := time.Second / parts
	from, to := int((w.first+cell-1)/cell), int(w.until/cell)
	requests := between(a.served.done, from, to)
	calls := 0
	for _, one := range w.given {
		if at := int(one.ended / cell); at >= from && at < to {
			calls++
		}
	}
	if requests < fewAnswers || calls < fewAnswers {
		return 0
	}
	// At either end of the span some of the calls, or the answer, of a request are outside.
	return whole(float64(calls)/float64(requests) / *d.CallsPerHit, 0.2)
}

// rounds is how many timeouts, one after another, the answers took longer than
// usual. It is 0 unless most took the same whole number: in a full pool the
// queue blurs it.
func (w *watch) rounds(limit time.Duration) int {
	values := w.app.values()
	group, _ := densest(values)
	if len(group) < 3 || 10*len(group) < 8*len(values) {
		return 0
	}
	return whole(float64(middleOf(group))/float64(limit), 0.15)
}

// whole rounds to a whole number of tries, if v is no further from it than slack allows.
func whole(v, slack float64) int {
	n := math.Round(v)
	if n < 1 || n > maxTries || math.Abs(v-n) > min(slack*n, 0.3) {
		return 0
	}
	return int(n)
}
