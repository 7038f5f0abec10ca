package diagnose

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/poolmodel"
)

// Simulations are repeated with other seeds, up to replays times and
// maxReplayed requests, when chance decides which requests call.
const (
	replays     = 8
	maxReplayed = 2_000_000
)

// Prediction is what the model says of this run: the same arrivals, the same
// faults, a site with the figures that were worked out. It is pure of what was
// seen to come of them, so that the two may be compared.
func Prediction(run *measure.Run, site poolmodel.Site, dependencies []reports.Dependency, timeouts []reports.Timeout) reports.Prediction {
	p := reports.Prediction{Series: []reports.Moment{}}
	if callsUnknown(run, dependencies) {
		return p
	}
	sc := replayed(run, run.Faults, site, dependencies, timeouts)
	p.CapacityHz = firstFaultCapacity(run, sc)
	arrivals := arrivals(run, 0, run.End)
	var onsets []float64
	runs := 1
	for seed := 0; seed < runs; seed++ {
		sc.Seed = run.Manifest.Seed + uint64(seed)
		res, err := poolmodel.Simulate(sc, arrivals)
		if err != nil {
			return reports.Prediction{CapacityHz: p.CapacityHz, Series: []reports.Moment{}}
		}
		if chancy(sc) && seed == 0 {
			runs = int(min(replays, max(1, maxReplayed/max(res.Arrived, 1))))
		}
		onsets = append(onsets, min(res.First502.AtS, res.First504.AtS))
		addTo(&p, res, run.Timeline, float64(runs))
	}
	// Without the number of slots an onset would be that of an endless queue.
	if onset := median(onsets); !math.IsInf(onset, 1) && (sc.QueueSlots < poolmodel.MaxSlots || len(run.Onsets) == 0) {
		p.OnsetS = new(onset)
	}
	return p
}

// callsUnknown reports whether it is not known how many calls a request makes
// to a dependency that was made to wait for.
func callsUnknown(run *measure.Run, dependencies []reports.Dependency) bool {
	return slices.ContainsFunc(run.Faults, func(f *measure.Fault) bool {
		return f.Waits() && f.Exercised() && callsOf(dependencies, f.Dependency) == 0
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

// replayed is the scenario of this run, with these of its faults.
func replayed(run *measure.Run, faults []*measure.Fault, site poolmodel.Site, dependencies []reports.Dependency, timeouts []reports.Timeout) poolmodel.Scenario {
	sc := poolmodel.Scenario{Site: site, ClientTimeoutS: time.Duration(run.Manifest.ClientTimeoutNS).Seconds(),
		HorizonS: run.End.Seconds(), SecondS: run.Timeline.Width.Seconds()}
	if g := site.GatewayTimeoutS; g > 0 {
		sc.ConnectTimeoutS = g
	}
	end := 0.0
	for _, f := range faults {
		t := reports.TimeoutOn(timeouts, f.Dependency)
		for _, one := range spells(run, f, site, callsOf(dependencies, f.Dependency), t) {
			if one.FromS >= end && one.ToS > one.FromS {
				sc.Faults = append(sc.Faults, one)
				end = one.ToS
			}
		}
		if t != nil && t.Verdict == reports.ByWorker && t.ObservedS != nil {
			sc.KillS, sc.KillEveryS = t.ObservedS.Value, 1
		}
	}
	return sc
}

// spells are a fault as the model knows it: one spell for each size that it had.
// Kinds that don't make a call last longer are none.
func spells(run *measure.Run, f *measure.Fault, site poolmodel.Site, calls float64, t *reports.Timeout) []poolmodel.Fault {
	if !f.UntilLifted() && !f.TripDelay() || site.Share == 0 {
		return nil
	}
	share := f.Share * min(calls/site.Share, 1)
	hold := func(size float64) float64 {
		h := math.Inf(1)
		if f.TripDelay() {
			h = site.DependencyS + size
			if call := run.CallUnder(f); call != nil {
				h = *call
			}
		}
		if t != nil && t.Verdict == reports.ByApp && t.ObservedS != nil && h > t.ObservedS.Value {
			h = t.WholeS()
		}
		return h
	}
	end := run.End
	if f.Lifted != nil {
		end = *f.Lifted
	}
	var list []poolmodel.Fault
	for _, e := range run.Events.Of(f.Index) {
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
func firstFaultCapacity(run *measure.Run, sc poolmodel.Scenario) *float64 {
	if len(sc.Faults) == 0 || len(run.Doses) > 0 {
		return nil
	}
	f := sc.Faults[0]
	hold := f.HoldS
	if f.Share < 1 && !math.IsInf(hold, 1) {
		hold = f.Share*hold + (1-f.Share)*sc.DependencyS
	}
	return new(sc.Capacity(hold))
}

// arrivals are when hits were really sent in [from, to), up to the width of a
// cell, spread evenly over their cell.
func arrivals(run *measure.Run, from, to time.Duration) iter.Seq[time.Duration] {
	sent := run.Cells.Flow.Sent
	first, end := run.Cells.Cell(from), min(run.Cells.Cell(to)+1, len(sent))
	return func(yield func(time.Duration) bool) {
		for c := first; c < end; c++ {
			n := sent[c]
			for k := range n {
				if !yield(run.Cells.Start(c) + run.Cells.Width*time.Duration(2*k+1)/time.Duration(2*n)) {
					return
				}
			}
		}
	}
}

// addTo takes one simulation of runs into the mean of them.
func addTo(p *reports.Prediction, res *poolmodel.Result, t *measure.Timeline, runs float64) {
	width := t.Width.Seconds()
	for i := range t.Buckets {
		if i == len(p.Series) {
			p.Series = append(p.Series, reports.Moment{AtS: float64(i) * width})
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

// FitR2 is 1 - residual/total sum of squares of good answers in each
// bucket (the coefficient of determination). It is nil when next to nothing
// varied: then there is nothing to explain.
func FitR2(run *measure.Run, p reports.Prediction) *float64 {
	width := run.Timeline.Width.Seconds()
	n := float64(len(p.Series))
	if n == 0 {
		return nil
	}
	var sum, residual, total float64
	seen := func(i int) float64 { return float64(run.Timeline.Buckets[i].Ok + run.Timeline.Buckets[i].Degraded) }
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
