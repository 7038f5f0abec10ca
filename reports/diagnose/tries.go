package diagnose

import (
	"fmt"
	"math"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

const (
	maxTries   = 20
	fewAnswers = 8 // the fewest that calls are divided by
)

// tries tells one long wait from several short ones, by two ways that do not
// depend on each other: how many calls ended for each request that did, and how
// many timeouts longer than usual the answers took.
func tries(run *measure.Run, t *reports.Timeout, w *measure.FaultWindow, d reports.Dependency, limit time.Duration) {
	perCall, slack := triesByCalls(run, w, d)
	rounds := rounds(w, limit)
	if d.CallsPerHit != nil && *d.CallsPerHit >= 1.2 {
		rounds = 0 // a request makes several calls when all is well: rounds are not tries
	}
	switch n := int(math.Round(perCall)); {
	case rounds > 0 && (perCall == 0 || math.Abs(perCall-float64(rounds)) <= max(slack, 0.3)):
		t.Retries, t.RetriesKnown = int64(rounds-1), true
	case rounds > 0:
		t.Why = fmt.Sprintf("whether calls were tried again can't be told: %s calls for each when all is well, but answers that took %d timeouts longer", words.Calls(perCall), rounds)
	case perCall > 0 && slack <= 0.5 && n >= 1 && math.Abs(perCall-float64(n)) <= 0.3:
		t.Retries, t.RetriesKnown = int64(n-1), true
	default:
		t.Why = "whether calls were tried again can't be told: too few requests were answered under the fault, or after too uneven waits"
	}
}

// triesByCalls is how many tries each call made, and how far off that may be,
// from the waits that the site ended and the requests that ended once the first
// slow answer had come. In a full pool it holds as well: what a queue adds in
// waiting it does not add in calls. It is 0 when there is too little.
func triesByCalls(run *measure.Run, w *measure.FaultWindow, d reports.Dependency) (tries, slack float64) {
	if d.CallsPerHit == nil || *d.CallsPerHit <= 0.05 || w.First == 0 {
		return 0, 0
	}
	// Cells begin after the first slow answer and are over before the lifting.
	cell := time.Second / measure.Parts
	from, to := int((w.First+cell-1)/cell), int(w.Until/cell)
	requests := float64(measure.SumCells(run.Throughput.Done, from, to))
	calls := 0
	for _, one := range w.Given {
		if at := int(one.Ended / cell); at >= from && at < to {
			calls++
		}
	}
	if requests < fewAnswers || calls < fewAnswers {
		return 0, 0
	}
	tries = float64(calls) / requests / *d.CallsPerHit
	// Where only some requests call, chance decides how many of those seen did:
	// the variance of a share of n is p(1-p)/n.
	var chance float64
	if p := *d.CallsPerHit; p < 0.97 {
		before := 0.0
		for s, quiet := range run.QuietSeconds() {
			if quiet {
				before += run.Throughput.In(s)
			}
		}
		chance = (1 - p) / p * (1/requests + 1/max(before, 1))
	}
	// At either end some of the calls, or the answer, of a request are outside.
	return tries, tries * (2*math.Sqrt(chance) + 1/requests)
}

// rounds is how many timeouts, one after another, the answers took longer than
// usual. It is 0 unless most took the same whole number: in a full pool the
// queue blurs it.
func rounds(w *measure.FaultWindow, limit time.Duration) int {
	values := w.App.Values()
	group, _ := densest(values)
	if len(group) < 3 || 10*len(group) < 8*len(values) {
		return 0
	}
	n := float64(middleOf(group)) / float64(limit)
	if whole := math.Round(n); whole >= 1 && whole <= maxTries && math.Abs(n-whole) <= min(0.15*whole, 0.3) {
		return int(whole)
	}
	return 0
}
