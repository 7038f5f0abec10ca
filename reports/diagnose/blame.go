package diagnose

import (
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/poolmodel"
)

// Acquit takes back the fault that an onset is counted from when its errors would
// have come without it: the rate was more than the site carries, or a burst more
// than it holds. The model, given the same arrivals, is asked; where it can't tell,
// a fault for which next to nobody waited is acquitted of a rate that the site was
// never seen to carry.
func Acquit(run *measure.Run, list []reports.Onset, pool *reports.Pool, fit *PoolFit, dependencies []reports.Dependency, timeouts []reports.Timeout) {
	m := newAcquittal(run, pool, fit, dependencies, timeouts)
	for i, o := range run.Onsets {
		if o.Fault < 0 || codesOfModel(o) == nil {
			continue
		}
		f := run.Faults[o.Fault]
		acquitted, known := m.acquits(o, f)
		if known && acquitted {
			list[i].Without = m.without(o, f)
		}
		if known && !acquitted && m.mayAcquit(o, f) {
			acquitted, list[i].Without = true, nil // which of the two is to blame can't be told
		}
		if f.Connections != nil && !f.Exercised() {
			acquitted, known = true, true // it met no traffic
		}
		if !known && o.Kind == measure.Refused502 {
			acquitted = askedMore(run, o) && idle(run, o, f, workersFor(pool, fit)) || overran(run, o, f, pool, fit) || outgrown(run, o, f, dependencies)
		}
		if !acquitted && (standsStill(run, o, f) || waitedBefore(o, f)) {
			acquitted, list[i].Without = true, nil
		}
		if acquitted {
			o.Fault = -1
			list[i].AfterFaultS, list[i].Dependency = nil, ""
		}
	}
}

// waitedBefore reports whether most of the 504s came so soon after the fault that they had
// waited for two thirds of their time before it: something else held the workers then. A
// fault may well end what a queue had kept waiting for half of the time.
func waitedBefore(o *measure.Onset, f *measure.Fault) bool {
	waited, came := time.Duration(o.Seen.Seconds(0.5)*float64(time.Second)), time.Duration(o.Seen.When.Quantile(0.5))
	return o.Kind == measure.Late504 && came-f.Applied < waited/3
}

// codesOfModel are what the model calls errors of the onset's kind; nil is nothing.
func codesOfModel(o *measure.Onset) func(s *poolmodel.Second) int64 {
	switch o.Kind {
	case measure.Refused502:
		return func(s *poolmodel.Second) int64 { return s.BadGateway }
	case measure.Late504:
		return func(s *poolmodel.Second) int64 { return s.GatewayTimeout }
	case measure.Late503:
		return func(s *poolmodel.Second) int64 { return s.BadGateway + s.GatewayTimeout }
	case measure.ClientTimeout:
		return func(s *poolmodel.Second) int64 { return s.ClientTimeout }
	}
	return nil
}

// acquittal asks the model what would have come of the run's arrivals without a fault.
type acquittal struct {
	run      *measure.Run
	through  through
	known    bool
	timeouts []reports.Timeout
	from, to time.Duration                        // what is played of the run
	results  map[*measure.Fault]*poolmodel.Result // by the fault that is left out; nil leaves out none
}

func newAcquittal(run *measure.Run, pool *reports.Pool, fit *PoolFit, dependencies []reports.Dependency, timeouts []reports.Timeout) *acquittal {
	m := &acquittal{run: run, timeouts: timeouts, results: map[*measure.Fault]*poolmodel.Result{}}
	site, known := blameSite(pool, fit, dependencies)
	m.through, m.known = newThrough(run, site, fit, dependencies), known
	if len(run.Faults) > 0 {
		m.from = run.Faults[0].Applied - longEnough
	}
	for _, o := range run.Onsets {
		if o.Fault >= 0 {
			m.to = max(m.to, shownBy(o)+time.Second)
		}
	}
	return m
}

// longEnough is how much is played of what went on before the first fault, and how
// much of the errors: those of hours tell no more than those of their first minutes.
const longEnough = 5 * time.Minute

