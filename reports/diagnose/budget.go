package diagnose

import (
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/whatif"
)

// Budgets are the timeouts that would hold the rate, one for each dependency
// that is called. workers takes the place of the site's, as it may be no whole number.
func Budgets(site poolmodel.Site, workers float64, dependencies []reports.Dependency, timeouts []reports.Timeout, load []reports.Phase, faults []reports.Fault) []reports.Budget {
	list := []reports.Budget{}
	if site.ServiceS == 0 && len(dependencies) == 0 {
		return list
	}
	all := site.ServiceS + site.Share*site.DependencyS
	for i := range dependencies {
		d := &dependencies[i]
		p, held := use(d)
		rate := rateFor(d.Name, load, faults)
		if p <= 0 || rate <= 0 {
			continue
		}
		one, waited := site, p
		seen := reports.TimeoutOn(timeouts, d.Name)
		if seen != nil && seen.Verdict == reports.ByApp && !seen.RetriesKnown && (seen.HoldS == nil || seen.RestS() > 0 || d.CallsOff > roughly*p) {
			continue // one long wait and several short ones have different budgets
		}
		if seen != nil && seen.CallsWaited > 0 {
			waited = seen.CallsWaited // the others go on meanwhile
		}
		one.Share, one.DependencyS, one.ServiceS = reckoned(d, p), held, max(all-waited*held, 0)
		list = append(list, budget(one, workers, rate, d.Name, seen))
	}
	return list
}

// roughly is from what share of it on the standard error of a number of calls leaves open
// how long they held a worker, each.
const roughly = 0.2

// Reckoned are the workers that a budget reckons with: as many as there are at least, where
// their number is an average of those that waited and those at other work.
func (p *PoolFit) Reckoned(workers *reports.Estimate) float64 {
	if p.averaged(workers) && !p.confirmed {
		return workers.Low
	}
	return workers.Value
}

// averaged reports whether workers are an average of those that waited and those at other work.
func (p *PoolFit) averaged(workers *reports.Estimate) bool {
	return workers == p.workers.estimate && p.workers.averaged
}

// reckoned are the calls a request that a budget reckons with: p, and what it may be more
// where it is a share that was seen of few requests.
func reckoned(d *reports.Dependency, p float64) float64 {
	if p == math.Trunc(p) {
		return p
	}
	return p + d.CallsOff
}

// OnlyOnce says how long a timeout holds the rate if only one of the calls of a request
// is waited for, where it makes several and the run does not tell.
func OnlyOnce(run *measure.Run, budgets []reports.Budget, dependencies []reports.Dependency, timeouts []reports.Timeout) {
	for i := range budgets {
		b := &budgets[i]
		calls, _ := run.MostCalls(b.Dependency)
		n, t := math.Round(calls), reports.TimeoutOn(timeouts, b.Dependency)
		if b.MaxTimeoutS == nil || b.Bound != "workers" || n < 2 {
			continue
		}
		if t != nil && (t.CallsWaited > 0 || t.HoldS != nil && t.ObservedS != nil && t.HoldS.Low > 1.3*t.TriesS()) {
			continue
		}
		d := reports.DependencyNamed(dependencies, b.Dependency)
		_, held := use(&d)
		b.OnceS = new(n**b.MaxTimeoutS - (n-1)*held) // the others hold their worker as long as when all is well
	}
}

// AssumeAlone says of each budget that it is true only if nobody else than this run
// takes the workers, where the run does not show that.
func AssumeAlone(budgets []reports.Budget, pool *reports.Pool, fit *PoolFit) {
	if pool.Workers == nil || fit.strangers(pool.Workers) == 0 {
		return
	}
	for i := range budgets {
		if b := &budgets[i]; b.Bound == "workers" {
			b.Assumes = "nobody but this run takes these workers"
		}
	}
}

// withdraw takes all budgets back for the same reason.
func withdraw(budgets []reports.Budget, why string) {
	for i := range budgets {
		budgets[i].Withdraw(why)
	}
}

