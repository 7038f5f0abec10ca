package diagnose

import (
	"math"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/poolmodel"
)

// choices are round timeouts for a reader to choose from, seconds.
var choices = [...]float64{0.1, 0.25, 0.5, 1, 2, 3, 5, 10}

// scale makes whole workers of parts of one: a budget depends on the ratio of
// workers to the rate.
const scale = 1000

// Budgets are the timeouts that would hold the rate, one for each dependency
// that is called. There are none when workers or service time are not known.
func Budgets(run *measure.Run, site poolmodel.Site, workers *reports.Estimate, dependencies []reports.Dependency, timeouts []reports.Timeout, load []reports.Phase, faults []reports.Fault) []reports.Budget {
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
		one := site
		one.Share, one.DependencyS, one.ServiceS = p, held, max(all-p*held, 0)
		seen := reports.TimeoutOn(timeouts, d.Name)
		if seen != nil && seen.Verdict == reports.ByApp && !seen.RetriesKnown && (seen.HoldS == nil || seen.RestS() > 0) {
			continue // one long wait and several short ones have different budgets
		}
		b := budget(one, workers.Value, rate, d.Name, seen)
		if seen != nil && overran(run, d.Name, seen, &b) {
			b.MaxTimeoutS, b.WithHeadroomS, b.Bound, b.Choices = nil, nil, "", []reports.Choice{}
			b.Why = "the site was overrun in this run with a timeout that should hold the rate: something else than these calls took the workers"
		}
		list = append(list, b)
	}
	return list
}

func budget(site poolmodel.Site, workers, rate float64, name string, seen *reports.Timeout) reports.Budget {
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
	b := NewBudget(site, workers, rate, name, timeout)
	if killed && b.Bound == "gateway" {
		b.Bound = "killer"
	}
	b.Calls = calls
	return b
}

// NewBudget works out the budget of a site at a rate. workers takes the place
// of the site's, as it may be estimated as no whole number; the site's share
// counts every try of a call. timeout is the one that there is, if any.
func NewBudget(site poolmodel.Site, workers, rate float64, name string, timeout *float64) reports.Budget {
	b := reports.Budget{Dependency: name, RateHz: rate, Calls: site.Share, TimeoutS: timeout, Choices: []reports.Choice{}}
	b.OwnS = site.ServiceS
	fine := site
	fine.Workers = int(min(math.Round(workers*scale), poolmodel.MaxWorkers))
	if t, ok := fine.Budget(rate*scale, 1); ok && !math.IsInf(t, 1) {
		b.MaxTimeoutS, b.Bound = new(t), "workers"
		endless := fine
		endless.GatewayTimeoutS = 0
		if alone, _ := endless.Budget(rate*scale, 1); alone > t*(1+1e-9) {
			b.Bound = "gateway"
		}
	}
	if t, ok := fine.Budget(rate*scale, poolmodel.Headroom); ok && !math.IsInf(t, 1) {
		b.WithHeadroomS = new(t)
	}
	if timeout != nil {
		if n, ok := needed(site, rate, *timeout); ok {
			b.WorkersNeeded = new(n)
		}
	}
	for _, t := range choices {
		if n, ok := needed(site, rate, t); ok {
			b.Choices = append(b.Choices, reports.Choice{TimeoutS: t, WorkersNeeded: n, Holds: fine.Holds(rate*scale, t)})
		}
	}
	return b
}

// needed is how many workers hold the rate with a timeout, if any number does:
// the gateway may give up before.
func needed(site poolmodel.Site, rate, timeout float64) (workers int, ok bool) {
	workers, ok = site.WorkersNeeded(rate, timeout)
	site.Workers = workers
	return workers, ok && site.Holds(rate, timeout)
}

// rateFor is the rate that a budget is for: asked in the phase in which the
// dependency was faulted, else in the first that is no warm-up.
func rateFor(dependency string, load []reports.Phase, faults []reports.Fault) float64 {
	rate := 0.0
	for _, p := range load {
		hz := p.RateSentHz
		if p.RateAskedHz != nil {
			hz = *p.RateAskedHz
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
	site := poolmodel.Site{Workers: int(math.Round(workers.Value * scale)), ServiceS: max(service.Value-calls*own, 0),
		Share: calls * float64(1+retries), DependencyS: own}
	if t, ok := site.Budget(rateHz*scale, 1); ok && !math.IsInf(t, 1) {
		return new(t)
	}
	return nil
}
