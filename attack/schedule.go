// Package attack drives the traffic: it says when each hit is due, sends it
// through Vegeta exactly once, and tells how it ended. Vegeta's types do not
// leave it.
package attack

import (
	"math"
	"sort"
	"time"

	"github.com/tailback/tailback/configs"
)

// Schedule says when each hit of a run of consecutive open phases is due. It is
// a pure function of the phases, the arrivals and the seed.
//
// With the arrival rate r(t), the expected number of hits until t is
//
//	A(t) = ∫ r(u) du, from the first phase's start to t
//
// and hit k is due at A⁻¹(k), the first moment after which A exceeds k, for
// uniform arrivals, or at A⁻¹(Sₖ) for Poisson arrivals, Sₖ being the k-th
// arrival of a Poisson process of rate 1 (time rescaling: Çınlar, Introduction
// to Stochastic Processes, 1975, ch. 4.7). Fractions of a hit carry over the
// boundaries of phases, and phases are half-open: [start, end).
type Schedule struct {
	segments []segment
	unit     func(k uint64) float64 // Sₖ, or k itself
}

// segment is a stretch in which the rate is linear in time.
type segment struct {
	phase      int32
	start      time.Duration // since T0
	end        time.Duration
	rate0      float64 // per second at start
	rate1      float64 // per second just before end
	due0, due1 float64 // A at start and end
}

// NewSchedule lays out phases, all open, the first of which has this index and
// starts at this time since T0.
func NewSchedule(phases []configs.Phase, first int, start time.Duration, arrivals string, seed uint64) *Schedule {
	s := &Schedule{unit: func(k uint64) float64 { return float64(k) }}
	if arrivals == configs.Poisson {
		s.unit = newPoisson(seed).arrival
	}
	for i, p := range phases {
		s.addPhase(int32(first+i), start, p)
		start += p.Duration
	}
	return s
}

func (s *Schedule) addPhase(phase int32, start time.Duration, p configs.Phase) {
	end, r := start+p.Duration, *p.Rate
	if r.Step == 0 {
		s.add(segment{phase: phase, start: start, end: end, rate0: r.From, rate1: r.To})
		return
	}
	for rate := r.From; start < end; start += r.Every {
		stop := min(start+r.Every, end)
		if rate == r.To {
			stop = end
		}
		s.add(segment{phase: phase, start: start, end: stop, rate0: rate, rate1: rate})
		switch {
		case rate == r.To:
			return
		case rate < r.To:
			rate = min(rate+r.Step, r.To)
		default:
			rate = max(rate-r.Step, r.To)
		}
	}
}

// MeanRate returns the phase's mean arrival rate, per second.
func (s *Schedule) MeanRate(phase int32) float64 {
	var hits, seconds float64
	for _, g := range s.segments {
		if g.phase == phase {
			hits += (g.rate0 + g.rate1) / 2 * (g.end - g.start).Seconds()
			seconds += (g.end - g.start).Seconds()
		}
	}
	return hits / seconds
}

func (s *Schedule) add(g segment) {
	if n := len(s.segments); n > 0 {
		g.due0 = s.segments[n-1].due1
	}
	g.due1 = snap(g.due0 + (g.rate0+g.rate1)/2*(g.end-g.start).Seconds())
	s.segments = append(s.segments, g)
}

// snap rounds a count that is a whole number but for floating-point error, so
// that a hit due exactly at a boundary falls on its right side.
func snap(x float64) float64 {
	if r := math.Round(x); math.Abs(x-r) < 1e-9*max(1, r) {
		return r
	}
	return x
}

// Due returns when hit k is due, since T0, and in which phase; ok is false when
// the schedule has no hit k.
func (s *Schedule) Due(k uint64) (due time.Duration, phase int32, ok bool) {
	a := s.unit(k)
	i := sort.Search(len(s.segments), func(i int) bool { return s.segments[i].due1 > a })
	if i == len(s.segments) {
		return 0, 0, false
	}
	return s.segments[i].at(a), s.segments[i].phase, true
}

// at returns when A reaches a, which lies in [due0, due1). With the slope c of
// the rate, a - due0 = rate0·t + c·t²/2, solved in the form that loses no
// digits when c is near 0.
func (g segment) at(a float64) time.Duration {
	x := a - g.due0
	c := (g.rate1 - g.rate0) / (g.end - g.start).Seconds()
	root := math.Sqrt(max(0, g.rate0*g.rate0+2*c*x))
	if g.rate0+root == 0 {
		return g.start
	}
	t := time.Duration(math.Round(2 * x / (g.rate0 + root) * 1e9))
	return min(g.start+t, g.end-1)
}

// Request implements timetable.
func (s *Schedule) Request(uint64) int32 { return byWeight }

// total returns the number of hits due in all phases.
func (s *Schedule) total() uint64 { return s.before(s.segments[len(s.segments)-1].due1) }

// Hits returns the number of hits due in the phase.
func (s *Schedule) Hits(phase int32) uint64 {
	from, to := math.Inf(1), 0.0
	for _, g := range s.segments {
		if g.phase == phase {
			from, to = min(from, g.due0), max(to, g.due1)
		}
	}
	return s.before(to) - s.before(min(from, to))
}

// before returns the number of hits whose arrival on the axis of A is less than a.
func (s *Schedule) before(a float64) uint64 {
	lo, hi := uint64(0), uint64(1)
	for s.unit(hi) < a {
		lo, hi = hi, hi*2
	}
	for lo < hi {
		mid := lo + (hi-lo)/2
		if s.unit(mid) < a {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
