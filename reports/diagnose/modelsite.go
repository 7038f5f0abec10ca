package diagnose

import (
	"math"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/poolmodel"
)

// ModelSite is the site as the model sees it: what the run has told, with the
// calls to all dependencies as calls to one. Queue slots that are not known are
// taken for endless. It is false when workers or service time are not known.
func ModelSite(pool *reports.Pool, fit *PoolFit, dependencies []reports.Dependency) (poolmodel.Site, bool) {
	w, s := pool.Workers, pool.ServiceS
	if w == nil || s == nil || w.Value < 0.5 || w.Value > poolmodel.MaxWorkers {
		return poolmodel.Site{}, false
	}
	site := poolmodel.Site{Workers: int(math.Round(w.Value)), QueueSlots: poolmodel.MaxSlots, TCP: pool.Network == "tcp"}
	var waiting float64
	for _, d := range dependencies {
		p, held := use(&d)
		site.Share += p
		waiting += p * held
	}
	site.Share = snapped(site.Share)
	if site.Share > 0 {
		site.DependencyS = waiting / site.Share
	}
	service := s.Value
	if c := pool.CapacityHz; c != nil && (fit.contended || w.Kind == reports.EffectiveWorkers) {
		service = float64(site.Workers) / c.Value // what a request takes when all are busy
	}
	site.ServiceS = max(service-waiting, 0)
	if q := pool.QueueSlots; q != nil {
		site.QueueSlots = int(math.Round(q.Value))
	} else if fit.tcpSlots > 0 {
		site.QueueSlots = fit.tcpSlots
	}
	if g := pool.GatewayTimeoutS; g != nil {
		site.GatewayTimeoutS = g.Value
	}
	return site, true
}

// use is p, the calls a request makes, and d, how long one takes when all is
// well in seconds; 0 when it is not known.
func use(d *reports.Dependency) (calls, held float64) {
	if d.CallsPerHit == nil {
		return 0, 0
	}
	if d.HeldMeanS != nil {
		held = *d.HeldMeanS
	}
	return snapped(*d.CallsPerHit), held
}

// snapped is v, or the whole number that it misses by at most 3%: calls are
// counted from a second's start and end, where some are cut.
func snapped(v float64) float64 {
	if n := math.Round(v); n >= 1 && math.Abs(v-n) <= 0.03*n {
		return n
	}
	return v
}

// callsOf is p of one dependency; 0 when it is not known.
func callsOf(dependencies []reports.Dependency, name string) float64 {
	d := reports.DependencyNamed(dependencies, name)
	p, _ := use(&d)
	return p
}
