package diagnose

import (
	"fmt"
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// closely is how much a model must explain for workers that were averaged to be
// as many as it has; fewer and manyMore are by what factors they may be off else,
// and where calls were tried again or the run was killed.
// What workers do while no call waits (pauses between tries, work in the stead of
// an answer) is not seen: of 141 simulated runs so counted none was wrong with 0.9
// and more explained and no tries, 12 of 98 with less, by factors from 0.56 to 1.5.
const closely, fewer, manyMore = 0.9, 0.55, 1.6

// notAtAll is how little a model explains that is worse than to say the same for each second.
const notAtAll = 0

// Doubt widens the workers that were counted by calls, or takes them back, where
// something may have been left out of account and the model with so many workers
// does not closely foretell the run; and the budgets that lean on how long a call
// holds a worker.
func Doubt(run *measure.Run, pool *reports.Pool, fit *PoolFit, budgets []reports.Budget, timeouts []reports.Timeout) {
	doubtHolds(pool, budgets, timeouts)
	several := func(d journal.Dependency) bool {
		calls, told := run.MostCalls(d.Name)
		return calls >= severalCalls || !told && *pool.FitR2 < notAtAll
	}
	w := pool.Workers
	if w == nil || w != fit.workers.estimate || fit.confirmed {
		return
	}
	foretold, killed := pool.FitR2 == nil || *pool.FitR2 >= closely, measure.Outcome(run.Manifest) == reports.OutcomeKilled
	switch {
	case fit.workers.averaged:
		if !foretold || killed || triedAgain(timeouts) {
			fit.doubtAverage(pool)
		}
		if pool.FitR2 != nil && *pool.FitR2 < notAtAll {
			withdraw(budgets, "how many workers there are is known too roughly: a pool of so many would have answered otherwise")
		}
		if killed {
			withdraw(budgets, "the run was killed, and what was under way then is not in its record")
		}
	case !foretold && slices.ContainsFunc(run.Manifest.Dependencies, several):
		fit.doubtCalls(pool, budgets, fmt.Sprintf("%s waited at once, but a page makes several, and may make them at once", words.Number(int64(fit.workers.peak), "call")))
	}
}

// triedAgain reports whether calls were given up and made again: between tries their
// workers may pause, unseen.
func triedAgain(timeouts []reports.Timeout) bool {
	return slices.ContainsFunc(timeouts, func(t reports.Timeout) bool { return t.Verdict == reports.ByApp && (t.Retries > 0 || !t.RetriesKnown) })
}

// doubtAverage widens workers that are an average of those that waited and those
// at other work, and what was worked out from them.
func (p *PoolFit) doubtAverage(pool *reports.Pool) {
	w := pool.Workers
	w.Low, w.High = min(max(math.Floor(fewer*w.Value), float64(p.workers.peak)), w.Low), math.Ceil(manyMore*w.Value)
	if q := pool.QueueSlots; q != nil {
		q.Low, q.High = max(float64(p.full.low)-w.High, 0), max(q.High, float64(p.full.high)-w.Low)
	}
	if c, s := pool.CapacityHz, p.service.estimate; c != nil && s != nil && p.capacity.estimate == nil {
		c.Low, c.High = min(c.Low, w.Low/s.High), max(c.High, w.High/s.Low)
	}
}

// severalCalls is from how many calls a request on some of them may be made at once.
const severalCalls = 1.2

// doubtCalls takes workers back that are as many as calls waited, and what was
// worked out from them.
func (p *PoolFit) doubtCalls(pool *reports.Pool, budgets []reports.Budget, why string) {
	pool.Workers, pool.Unknown["workers"] = nil, why
	if pool.QueueSlots != nil {
		pool.QueueSlots, pool.Unknown["queue_slots"] = nil, p.full.together()
	}
	if pool.CapacityHz != nil && p.capacity.estimate == nil {
		pool.CapacityHz, pool.Unknown["capacity_hz"] = nil, why
	}
	withdraw(budgets, why)
}

// wellEnough is how much a model must explain for a budget to lean on how long a
// call that is given up holds a worker in all, where that was not seen as such or is
// made up of tries: pauses between them, or work in the answer's stead, may be missing.
const wellEnough = 0.8

// doubtHolds takes the budgets back that lean on it although the model explains less.
func doubtHolds(pool *reports.Pool, budgets []reports.Budget, timeouts []reports.Timeout) {
	if pool.FitR2 == nil || *pool.FitR2 >= wellEnough {
		return
	}
	for i := range budgets {
		t := reports.TimeoutOn(timeouts, budgets[i].Dependency)
		if t != nil && t.Verdict == reports.ByApp && (t.HoldS == nil || t.Retries > 0 || !t.RetriesKnown) {
			budgets[i].Withdraw("for how long in all a call that is given up holds a worker is not seen closely enough: there may be pauses between tries, or work in the stead of an answer")
		}
	}
}
