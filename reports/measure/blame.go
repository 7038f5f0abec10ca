package measure

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// aftermath is how long after its lifting a fault may still cause errors, unless
// the site was seen well before: for as long as what queued behind it is served or
// given up by a gateway, which by nginx's default takes 60 s.
const aftermath = 60 * time.Second

// blamed says which fault errors are counted from, by when they came, as far as
// the journal tells it.
type blamed struct {
	eras []era
	well []time.Duration // by fault: when the site was first seen well after its lifting; never is math.MaxInt64
}

// era is a stretch in which the same fault is to be counted from.
type era struct {
	from  time.Duration
	fault int  // -1 is none
	after bool // the fault had been lifted
	late  bool // for longer than the aftermath
}

// newBlamed cuts the run where a fault is applied, lifted, or may no longer cause
// errors. Of several in force the one counts that calls waited for longest in that
// stretch: what few waited for did not take the workers. Where that leaves no
// trace it is the one applied last.
func newBlamed(x *Events, faults []*Fault) *blamed {
	cuts := []time.Duration{math.MinInt64}
	b := &blamed{well: make([]time.Duration, len(faults))}
	for i, f := range faults {
		b.well[i] = math.MaxInt64
		cuts = append(cuts, f.Applied)
		if f.Lifted != nil {
			cuts = append(cuts, *f.Lifted, *f.Lifted+aftermath)
		}
	}
	slices.Sort(cuts)
	for i, from := range slices.Compact(cuts) {
		to := time.Duration(math.MaxInt64)
		if i+1 < len(cuts) {
			to = cuts[i+1]
		}
		b.eras = append(b.eras, eraOf(x, faults, from, to))
	}
	return b
}

func eraOf(x *Events, faults []*Fault, from, to time.Duration) era {
	e := era{from: from, fault: -1}
	most := time.Duration(-1)
	unseen := slices.ContainsFunc(faults, func(f *Fault) bool { return f.inForce(from) && f.kind.OnListener() })
	for i, f := range faults { // in the order of applying
		if !f.inForce(from) {
			continue
		}
		if held := heldIn(x.met[f.Index], from, to); unseen || held >= most {
			e.fault, most = i, held
		}
	}
	if e.fault >= 0 {
		return e
	}
	e.fault = lastLifted(x, faults, from)
	e.after = e.fault >= 0
	e.late = e.after && from-*faults[e.fault].Lifted >= aftermath
	return e
}

// together is within what time faults that end at one moment are lifted.
const together = time.Second

// lastLifted is the fault lifted last before t, of those lifted together the one
// that calls waited for longest; -1 when there is none.
func lastLifted(x *Events, faults []*Fault, t time.Duration) int {
	last := time.Duration(math.MinInt64)
	for _, f := range faults {
		if f.Lifted != nil && *f.Lifted <= t {
			last = max(last, *f.Lifted)
		}
	}
	best, most := -1, time.Duration(-1)
	for i, f := range faults {
		if f.Lifted == nil || *f.Lifted > t || *f.Lifted < last-together {
			continue
		}
		if held := heldIn(x.met[f.Index], f.Applied, *f.Lifted); held >= most {
			best, most = i, held
		}
	}
	return best
}

// heldIn is how long calls waited in [from, to), all of them together.
func heldIn(met []journal.Connection, from, to time.Duration) (sum time.Duration) {
	for _, c := range met {
		if c.HeldNS == nil {
			continue
		}
		ended := time.Duration(c.ClosedNS)
		began := max(ended-time.Duration(*c.HeldNS), time.Duration(c.OpenedNS))
		sum += max(min(ended, to)-max(began, from), 0)
	}
	return sum
}

// at is the stretch that t is in.
func (b *blamed) at(t time.Duration) era {
	i, found := slices.BinarySearchFunc(b.eras, t, func(e era, t time.Duration) int { return cmp.Compare(e.from, t) })
	if !found {
		i--
	}
	return b.eras[i]
}

// sort is what errors are counted from together: fault is -1 of those that have
// nothing to do with one, and after then the fault since which they came; -1
// before any.
type sort struct{ fault, after int }

// of sorts a hit by its end. What was asked once the site was seen well again is
// no fault's.
func (b *blamed) of(due, done time.Duration) sort {
	e := b.at(done)
	if e.late || e.after && due >= b.well[e.fault] {
		return sort{-1, e.fault}
	}
	if e.fault < 0 {
		return sort{-1, -1}
	}
	return sort{e.fault, -1}
}

