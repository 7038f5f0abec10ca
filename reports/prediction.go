package reports

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/poolmodel"
)

// Simulations are repeated with other seeds, up to replays times and
// maxReplayed requests, when chance decides which requests call.
const (
	replays     = 8
	maxReplayed = 2_000_000
)

// prediction is what the model says of this run: the same arrivals, the same
// faults, a site with the figures that were worked out. It is pure of what was
// seen to come of them, so that the two may be compared.
func (a *run) prediction(site poolmodel.Site, dependencies []Dependency, timeouts []Timeout) Prediction {
	p := Prediction{Series: []Moment{}}
	if a.callsUnknown(dependencies) {
		return p
	}
	sc := a.replayed(site, dependencies, timeouts)
	p.CapacityHz = a.firstFaultCapacity(sc)
	arrivals := a.arrivals()
	var onsets []float64
	runs := 1
	for seed := 0; seed < runs; seed++ {
		sc.Seed = a.manifest.Seed + uint64(seed)
		res, err := poolmodel.Simulate(sc, arrivals)
		if err != nil {
			return Prediction{CapacityHz: p.CapacityHz, Series: []Moment{}}
		}
		if chancy(sc) && seed == 0 {
			runs = int(min(replays, max(1, maxReplayed/max(res.Arrived, 1))))
		}
		onsets = append(onsets, min(res.First502.AtS, res.First504.AtS))
		addTo(&p, res, a.timeline, float64(runs))
	}
	// Without the number of slots an onset would be that of an endless queue.
	if onset := median(onsets); !math.IsInf(onset, 1) && (sc.QueueSlots < poolmodel.MaxSlots || len(a.onsets) == 0) {
		p.OnsetS = new(onset)
	}
	return p
}

// callsUnknown reports whether it is not known how many calls a request makes
// to a dependency that was made to wait for.
func (a *run) callsUnknown(dependencies []Dependency) bool {
	return slices.ContainsFunc(a.faults, func(f *playedFault) bool {
		return keepsWaiting(f.Kind) && f.exercised() && callsOf(dependencies, f.Dependency) == 0
	})
}

// chancy reports whether the outcome depends on the seed.
func chancy(sc poolmodel.Scenario) bool {
	shares := sc.Share != math.Trunc(sc.Share)
	for _, f := range sc.Faults {
		shares = shares || f.Share > 0 && f.Share < 1
	}
	return shares
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// replayed is the scenario of this run.
func (a *run) replayed(site poolmodel.Site, dependencies []Dependency, timeouts []Timeout) poolmodel.Scenario {
	sc := poolmodel.Scenario{Site: site, ClientTimeoutS: time.Duration(a.manifest.ClientTimeoutNS).Seconds(),
		HorizonS: a.end.Seconds(), SecondS: a.timeline.width.Seconds()}
	if g := site.GatewayTimeoutS; g > 0 {
		sc.ConnectTimeoutS = g
	}
	end := 0.0
	for _, f := range a.faults {
		t := timeoutOn(timeouts, f.Dependency)
		for _, one := range a.spells(f, site, callsOf(dependencies, f.Dependency), t) {
			if one.FromS >= end && one.ToS > one.FromS {
				sc.Faults = append(sc.Faults, one)
				end = one.ToS
			}
		}
		if t != nil && t.Verdict == byWorker && t.ObservedS != nil {
			sc.KillS, sc.KillEveryS = t.ObservedS.Value, 1
		}
	}
	return sc
}

// spells are a fault as the model knows it: one spell for each size that it had.
// Kinds that don't make a call last longer are none.
func (a *run) spells(f *playedFault, site poolmodel.Site, calls float64, t *Timeout) []poolmodel.Fault {
	if !keepsWaiting(f.Kind) || f.Kind == "bandwidth" || f.Kind == "slice" || f.Kind == "limit" || f.Kind == "slow_close" || f.Kind == "slow_dial" || site.Share == 0 {
		return nil
	}
	share := f.Share * min(calls/site.Share, 1)
	hold := func(size float64) float64 {
		h := math.Inf(1)
		if f.Kind == "latency" {
			h = site.DependencyS + size
			if call := a.callUnder(f); call != nil {
				h = *call
			}
		}
		if t != nil && t.Verdict == byApp && t.ObservedS != nil && h > t.ObservedS.Value {
			h = t.WholeS()
		}
		return h
	}
	end := a.end
	if f.lifted != nil {
		end = *f.lifted
	}
	var list []poolmodel.Fault
	for _, e := range a.events.of(f.Index) {
		if time.Duration(e.AtNS) >= end {
			continue
		}
		if n := len(list); n > 0 {
			list[n-1].ToS = time.Duration(e.AtNS).Seconds()
		}
		list = append(list, poolmodel.Fault{FromS: time.Duration(e.AtNS).Seconds(), ToS: end.Seconds(), HoldS: hold(e.Fault.SizeS), Share: share})
	}
	return list
}

// firstFaultCapacity is C while the first fault is in force, per second; nil
// without one, and where it was not the same all the time.
func (a *run) firstFaultCapacity(sc poolmodel.Scenario) *float64 {
	if len(sc.Faults) == 0 || len(a.doses) > 0 {
		return nil
	}
	f := sc.Faults[0]
	hold := f.HoldS
	if f.Share < 1 && !math.IsInf(hold, 1) {
		hold = f.Share*hold + (1-f.Share)*sc.DependencyS
	}
	return new(sc.Capacity(hold))
}

// arrivals are when hits were really sent, spread evenly over their cell.
func (a *run) arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for c, n := range a.cells.flow.sent {
			for k := range n {
				if !yield(a.cells.start(c) + a.cells.width*time.Duration(2*k+1)/time.Duration(2*n)) {
					return
				}
			}
		}
	}
}

// addTo takes one simulation of runs into the mean of them.
func addTo(p *Prediction, res *poolmodel.Result, t *timeline, runs float64) {
	width := t.width.Seconds()
	for i := range t.buckets {
		if i == len(p.Series) {
			p.Series = append(p.Series, Moment{AtS: float64(i) * width})
		}
		if i >= len(res.Seconds) {
			continue
		}
		s, m := &res.Seconds[i], &p.Series[i]
		m.OKHz += float64(s.OK) / width / runs
		m.BadHz += float64(s.BadGateway+s.GatewayTimeout+s.ClientTimeout) / width / runs
		m.InFlight += float64(s.InFlight) / runs
		m.Busy += float64(s.Busy) / runs
		m.Queued += float64(s.Queued) / runs
	}
}

// fitR2 is 1 - residual/total sum of squares of good answers in each
// bucket (the coefficient of determination). It is nil when next to nothing
// varied: then there is nothing to explain.
func (a *run) fitR2(p Prediction) *float64 {
	width := a.timeline.width.Seconds()
	n := float64(len(p.Series))
	if n == 0 {
		return nil
	}
	var sum, residual, total float64
	seen := func(i int) float64 { return float64(a.timeline.buckets[i].ok + a.timeline.buckets[i].degraded) }
	for i := range p.Series {
		sum += seen(i)
	}
	mean := sum / n
	for i := range p.Series {
		total += (seen(i) - mean) * (seen(i) - mean)
		residual += math.Pow(seen(i)-p.Series[i].OKHz*width, 2)
	}
	if total <= n*(0.3+0.02*mean*mean) {
		return nil
	}
	return new(1 - residual/total)
}
