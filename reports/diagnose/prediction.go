package diagnose

import (
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
func Prediction(run *measure.Run, site poolmodel.Site, fit *PoolFit, dependencies []reports.Dependency, timeouts []reports.Timeout) reports.Prediction {
	return foretold(run, span{0, run.End}, site, poolmodel.Inside{}, fit, dependencies, timeouts)
}

// span is a part of a run: [from, to).
type span struct{ from, to time.Duration }

// allOfIt has also what came after the run's end.
var allOfIt = span{0, 1 << 62}

// foretold is the prediction of a part of the run, for a site with something that its
// requests share.
func foretold(run *measure.Run, part span, site poolmodel.Site, inside poolmodel.Inside, fit *PoolFit, dependencies []reports.Dependency, timeouts []reports.Timeout) reports.Prediction {
	p := reports.Prediction{Series: []reports.Moment{}}
	if callsUnknown(run, dependencies) {
		return p
	}
	t := newThrough(run, site, fit, dependencies)
	sc := replayed(run, run.Faults, t.site, t.dependencies, timeouts)
	sc.Inside = inside
	if c := firstFaultCapacity(run, sc); c != nil {
		p.CapacityHz = new(*c / t.share)
	}
	arrivals := t.arrivals(run, part.from, part.to)
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
	t.addTo(&p, run)
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

// modelled reports whether the model knows what the fault does to a call.
func modelled(f *measure.Fault) bool { return f.UntilLifted() || f.TripDelay() || f.DialDelay() }

// spells are a fault as the model knows it: one spell for each size that it had.
// Kinds that don't make a call last longer are none.
func spells(run *measure.Run, f *measure.Fault, site poolmodel.Site, calls float64, t *reports.Timeout) []poolmodel.Fault {
	if !modelled(f) || site.Share == 0 {
		return nil
	}
	share := f.Share * min(calls/site.Share, 1)
	hold := func(size float64) float64 {
		h := math.Inf(1)
		if !f.UntilLifted() {
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

// Explained takes the advice back that leans on a model which explains less than
// half of a whole run, where it knows all that made calls wait: something else than
// these workers and their calls decided what came. Where little varied, half of it
// may be chance: then the model must have been clearly off. Workers that finish
// together answer in batches, whose moments tell nothing: it is held to some seconds.
// What the site carries goes as well where something else held its workers.
func Explained(run *measure.Run, pool *reports.Pool, fit *PoolFit, p reports.Prediction, budgets []reports.Budget) {
	if heldBack(run, fit.held, pool.Workers) {
		const why = "requests queued while fewer calls waited than there are workers: something else held workers too, such as the lock of a session or a pool of connections"
		withdraw(budgets, why)
		if pool.CapacityHz != nil {
			pool.CapacityHz, pool.Unknown["capacity_hz"] = nil, why
		}
		return
	}
	if measure.Outcome(run.Manifest) != reports.OutcomeComplete || slices.ContainsFunc(run.Faults, func(f *measure.Fault) bool { return f.Waits() && !modelled(f) }) {
		return
	}
	m := missed(run, p, allOfIt, max(int(batches/run.Timeline.Width), 1))
	if pool.FitR2 == nil || m.residual <= 0.5*m.total || m.residual <= m.n*(1+clearlyOff*clearlyOff*m.mean*m.mean) {
		return
	}
	why := "a pool with these figures would have answered otherwise than the site did in this run: something else than its workers and these calls decided it"
	if run.MixLost() > mixChanged {
		why = "visits that were abandoned left out their later steps, so that what was sent under the fault was another mix than before it: a run in which fewer are would tell"
	}
	withdraw(budgets, why)
	if *pool.FitR2 < 0 && fit.capacity.estimate != nil && pool.CapacityHz != nil { // it was counted while that went on
		pool.CapacityHz, pool.Unknown["capacity_hz"] = nil, why
	}
}

// clearlyOff is by what share of the mean answers a model is off, which the answers'
// own chance does not explain; batches is over what time they are counted.
const (
	clearlyOff = 0.25
	batches    = 3 * time.Second
)

// mixChanged is how many times rarer than in whole visits a step must be in all that was
// sent, for the model, which knows one mix only, not to be held to it.
const mixChanged = 1.25

// misses are how far the model's good answers are from those seen, in n stretches.
type misses struct{ n, mean, residual, total float64 }

// missed compares them in a part of the run, in stretches of so many buckets.
func missed(run *measure.Run, p reports.Prediction, part span, buckets int) misses {
	width := run.Timeline.Width.Seconds()
	var seen, said []float64
	first := int(part.from / run.Timeline.Width)
	for i := first; i < min(len(p.Series), int((part.to+run.Timeline.Width-1)/run.Timeline.Width)); i++ {
		if (i-first)%buckets == 0 {
			seen, said = append(seen, 0), append(said, 0)
		}
		seen[len(seen)-1] += float64(run.Timeline.Buckets[i].Ok + run.Timeline.Buckets[i].Degraded)
		said[len(said)-1] += p.Series[i].OKHz * width
	}
	m := misses{n: float64(len(seen))}
	for _, v := range seen {
		m.mean += v / m.n
	}
	for i, v := range seen {
		m.total += (v - m.mean) * (v - m.mean)
		m.residual += (v - said[i]) * (v - said[i])
	}
	return m
}

// FitR2 is 1 - residual/total sum of squares of good answers in each
// bucket (the coefficient of determination). It is nil when next to nothing
// varied: then there is nothing to explain.
func FitR2(run *measure.Run, p reports.Prediction) *float64 {
	m := missed(run, p, allOfIt, 1)
	if m.n == 0 || m.total <= m.n*(0.3+0.02*m.mean*m.mean) {
		return nil
	}
	return new(1 - m.residual/m.total)
}

// heldBack reports whether requests queued under a hang while fewer calls waited
// than there are workers: then something else holds workers too, such as the lock of
// a session or a pool of connections, and W/rate - S says nothing.
func heldBack(run *measure.Run, held *measure.HeldCalls, workers *reports.Estimate) bool {
	if workers == nil {
		return false
	}
	for _, f := range run.Faults {
		if !f.UntilLifted() || f.OnConnect() || f.Share < 1 || f.Lifted == nil || givesUp(run, f) {
			continue
		}
		queued := 0
		for c := run.Cells.Cell(f.Applied); c < min(run.Cells.Cell(*f.Lifted), len(run.Cells.InSystem)); c++ {
			if held.Waiting[c] > 0 && float64(held.Waiting[c]) <= 0.7*workers.Low && float64(run.Cells.InSystem[c]) > workers.High {
				queued++
			} else if float64(held.Waiting[c]) > 0.7*workers.Low {
				queued = 0
			}
		}
		if queued >= 3*run.Cells.PerSecond() {
			return true
		}
	}
	return false
}