// wellFor is how long a site must be seen well to have recovered from a fault,
// and by how many answers.
const (
	wellFor = time.Second
	wellN   = 2
)

// seenWell finds when the site was first seen well after each lifting: for a
// second its answers were as good and as soon as before the first fault, and no
// more requests were inside. Of a fault under which nothing failed it is enough
// that no more are inside: nothing is left of it.
func (b *blamed) seenWell(run *Run, base *baseline) {
	if len(run.Faults) == 0 {
		return
	}
	usual := run.usuallyInside()
	okRatio, p95, why := base.limits()
	for i, f := range run.Faults {
		if f.Lifted == nil {
			continue
		}
		if why == "" {
			b.well[i] = run.wellAfter(*f.Lifted, okRatio, p95, usual)
		}
		if !run.failed(f.Applied, *f.Lifted) {
			b.well[i] = min(b.well[i], run.drained(*f.Lifted, usual))
		}
		if rest := b.well[i] % dueStep; rest > 0 && b.well[i] < math.MaxInt64 {
			b.well[i] += dueStep - rest
		}
	}
}

// failed reports whether anything failed in [from, to).
func (run *Run) failed(from, to time.Duration) bool {
	for kind := range ErrorKinds {
		if run.Cells.Errors(kind, from, to) > 0 {
			return true
		}
	}
	return false
}

// drained is when, from a lifting on, no more requests than usual were inside.
func (run *Run) drained(lifted time.Duration, usual int32) time.Duration {
	levels := run.Cells.InSystem
	for c := run.Cells.Cell(lifted) + 1; c < len(levels); c++ {
		if levels[c] <= usual && !run.Cells.HiddenWork(c) {
			return run.Cells.Start(c)
		}
	}
	return math.MaxInt64
}

func (run *Run) wellAfter(lifted time.Duration, okRatio float64, p95 time.Duration, usual int32) time.Duration {
	t := run.Timeline
	first := int((lifted + t.Width - 1) / t.Width)
	since, n := first, int64(0)
	for i := first; i < len(t.Buckets); i++ {
		one := &t.Buckets[i]
		n += one.response.N()
		if !one.well(okRatio, p95) || run.leastInside(i) > usual {
			since, n = i+1, 0
		} else if time.Duration(i+1-since)*t.Width >= wellFor && n >= wellN {
			return time.Duration(since) * t.Width
		}
	}
	return math.MaxInt64
}

// well reports whether what was asked and answered in the bucket was so well and in time.
func (b *Bucket) well(okRatio float64, p95 time.Duration) bool {
	good, bad := b.Ok+b.Degraded, b.other
	for _, c := range b.codes {
		bad += c.n
	}
	return float64(good) >= okRatio*float64(good+bad)-1e-9 && time.Duration(b.response.Quantile(0.95)) <= p95
}

// usuallyInside is about how many requests were in the site before the first fault.
func (run *Run) usuallyInside() int32 {
	levels := run.Cells.InSystem
	before := slices.Sorted(slices.Values(levels[:min(run.Cells.Cell(run.Faults[0].Applied), len(levels))]))
	if len(before) == 0 {
		return 0
	}
	return before[len(before)/2] + 1
}

// leastInside is the fewest requests that were in the site at one moment of a bucket.
func (run *Run) leastInside(bucket int) int32 {
	levels, each := run.Cells.InSystem, max(int(run.Timeline.Width/run.Cells.Width), 1)
	from, to := min(bucket*each, len(levels)), min((bucket+1)*each, len(levels))
	if from == to {
		return 0
	}
	return slices.Min(levels[from:to])
}

// HeldBy is how many calls waited for a fault's dependency in [from, to), by the
// mean; false when the record can't tell.
func (run *Run) HeldBy(f *Fault, from, to time.Duration) (calls float64, ok bool) {
	met := run.Events.met[f.Index]
	if f.Connections == nil || *f.Connections > 0 && len(met) == 0 || f.kind.OnListener() || to <= from {
		return 0, false
	}
	return heldIn(met, from, to).Seconds() / (to - from).Seconds(), true
}

// MeanHeld is how long a call that met a fault waited, seconds, by the mean; false
// when the record can't tell.
func (run *Run) MeanHeld(f *Fault) (seconds float64, ok bool) {
	met := run.Events.met[f.Index]
	n := 0
	for _, c := range met {
		if c.HeldNS != nil {
			n++
		}
	}
	if n == 0 || f.kind.OnListener() {
		return 0, false
	}
	return heldIn(met, math.MinInt64, math.MaxInt64).Seconds() / float64(n), true
}
