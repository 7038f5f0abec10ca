// Package search finds the highest rate that a site carries, in few trials. It
// is pure: it is told how each trial went, and says which to make next.
//
// It looks for an overload first, in short trials at four times the rate each.
// An overload of a few seconds shows the capacity C, the good answers per second
// while requests queue. What is left is to show that a rate just below C holds
// and one just above does not. Where the model misleads (the objective fails
// long before the workers are all busy, the service time grows with the load),
// steps that double and then bisection find the rate all the same.
package search

import "math"

const (
	// Tolerance is how far the lowest rate that fails may be above the highest
	// that holds, when the search is over.
	Tolerance = 0.05
	// MaxTrials ends a search that does not come to an end by itself.
	MaxTrials = 20

	below, above = 0.98, 1.025 // of C: where it is tried, a bracket of 4.6%
	factor       = 4           // from one short trial to the next
	// minGrowth is the growth of the queue, over the rate, from which on it
	// counts: half of what the trial just above C has.
	minGrowth = 0.01
)

// Plan is a trial to make.
type Plan struct {
	RateHz  float64
	Seconds float64 // of load
}

// Trial is how a trial went.
type Trial struct {
	Plan
	Met bool // the objective
	// GrowthHz is by how many requests the number in flight grew a second:
	// rate - C under overload, 0 below. GrowthErrHz is its standard error.
	GrowthHz, GrowthErrHz float64
	// CapacityHz is the good answers per second while requests queued; 0 when
	// they did not, or when it is not known.
	CapacityHz float64
	ServiceS   float64 // mean time from sending to a good answer; 0 when not known
}

// Growing reports whether the queue grew: beyond chance, and by enough to matter.
func (t Trial) Growing() bool {
	return t.GrowthHz > 2*t.GrowthErrHz && t.GrowthHz > minGrowth*t.RateHz
}

// Unsure reports whether the queue could have grown without it being seen.
func (t Trial) Unsure() bool {
	return t.Met && !t.Growing() && t.GrowthErrHz > 1.5*minGrowth*t.RateHz
}

// Held reports whether the site carried the rate: it met the objective, and
// would have for ever. Evenly spaced 8.4/s on a site of 8/s take 43 s to fill a
// queue of 17 (physics: the queue grows by rate - C), so that a short trial may
// well meet an objective that a longer one would not.
func (t Trial) Held() bool { return t.Met && !t.Growing() }

// Held reports whether the site carried a trial's rate. In a short trial of
// arrivals at random, or of the few at the lowest rate, the queue may well seem to grow
// by chance: then only the objective counts, and a longer trial tells.
func (s *Search) Held(t Trial) bool {
	return t.Held() || t.Met && !s.told(t) && (s.Poisson || t.RateHz <= s.From)
}

// Search is the search for one figure. Its fields don't change once it has begun.
type Search struct {
	From, To float64 // rates to stay within
	Poisson  bool    // arrivals at random: a trial takes longer to tell

	trials []Trial
}

// Tell adds a trial.
func (s *Search) Tell(t Trial) { s.trials = append(s.trials, t) }

// Trials are all that it was told of.
func (s *Search) Trials() []Trial { return s.trials }

// ceiling is a rate that no site of this capacity carries for ever. Arrivals at
// random may well meet an objective above it for a minute, while the queue is
// still filling, and then it is never served: a rate needs to be below C.
func (s *Search) ceiling() float64 {
	if c := s.capacity(); s.Poisson && c > 0 {
		return c * above
	}
	return math.Inf(1)
}

// Bracket returns the highest rate that held for long enough to count, 0 if none
// did, and the lowest that did not, or is known not to, +Inf if there is none.
func (s *Search) Bracket() (low, high float64) {
	high = s.ceiling()
	for _, t := range s.trials {
		if !s.Held(t) {
			high = min(high, t.RateHz)
		}
	}
	for _, t := range s.trials {
		if s.Held(t) && t.RateHz < high && s.told(t) {
			low = max(low, t.RateHz)
		}
	}
	return low, high
}

