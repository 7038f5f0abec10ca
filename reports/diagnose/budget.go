package diagnose

import (
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/whatif"
)

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
		if seen != nil && contradicted(run, d.Name, seen, &b) {
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
	b := whatif.Budget(site, workers, rate, name, timeout)
	if killed && b.Bound == "gateway" {
		b.Bound = "killer"
	}
	b.Calls = calls
	return b
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
	site := poolmodel.Site{ServiceS: max(service.Value-calls*own, 0), Share: calls * float64(1+retries), DependencyS: own}
	return whatif.MaxTimeout(site, workers.Value, rateHz)
}