// shownBy is when enough was seen of an onset's errors.
func shownBy(o *measure.Onset) time.Duration { return min(o.Last, o.At+longEnough) }

// blameSite is the site as the model sees it, also when the number of workers is
// not known: for what overflows it is enough to know how much is served a second,
// and how much fits in.
func blameSite(pool *reports.Pool, fit *PoolFit, dependencies []reports.Dependency) (poolmodel.Site, bool) {
	site, ok := ModelSite(pool, fit, dependencies)
	if !ok {
		c, s := pool.CapacityHz, pool.ServiceS
		if c == nil || s == nil || c.Value <= 0 {
			return site, false
		}
		site = poolmodel.Site{Workers: int(math.Max(math.Round(c.Value*s.Value), 1)), QueueSlots: poolmodel.MaxSlots, TCP: pool.Network == "tcp"}
		site.ServiceS = float64(site.Workers) / c.Value
		if g := pool.GatewayTimeoutS; g != nil {
			site.GatewayTimeoutS = g.Value
		}
	}
	if pool.QueueSlots == nil && fit.full.n > 0 {
		site.QueueSlots = max(int(fit.full.n)-site.Workers, 0)
	}
	return site, true
}

// result is what the model says of the run without a fault; nil when it says nothing.
func (m *acquittal) result(f *measure.Fault) *poolmodel.Result {
	if r, ok := m.results[f]; ok || !m.known {
		return r
	}
	faults := slices.DeleteFunc(slices.Clone(m.run.Faults), func(one *measure.Fault) bool { return one == f })
	sc := replayed(m.run, faults, m.through.site, m.through.dependencies, m.timeouts)
	sc.Seed = m.run.Manifest.Seed
	r, err := poolmodel.Simulate(sc, m.through.arrivals(m.run, m.from, m.to))
	if err != nil {
		r = nil
	}
	m.results[f] = r
	return r
}

// acquits reports whether at least half of the onset's errors come in the model
// without the fault as well; not known is when the model contradicts the run: it
// has errors before the first fault that were not seen, or too few with the fault.
func (m *acquittal) acquits(o *measure.Onset, f *measure.Fault) (acquitted, known bool) {
	count := codesOfModel(o)
	r := m.result(f)
	if r == nil {
		return false, false
	}
	from, to, before := o.At-time.Second, shownBy(o)+time.Second, m.run.Faults[0].Applied
	left, seen := m.sum(r, count, from, to), o.Count
	if shownBy(o) < o.Last {
		seen = m.run.Cells.Errors(o.Kind, o.At, to)
	}
	if extra := m.sum(r, count, m.from, before); extra > measure.Few+left/5 && extra > 2*m.seenBefore(before) {
		return false, false
	}
	if 2*left >= seen {
		return true, true
	}
	if 4*left < seen {
		return false, true // whatever the fault did that the model does not know, the load alone does not do it
	}
	all := m.result(nil)
	if all == nil || callsUnknown(m.run, m.through.dependencies) {
		return false, false
	}
	with := m.sum(all, count, from, to)
	if 4*with < seen {
		return false, false
	}
	return 2*left >= with, true
}

// without is the part of the onset's errors that come in the model without the fault.
func (m *acquittal) without(o *measure.Onset, f *measure.Fault) *float64 {
	left := m.sum(m.result(f), codesOfModel(o), o.At-time.Second, shownBy(o)+time.Second)
	return new(min(float64(left)/float64(max(o.Count, 1)), 1))
}

// sum counts in the model's seconds that are in [from, to), in whole or in part.
func (m *acquittal) sum(r *poolmodel.Result, count func(s *poolmodel.Second) int64, from, to time.Duration) (n int64) {
	width := m.run.Timeline.Width
	for i := range r.Seconds {
		if at := time.Duration(i) * width; at+width > from && at < to {
			n += count(&r.Seconds[i])
		}
	}
	return n
}

// seenBefore counts errors of any kind before t.
func (m *acquittal) seenBefore(t time.Duration) (n int64) {
	for kind := range measure.ErrorKinds {
		n += m.run.Cells.Errors(kind, m.from, t)
	}
	return n
}

