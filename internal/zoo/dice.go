package zoo

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"github.com/tailback/tailback/configs"
)

// dice draw a site and a plan.
type dice struct{ *rand.Rand }

func newDice(kind string, seed uint64) dice {
	h := fnv.New64a()
	h.Write([]byte(kind))
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// ms draws a time of whole milliseconds.
func (d dice) ms(from, to int) time.Duration { return time.Duration(d.n(from, to)) * time.Millisecond }

// n draws a whole number, both ends included.
func (d dice) n(from, to int) int { return from + d.IntN(to-from+1) }

// in draws a number.
func (d dice) in(from, to float64) float64 { return from + d.Float64()*(to-from) }

// one reports true with that probability.
func (d dice) one(p float64) bool { return d.Float64() < p }

// arrivals are evenly spaced or Poisson, each half of the times.
func (d dice) arrivals() string {
	if d.one(0.5) {
		return configs.Poisson
	}
	return configs.Uniform
}

// logs draws which logs the site lets us read: in four of ten runs none.
func (d dice) logs(s *Site) {
	if d.one(0.4) {
		return
	}
	s.Logs = Logs{GatewayErrors: d.one(0.7), GatewayAccess: d.one(0.6), JSON: d.one(0.3)}
	if s.Pools[0].Server == PHPFPM {
		s.Logs.PHPAccess, s.Logs.Status = d.one(0.6), d.one(0.4)
		if d.one(0.2) {
			s.Logs.Slow = time.Duration(d.n(1, 3)) * time.Second
		}
	}
}

// machine draws how busy the machine is, mostly calm.
func (d dice) machine(s *Site) { s.Busy = math.Pow(d.Float64(), 3) }

// build is a site being drawn, with what its phases are made to fit.
type build struct {
	dice
	*Site
	*Plan
}

// service is the mean time that a request of the mix holds a worker when all is
// well, seconds, without what is noise.
func (b build) service() float64 {
	var sum, all float64
	for _, p := range b.Site.Pages {
		if p.Static || p.Weight == 0 {
			continue
		}
		sum += float64(p.Weight) * b.pageS(p)
		all += float64(p.Weight)
	}
	return sum / all
}

// asks is which share of the mix takes a worker.
func (b build) asks() float64 {
	var workers, all float64
	for _, p := range b.Site.Pages {
		all += float64(p.Weight)
		if !p.Static {
			workers += float64(p.Weight)
		}
	}
	return workers / all
}

// calling is how many calls a request that takes a worker makes.
func (b build) calling() float64 {
	var calls, all float64
	for _, p := range b.Site.Pages {
		if p.Static {
			continue
		}
		all += float64(p.Weight)
		for _, c := range p.Calls {
			calls += float64(p.Weight) * c.Share
		}
	}
	return calls / all
}

func (b build) pageS(p Page) float64 {
	sum := (p.Work.Mean + p.Then.Mean + p.Behind.Mean).Seconds()
	for i, c := range p.Calls {
		d := b.Site.Dependencies[c.To]
		one := c.Share * d.Delay.Seconds() * float64(max(d.RoundTrips, 1))
		if p.AtOnce && i > 0 {
			continue
		}
		if sum += one; i > 0 {
			sum += p.Between.Mean.Seconds()
		}
	}
	return sum
}

// capacity is how many requests of the mix a second the first pool serves.
func (b build) capacity() float64 {
	c := float64(b.Site.Pools[0].Workers) / b.service()
	if b.Site.Cores > 0 {
		c = min(c, float64(b.Site.Cores)/b.service())
	}
	return c / b.asks()
}

// inside is how many requests fit into the first pool.
func (b build) inside() float64 { return float64(b.Site.Pools[0].Workers + b.Site.Pools[0].Slots()) }

// phase adds one. Its length is rounded up to half a second, its rate to a tenth.
func (b build) phase(name string, seconds, hz float64, faults ...configs.Fault) {
	length := time.Duration(math.Ceil(seconds*2)) * time.Second / 2
	b.Plan.Phases = append(b.Plan.Phases, configs.Phase{Name: name, Duration: length, Rate: constant(hz), Faults: faults})
}

// constant is a rate of tenths.
func constant(hz float64) *configs.Rate {
	hz = max(math.Round(hz*10)/10, 0.1)
	return &configs.Rate{From: hz, To: hz}
}

// calm is long enough to see what a request takes: 30 hits at least.
func (b build) calm(hz float64) { b.phase("baseline", max(6, 30/hz), hz) }

// hanging has the dependency hang until workers and queue are full and for some
// time more, at that rate, and then recover. It returns how long it hangs.
func (b build) hanging(dependency string, hz float64) time.Duration {
	calls := hz * b.asks()
	full := float64(b.Site.Pools[0].Workers)/(calls*b.calling()) + float64(b.Site.Pools[0].Slots())/calls
	length := time.Duration(math.Ceil(2*max(full+3, 6))) * time.Second / 2
	b.phase("hang", length.Seconds()+1, hz, Hanging(dependency, time.Second, length))
	b.phase("recovery", 2*b.inside()/b.capacity()+5, hz)
	return length
}