// Rate returns the figure: the capacity that the mildest overload showed, if the
// bracket holds it, else the highest rate that held.
func (s *Search) Rate() float64 {
	low, high := s.Bracket()
	if c := s.capacity(); !s.Poisson && c > low && c < high {
		return c
	}
	return low
}

// Done reports whether there is nothing more to try, and whether the bracket is
// then a finding: within tolerance, or at a bound.
func (s *Search) Done() (done, found bool) {
	low, high := s.Bracket()
	switch {
	case low >= s.To, high <= s.From, low > 0 && high <= low*(1+Tolerance):
		return true, true
	}
	return len(s.trials) >= MaxTrials, false
}

// Next returns the trial to make, when the search is not done.
func (s *Search) Next() Plan {
	if n := len(s.trials); n > 0 && !s.Poisson {
		last := s.trials[n-1]
		if long := s.long(last.RateHz); last.Unsure() && s.told(last) && last.Seconds < 2*long {
			return Plan{last.RateHz, 3 * long} // once more, for longer
		}
	}
	low, high := s.Bracket()
	if math.IsInf(high, 1) {
		return s.explore()
	}
	rate := s.aim(low, high)
	return Plan{rate, s.long(rate)}
}

// explore looks for a rate that fails.
func (s *Search) explore() Plan {
	if len(s.trials) == 0 {
		return Plan{s.From, s.short(s.From)}
	}
	last := s.trials[len(s.trials)-1].RateHz
	if last >= s.To {
		return Plan{s.To, s.long(s.To)}
	}
	rate := min(factor*last, s.To)
	return Plan{rate, s.short(rate)}
}

// aim chooses a rate between what holds and what does not.
func (s *Search) aim(low, high float64) float64 {
	within := func(rate float64) bool { return rate > max(low, s.From) && rate < high }
	c := s.capacity()
	if rate := c * below; within(rate) && low < rate {
		if high > c*above*1.001 || low == 0 {
			return rate
		}
	}
	if rate := c * above; low > 0 && within(rate) && rate <= low*(1+Tolerance)*1.001 {
		return rate
	}
	floor := max(low, s.From)
	if high <= floor*(1+Tolerance) {
		return floor // the lowest, for long enough to count
	}
	middle := math.Sqrt(floor * high)
	// Where the model is a little off, what is sought is near: steps that double.
	step := 1 + 0.9*Tolerance*math.Pow(2, float64(s.missed(c)))
	switch {
	case c > 0 && low >= c*below:
		return min(middle, low*step)
	case c > 0 && high <= c*above:
		return max(middle, high/step)
	}
	return middle
}

// missed counts the long trials that the model c was wrong about.
func (s *Search) missed(c float64) int {
	n := 0
	for _, t := range s.trials {
		if s.told(t) && (s.Held(t) && t.RateHz > c || !s.Held(t) && t.RateHz < c) {
			n++
		}
	}
	return n
}

// capacity returns C as the mildest overload showed it, 0 when none did.
func (s *Search) capacity() float64 {
	c, rate := 0.0, math.Inf(1)
	for _, t := range s.trials {
		if !s.Held(t) && t.CapacityHz > 0 && t.RateHz < rate {
			c, rate = t.CapacityHz, t.RateHz
		}
	}
	return c
}

// service returns the mean service time, seconds, of the first trial that
// shows one: that of a site at ease.
func (s *Search) service() float64 {
	for _, t := range s.trials {
		if t.ServiceS > 0 {
			return t.ServiceS
		}
	}
	return 0
}

// short is long enough to see an overload of twice the capacity: some service times.
func (s *Search) short(rate float64) float64 {
	return max(4, 6*s.service(), min(4/rate, 60))
}

// long is long enough for 2.5% above C to show: then 80 requests leave 2 more
// in flight than there were, or 10 service times a wait of a quarter of one.
// Arrivals at random need more to settle a p95.
func (s *Search) long(rate float64) float64 {
	if s.Poisson {
		return max(15, 500/rate, 50*s.service())
	}
	return max(8, 80/rate, 10*s.service())
}

// told reports whether a trial was long enough to count when it held.
func (s *Search) told(t Trial) bool { return t.Seconds >= 0.99*s.long(t.RateHz) }
