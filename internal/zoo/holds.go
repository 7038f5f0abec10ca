package zoo

import (
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
)

// A rate holds when the queue does not grow and nobody is turned away. It is
// watched for holdWatch after holdSettle, during which it fills.
const (
	holdSettle = 10 * time.Second
	holdWatch  = 30 * time.Second
	holdPart   = 10 * time.Second // over which the requests in the site are averaged
)

// Holds reports whether the site would hold the rate while the dependency hangs,
// if each try of a call to it had that timeout, and no other. The site is
// simulated so for forty seconds, with even arrivals, nothing left to chance and an
// accept queue without end: what a small queue loses by chance, close to the
// capacity, is not counted.
func (t *Truth) Holds(dependency int, timeout time.Duration, hz float64) bool {
	return t.asSent().limited(dependency, timeout).carries(t.Plan, hz, Hanging(t.Site.Dependencies[dependency].Name, 0, holdSettle+holdWatch))
}

// Carries reports whether the site as it is holds the rate without a fault.
func (t *Truth) Carries(hz float64) bool { return t.asSent().carries(t.Plan, hz) }

// HoldsWith is Holds with another number of workers in the first pool, and the
// timeouts that the site has.
func (t *Truth) HoldsWith(workers, dependency int, hz float64) bool {
	return t.withWorkers(workers).carries(t.Plan, hz, Hanging(t.Site.Dependencies[dependency].Name, 0, holdSettle+holdWatch))
}

// CarriesWith is Carries with another number of workers in the first pool.
func (t *Truth) CarriesWith(workers int, hz float64) bool {
	return t.withWorkers(workers).carries(t.Plan, hz)
}

func (t *Truth) withWorkers(n int) *Site {
	changed := t.asSent()
	changed.Pools = slices.Clone(changed.Pools)
	changed.Pools[0].Workers = n
	return changed
}

// Queued is how many requests queued at most in [from, to).
func (t *Truth) Queued(from, to time.Duration) (most int) {
	for _, s := range t.States {
		if from <= s.At && s.At < to {
			most = max(most, s.Queue)
		}
	}
	return most
}

// WellFrom is the first moment after from at which no more than usual queue, from
// which on no error comes until to.
func (t *Truth) WellFrom(from, to time.Duration, usual int) (at time.Duration, ok bool) {
	last := from
	for _, s := range t.Spans {
		if s.From < to {
			last = max(last, min(s.To, to))
		}
	}
	for _, s := range t.States {
		if s.At >= last && s.At <= to && s.Queue <= usual {
			return s.At, true
		}
	}
	return 0, false
}

// Budget is the longest timeout on the dependency that holds the rate, to a
// hundredth, up to most; 0 when none does.
func (t *Truth) Budget(dependency int, hz float64, most time.Duration) time.Duration {
	return bisect(most, func(timeout time.Duration) bool { return t.Holds(dependency, timeout, hz) })
}

// CapacityHz is the highest rate of the mix that the site carries when all is
// well, to a hundredth, up to most.
func (t *Truth) CapacityHz(most float64) float64 {
	scale := float64(time.Hour) / most
	return float64(bisect(time.Hour, func(d time.Duration) bool { return t.Carries(float64(d) / scale) })) / scale
}

// asSent is the site with the mix of requests that the run happened to send,
// which is what it can tell of; of visits with that of whole ones, since a site that
// holds is sent all their steps.
func (t *Truth) asSent() *Site {
	changed := *t.Site
	if t.Plan.Visits != nil {
		changed.Pages = t.Plan.asVisited(t.Site.Pages)
		for i := range changed.Pages {
			changed.Pages[i].Session = NoSession // a visitor does one thing at a time
		}
		return &changed
	}
	changed.Pages = slices.Clone(t.Site.Pages)
	request := 0
	for i := range changed.Pages {
		if p := &changed.Pages[i]; p.Weight > 0 {
			p.Weight = max(t.Sent[request], 1)
			request++
		}
	}
	return &changed
}

// bisect finds the largest value that holds, to a hundredth of it.
func bisect(most time.Duration, holds func(time.Duration) bool) time.Duration {
	low, high := time.Duration(0), most
	if holds(most) {
		return most
	}
	for high-low > max(low/100, most/10000) {
		if middle := (low + high) / 2; holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// limited is the site with another timeout on its calls to the dependency.
func (s *Site) limited(dependency int, timeout time.Duration) *Site {
	changed := *s
	changed.Pages = slices.Clone(s.Pages)
	for i := range changed.Pages {
		p := &changed.Pages[i]
		p.Calls = slices.Clone(p.Calls)
		for k := range p.Calls {
			if p.Calls[k].To == dependency {
				p.Calls[k].Timeout, p.Calls[k].Connect = timeout, 0
			}
		}
	}
	return &changed
}

// carries reports whether the rate holds under the faults.
func (s *Site) carries(as Plan, hz float64, faults ...configs.Fault) bool {
	quiet := *s
	quiet.Logs, quiet.Busy = Logs{}, 0
	quiet.Pools = slices.Clone(s.Pools)
	for i := range quiet.Pools {
		quiet.Pools[i].Backlog, quiet.Pools[i].DownFrom = 1<<20, 0
	}
	plan := Plan{Seed: as.Seed, Arrivals: configs.Uniform, Patience: time.Hour,
		Phases: []configs.Phase{{Name: "hold", Duration: holdSettle + holdWatch, Rate: &configs.Rate{From: hz, To: hz}, Faults: faults}}}
	w := newWorld(&quiet, plan, as.Seed)
	w.even = true
	w.run()
	bad := 0
	for _, f := range w.fates {
		if f.over && f.cause != NoCause && f.cause != AppError {
			bad++
		}
	}
	if 100*bad > len(w.fates) {
		return false
	}
	first, last := w.inside(holdSettle, holdSettle+holdPart), w.inside(holdSettle+holdWatch-holdPart, holdSettle+holdWatch)
	return last-first <= 1 // request more: nothing is left to chance, so that is growth
}

// inside is how many requests were in the site, on the average of a stretch.
func (w *world) inside(from, to time.Duration) float64 {
	sum, n := 0, 0
	for _, s := range w.state {
		if from <= s.At && s.At < to {
			sum, n = sum+s.Busy+s.Queue, n+1
		}
	}
	return float64(sum) / float64(max(n, 1))
}
