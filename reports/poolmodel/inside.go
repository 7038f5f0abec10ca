package poolmodel

import (
	"errors"
	"math"
	"time"
)

// Inside is what requests share inside the site, of which there are only so many:
// connections to the dependency, or the lock of a session. Who finds none left waits
// for one, and its worker with it. A page that requests one of its own site takes none.
type Inside struct {
	Places int  // 0: there is nothing of the kind
	Whole  bool // a request keeps its place all the time, as the lock of a session; else from its first call on, as a connection
}

func (in Inside) validate() error { return whole("places inside", in.Places, 0, MaxWorkers) }

// Others are visitors who are not counted, and come evenly, for as long as those do
// who are.
type Others struct {
	RateHz   float64 // 0: there are none
	ServiceS float64 // how long each holds a worker
}

func (o Others) validate() error {
	return errors.Join(within("rate of others", o.RateHz, MaxOthersHz, "/s"), within("service time of others", o.ServiceS, MaxSeconds, "s"))
}

// MaxOthersHz is how many others may come a second.
const MaxOthersHz = 1e4

// inside is the state of Inside.
type inside struct {
	limited, whole bool
	free           int
	waiting        ring[held]
}

// held is a request that waits for a place, or has one, as long as its slot is still its own.
type held struct {
	req int32
	gen uint32
}

func newInside(in Inside) inside {
	return inside{limited: in.Places > 0, whole: in.Whole, free: in.Places}
}

// take gives a request a place and has it go on, or makes its worker wait for one.
func (s *simulation) take(i int32) {
	r := &s.requests[i]
	if s.within.free == 0 {
		r.place = working
		s.within.waiting.push(held{i, r.gen})
		s.until(i, never, finish)
		return
	}
	s.within.free--
	s.enterPlace(i)
}

// enterPlace has a request go on with its place: with its own work, or with its calls.
func (s *simulation) enterPlace(i int32) {
	r := &s.requests[i]
	k := &s.kinds.each[r.kind]
	r.holds = true
	at := s.now
	if s.within.whole {
		at += s.ownWork(k)
	}
	s.until(i, s.calls.end(at, r.calls, k), finish)
}

// giveBack hands the place of a request that leaves to who has waited longest.
func (s *simulation) giveBack(i int32) {
	if !s.requests[i].holds {
		return
	}
	s.requests[i].holds = false
	for s.within.waiting.n > 0 {
		next := s.within.waiting.pop()
		if s.requests[next.req].gen == next.gen { // else it was killed
			s.enterPlace(next.req)
			return
		}
	}
	s.within.free++
}

// growth is a pool that starts workers when it has none to spare: one, then two,
// four, up to 32 a second (php-fpm's pm = dynamic).
type growth struct {
	left, spawn int
	next        int64
}

const mostSpawned = 32

func newGrowth(sc *Scenario) (idle int, g growth) {
	if sc.StartWorkers == 0 {
		return sc.Workers, growth{}
	}
	return sc.StartWorkers, growth{left: sc.Workers - sc.StartWorkers, spawn: 1, next: int64(time.Second)}
}

// due is when workers may be started next.
func (g *growth) due() int64 {
	if g.left == 0 {
		return never
	}
	return g.next
}

// grow starts the workers of one second, who take what is queued.
func (s *simulation) grow() {
	g := &s.growth
	g.next += int64(time.Second)
	if s.idle > 0 {
		g.spawn = 1
		return
	}
	n := min(g.spawn, g.left)
	g.left, g.spawn = g.left-n, min(2*g.spawn, mostSpawned)
	for range n {
		s.idle++
		if s.queue.n > 0 {
			s.begin(s.queue.pop())
		}
	}
}

// others are the state of Others.
type others struct {
	gap     float64 // ns between two; 0: there are none
	n       float64
	service int64
}

func newOthers(o Others) others {
	if o.RateHz <= 0 {
		return others{}
	}
	return others{gap: float64(time.Second) / o.RateHz, service: nanos(o.ServiceS)}
}

// due is when the next of them comes.
func (o *others) due() int64 {
	if o.gap == 0 {
		return never
	}
	return int64(min(math.Round(o.n*o.gap), float64(never)))
}

// visitOther lets one of the others arrive now.
func (s *simulation) visitOther() {
	s.others.n++
	s.knock(s.enter(another))
}
