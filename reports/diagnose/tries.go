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
	each := run.CallsOf(d.Name, time.Duration(from)*cell, time.Duration(to)*cell, *d.CallsPerHit)
	tries = float64(calls) / requests / each
	// Where only some requests call, chance decides how many of those seen did:
	// the variance of a share of n is p(1-p)/n.
	var chance float64
	if p := each; p < 0.97 {
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

// saturatedFor is how long requests must queue under a fault, seconds, to count
// the calls that each makes.
const saturatedFor = 2.0

// Holds works out how long a call that is not answered holds a worker in all:
// its tries, the pauses between them, and what the page does in its stead. It
// is what the answers took longer that found a free worker. timeouts has one
// entry for each of the run's windows.
func Holds(run *measure.Run, fit *PoolFit, timeouts []reports.Timeout, pool *reports.Pool, dependencies []reports.Dependency) {
	heldRates(run, timeouts, pool.Counted())
	if pool.Workers == nil || pool.Workers.Kind != reports.CountedWorkers {
		return
	}
	for i := range timeouts {
		t, w := &timeouts[i], run.Windows[i]
		d := reports.DependencyNamed(dependencies, t.Dependency)
		if t.Verdict != reports.ByApp || t.ObservedS == nil || t.Connect || d.CallsPerHit == nil {
			continue
		}
		held := heldInAll(run, w, int32(pool.Workers.Low), t.ObservedS.Value)
		each := held
		busy := saturated(run, w, pool)
		switch {
		case held != nil && d.HeldMeanS != nil: // the page's usual time has the dependency's own in it
			own := *d.HeldMeanS * max(*d.CallsPerHit, 1)
			held.Value, held.Low, held.High = held.Value+own, held.Low+own, held.High+own
		case held == nil && !fit.averaged(pool.Workers): // of which how long they were held is a part
			held = busy.hold(pool, &d)
		}
		t.HoldS = held
		if n := busy.callsEach(pool, &d, t); n > 0 && !t.RetriesKnown {
			t.Retries, t.RetriesKnown, t.Why = int64(n-1), true, ""
		}
		t.CallsWaited = waitedInTurn(each, t, &d)
	}
}

// waitedInTurn is how many of the several calls of a request were waited for, one after
// another, when none was answered: one, where the request took no longer than that one
// call's tries, as with three queries over one connection that the first has lost. It is
// 0 where it was not seen.
func waitedInTurn(held *reports.Estimate, t *reports.Timeout, d *reports.Dependency) float64 {
	p, _ := use(d)
	if held == nil || p < 1.5 || !t.RetriesKnown || held.Value > 1.3*t.TriesS() {
		return 0
	}
	return 1
}

// heldInAll is the shortest time that good answers took longer than usual whose
// request found fewer others than there are workers, and so a free one; nil when
// too few of them did, or at no common time, or when it is less than the timeout
// itself.
func heldInAll(run *measure.Run, w *measure.FaultWindow, workers int32, timeout float64) *reports.Estimate {
	var free []time.Duration
	for _, s := range w.App.Sorted() {
		if c := run.Cells.Cell(s.Due); measure.At(run.Cells.InSystem, c) < workers && !run.Cells.HiddenWork(c) && s.Value.Seconds() > 0.7*timeout {
			free = append(free, s.Value)
		}
	}
	group, _ := densest(free)
	if len(group) < 2 || 2*len(group) < len(free) {
		return nil
	}
	return limitOf(group, fmt.Sprintf("what %d answers took longer than usual, of requests that found a free worker", len(group)))
}

// saturation is what came while requests queued for the workers under a fault.
type saturation struct {
	seconds float64
	ended   float64 // calls that the site gave up
	served  float64 // requests that the application answered
}

func saturated(run *measure.Run, w *measure.FaultWindow, pool *reports.Pool) (s saturation) {
	busy := int32(pool.Workers.High)
	from, to := run.Cells.Cell(w.Fault.Applied), run.Cells.Cell(w.Until)
	queued := make([]bool, max(to, 0))
	for c := from; c < to; c++ {
		if queued[c] = measure.At(run.Cells.InSystem, c) > busy; queued[c] {
			s.seconds += run.Cells.Width.Seconds()
			s.served += float64(measure.At(run.Cells.Flow.Served, c))
		}
	}
	for _, one := range w.Given {
		if c := run.Cells.Cell(one.Ended); c < len(queued) && queued[c] {
			s.ended++
		}
	}
	return s
}

// hold is H by Little's law: W workers that go round in S + p·H serve W/(S + p·H) a
// second. It is nil where requests queued for too short.
func (s saturation) hold(pool *reports.Pool, d *reports.Dependency) *reports.Estimate {
	p, own := use(d)
	if s.seconds < saturatedFor || s.served < fewAnswers || p <= 0 || pool.ServiceS == nil {
		return nil
	}
	work, off := max(pool.ServiceS.Value-p*own, 0), 2*pool.Workers.Value/s.served
	round := pool.Workers.Value * s.seconds / s.served
	if off > 0.2 || round <= work {
		return nil
	}
	return &reports.Estimate{Value: (round - work) / p, Low: max(round*(1-off)-work, 0) / p, High: (round*(1+off) - work) / p,
		From: fmt.Sprintf("%.0f requests that the workers served in %.1f s in which others queued", s.served, s.seconds)}
}

// callsEach is how many calls each page that calls makes under the fault, from the
// calls that ended a second while requests queued for the workers: each worker then
// goes round in S + p·H, and makes p·n calls in it, so n = C·(S + p·H)/(W·p). It is
// 0 where requests queued for too short, or no whole number comes out.
func (s saturation) callsEach(pool *reports.Pool, d *reports.Dependency, t *reports.Timeout) int {
	p, own := use(d)
	if p <= 0 || pool.ServiceS == nil || t.HoldS == nil || s.seconds < saturatedFor || s.ended < fewAnswers {
		return 0
	}
	n := s.ended / s.seconds * (max(pool.ServiceS.Value-p*own, 0) + p*t.HoldS.Value) / (pool.Workers.Value * p)
	if whole := math.Round(n); whole >= 1 && whole <= maxTries && math.Abs(n-whole) <= 0.25 {
		return int(whole)
	}
	return 0
}
