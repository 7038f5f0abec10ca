package poolmodel

import (
	"errors"
	"fmt"
	"math"
)

// Fault is a time during which calls to the dependency take longer. What is
// added to a call that takes d when all is well is told by HoldS: d + delay for
// added latency, +Inf for a hang. A call that meets the fault, begun in it or
// still without an answer at its start, takes HoldS, or until ToS and d more if
// that is sooner, as lifting lets withheld answers flow.
type Fault struct {
	FromS, ToS float64 // seconds since the start, in [FromS, ToS); ToS may be +Inf
	HoldS      float64 // seconds that a call then takes
	Share      float64 // of the calls that it befalls, 0..1; 0 stands for all
}

func validateFaults(faults []Fault) error {
	var all []error
	last := 0.0
	for i, f := range faults {
		all = append(all,
			within("fault start", f.FromS, MaxSeconds, "s"),
			withinOrForever("fault end", f.ToS, MaxSeconds, "s"),
			withinOrForever("fault hold", f.HoldS, MaxSeconds, "s"),
			within("fault share", f.Share, 1, "of calls"))
		if f.FromS < last {
			all = append(all, fmt.Errorf("fault %d starts at %v s: must not be before the end of the one before, %v s", i, f.FromS, last))
		}
		last = math.Max(f.ToS, f.FromS)
	}
	return errors.Join(all...)
}

// calls says how long calls to the dependency take. Times are in ns.
type calls struct {
	well, timeout int64
	faults        []spell
}

// spell is a Fault.
type spell struct {
	from, to, hold int64
	befalls        chance
}

func newCalls(sc *Scenario) calls {
	c := calls{well: nanos(sc.DependencyS), timeout: orNever(sc.TimeoutS)}
	for i, f := range sc.Faults {
		share := f.Share
		if share == 0 {
			share = 1
		}
		c.faults = append(c.faults, spell{nanos(f.FromS), nanos(f.ToS), nanos(f.HoldS), newChance(share, sc.Seed, faultStream+uint64(i))})
	}
	return c
}

// end returns when a page of kind k that makes n calls has done its work after them.
// The first call begins at t.
func (c *calls) end(t int64, n int32, k *kind) int64 {
	if k.atOnce {
		last := t
		for range n {
			last = max(last, c.tried(t, k))
		}
		return min(last+k.then, never)
	}
	for i := range n {
		if t >= never {
			return never
		}
		if i > 0 {
			t += k.between
		}
		t = c.tried(t, k)
	}
	return min(t+k.then, never)
}

// tried is when a call that begins at t has an answer, or its last try was given up
// and the page has done what it does in its stead.
func (c *calls) tried(t int64, k *kind) int64 {
	for try := int32(1); ; try++ {
		end, givenUp := c.oneEnd(t)
		switch {
		case !givenUp:
			return end
		case try >= k.tries:
			return min(end+k.fallback, never)
		}
		t = end + k.pause
	}
}

// oneEnd is when one try ends, and whether it is given up.
func (c *calls) oneEnd(t int64) (end int64, givenUp bool) {
	end = min(t+c.well, never)
	for i := range c.faults {
		f := &c.faults[i]
		if f.from >= end && f.from > t { // as are all after it
			break
		}
		if t < f.to && f.from < f.to && f.befalls.draw() > 0 {
			end = max(end, min(t+f.hold, f.to+c.well, never))
		}
	}
	if limit := t + c.timeout; end > limit {
		return limit, true
	}
	return end, false
}