func budget(site poolmodel.Site, workers, rate float64, name string, seen *reports.Timeout) reports.Budget {
	if seen != nil && seen.CallsWaited > 0 {
		site.Share = min(site.Share, seen.CallsWaited)
	}
	calls := site.Share
	if seen != nil && seen.Retries > 0 {
		site.Share *= float64(1 + seen.Retries) // each try may take the timeout
	}
	var timeout *float64
	if seen != nil && seen.ObservedS != nil {
		timeout = new(seen.ObservedS.Value)
		site.ServiceS += calls * seen.RestS() // which a shorter timeout does not spare
	}
	killed := seen != nil && seen.Verdict == reports.ByWorker && seen.ObservedS != nil &&
		(site.GatewayTimeoutS == 0 || seen.ObservedS.Value < site.GatewayTimeoutS)
	if killed {
		site.GatewayTimeoutS = seen.ObservedS.Value
	}
	b := whatif.Budget(site, workers, rate, name, timeout)
	if killed && b.Bound == "gateway" {
		b.Bound = "killer"
	}
	b.Calls = calls
	if most := b.MaxTimeoutS; most != nil && site.Share**most < ownOff*site.ServiceS {
		b.MaxTimeoutS, b.WithHeadroomS, b.Bound = nil, nil, ""
	}
	return b
}

// ownOff is by what share the time that pages take by themselves may be off: what is left
// of a worker's time for calls that is less is none.
const ownOff = 0.03

// rateFor is the rate that a budget is for: asked in the phase in which the
// dependency was faulted, else in the first that is no warm-up; of a log, that of
// its busiest second.
func rateFor(dependency string, load []reports.Phase, faults []reports.Fault) float64 {
	rate := 0.0
	for _, p := range load {
		hz := p.RateSentHz
		if p.RateAskedHz != nil {
			hz = *p.RateAskedHz
		}
		if p.Replayed != nil { // a pool that holds the mean alone falls behind when most come
			hz = p.Replayed.HighHz
		}
		if p.Warmup || p.Kind == reports.BurstPhase || hz <= 0 {
			continue
		}
		if rate == 0 {
			rate = hz
		}
		for _, f := range faults {
			if f.Dependency == dependency && f.Phase == p.Name {
				return hz
			}
		}
	}
	return rate
}

// MaxTimeout is the longest timeout on a dependency that holds a rate with so many
// workers: (W/rate - S0)/p, of each try, where a request takes service seconds when
// all is well. It is nil when that is not known.
func MaxTimeout(d reports.Dependency, service, workers *reports.Estimate, rateHz float64, retries int64) *float64 {
	calls, own := use(&d)
	if workers == nil || service == nil || calls <= 0 {
		return nil
	}
	site := poolmodel.Site{ServiceS: max(service.Value-calls*own, 0), Share: reckoned(&d, calls) * float64(1+retries), DependencyS: own}
	return whatif.MaxTimeout(site, workers.Value, rateHz)
}

// heldFor is how many times as long as a call is held a fault must have lasted to
// show that no queue grows.
const heldFor = 4

// heldRates sets the rate that held with each timeout: every request that was sent while
// the fault was in force was answered well, and in its last third there were no
// more requests in the site than in the third before, nor as many as nearly all
// workers, where their number is known: what fills them fills a queue, in time. Where it
// is not, nobody may have waited for much longer than a call is held: who did has queued.
func heldRates(run *measure.Run, timeouts []reports.Timeout, workers *reports.Estimate) {
	for i := range timeouts {
		t, w := &timeouts[i], run.Windows[i]
		if t.Verdict != reports.ByApp || t.ObservedS == nil || w.Fault.Lifted == nil {
			continue
		}
		lasted := w.Until - w.Fault.Applied
		if lasted.Seconds() < heldFor*t.WholeS() || lasted < 3*time.Second {
			continue
		}
		from, to := run.Cells.Cell(w.Fault.Applied), run.Cells.Cell(w.Until)
		third := (to - from) / 3
		before, last := meanIn(run.Cells.InSystem, from+third, from+2*third), meanIn(run.Cells.InSystem, to-third, to)
		if slow := w.App.Values(); workers == nil && len(slow) > 0 && slices.Max(slow).Seconds() > unqueuedFor*t.WholeS() {
			continue
		}
		if run.Cells.BadIn(from, to) > 0 || last > 1.15*before+0.5 || workers != nil && max(before, last) > nearlyAll*workers.Value {
			continue
		}
		t.HeldHz = new(float64(measure.SumCells(run.Cells.Flow.Sent, from, to)) / lasted.Seconds())
	}
}

// unqueuedFor is how many times as long as a call is held an answer may have taken longer
// than usual without a queue.
const unqueuedFor = 3

// nearlyAll is how many of the workers may be busy, on average, and a rate hold.
const nearlyAll = 0.85

func meanIn(cells []int32, from, to int) float64 {
	return float64(measure.SumCells(cells, from, to)) / float64(max(to-from, 1))
}