// idly is the share of the workers that may wait for a fault which is not to
// blame for the others' being busy.
const idly = 0.2

// idle reports whether next to nobody waited for the fault when the errors began.
func idle(run *measure.Run, o *measure.Onset, f *measure.Fault, workers float64) bool {
	if !f.Waits() {
		return true
	}
	held, ok := run.HeldBy(f, max(o.At-time.Second, f.Applied), o.At)
	return ok && held <= idly*workers
}

// workersFor is how many workers there are, or a fourth of what fits in, which is no
// figure to state.
func workersFor(pool *reports.Pool, fit *PoolFit) float64 {
	if w := pool.Workers; w != nil {
		return w.Low
	}
	return float64(fit.full.n) / 4
}

// moreThan is how much more than ever before a rate is that a site may not carry.
const moreThan = 1.1

// settled is how long a new rate must have been held to count as carried.
const settled = 2 * time.Second

// askedMore reports whether more was asked in the second before the onset than in
// any second before the fault, or before a phase that began just before it.
func askedMore(run *measure.Run, o *measure.Onset) bool {
	before, second := run.Faults[o.Fault].Applied, run.Cells.PerSecond()
	for _, p := range run.Manifest.Phases {
		if from := time.Duration(p.StartNS); before-settled < from && from < before {
			before = from
		}
	}
	sent := run.Cells.Flow.Sent
	var most int64
	for c := 0; c+second <= run.Cells.Cell(before); c += second {
		most = max(most, measure.SumCells(sent, c, c+second))
	}
	at := run.Cells.Cell(o.At)
	return float64(measure.SumCells(sent, at-second, at)) > moreThan*float64(most)
}

// byFar is how many times the workers that a fault took the rate must have taken, to
// be to blame in its stead.
const byFar = 1.5

// outgrown reports whether the rate took more of the workers than what the fault added to its calls, where
// the model can't tell: those inside before the fault, L, are L·r' / r at
// another rate, by Little's law.
func outgrown(run *measure.Run, o *measure.Onset, f *measure.Fault, dependencies []reports.Dependency) bool {
	before, second := run.Cells.Cell(f.Applied), run.Cells.PerSecond()
	at, from := run.Cells.Cell(o.At), max(before-5*second, 0)
	held, ok := run.HeldBy(f, max(o.At-time.Second, f.Applied), o.At)
	if !ok || before-from < second || at-second < before || f.UntilLifted() {
		return false
	}
	d := reports.DependencyNamed(dependencies, f.Dependency)
	if _, own := use(&d); own > 0 { // which the calls would have taken without it
		if lasted, ok := run.MeanHeld(f); ok && lasted > 0 {
			held *= 1 - min(own/lasted, 1)
		}
	}
	inside, rate := meanIn(run.Cells.InSystem, from, before), meanIn(run.Cells.Flow.Sent, from, before)
	now := meanIn(run.Cells.Flow.Sent, at-second, at)
	return rate > 0 && inside*(now/rate-1) > byFar*held
}

// overran reports whether, while the errors came, more was asked than the workers
// would have served without those calls that waited for the fault: W workers, of
// which h wait, give X answers a second, and would give X*W/(W-h). How many they are must
// be known where calls wait until the fault is lifted: they take all of them, in time.
func overran(run *measure.Run, o *measure.Onset, f *measure.Fault, pool *reports.Pool, fit *PoolFit) bool {
	to, workers := o.Last, workersFor(pool, fit)
	if f.Lifted != nil {
		to = min(to, *f.Lifted)
	}
	held, ok := run.HeldBy(f, o.At, to)
	if pool.Workers == nil && (f.UntilLifted() || !askedMore(run, o)) || !ok || to-o.At < time.Second || held >= workers {
		return false
	}
	from, until := run.Cells.Cell(o.At), run.Cells.Cell(to)
	sent, served := measure.SumCells(run.Cells.Flow.Sent, from, until), measure.SumCells(run.Cells.Flow.Served, from, until)
	return served >= fewest && float64(sent) > moreThan*float64(served)*workers/(workers-held)
}
