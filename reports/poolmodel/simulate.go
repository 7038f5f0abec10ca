package poolmodel

import (
	"errors"
	"fmt"
	"iter"
	"time"
)

// MaxInside is how many requests may be inside at once, and MaxArrivals how
// many may come in one simulation: they bound its memory and its time.
const (
	MaxInside   = 1 << 20
	MaxArrivals = 1e9
)

// ErrTooMany is wrapped by the error of a simulation that has met MaxInside or MaxArrivals.
var ErrTooMany = errors.New("too many requests to simulate")

// Simulate plays the scenario on visitors who arrive at the times given, and
// follows each until it has its answer and no worker is busy with it, or the
// horizon is met. Arrivals must not go back in time: one that does counts as
// arriving with the one before. At one instant workers finish first, then who
// waits gives up, then requests come in.
//
// It is deterministic: the same scenario and arrivals give the same result.
// Memory grows with the seconds played and the most requests inside at once.
func Simulate(sc Scenario, arrivals iter.Seq[time.Duration]) (*Result, error) {
	if err := sc.Validate(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	s := newSimulation(sc)
	for at := range arrivals {
		if int64(at) >= s.horizon {
			break
		}
		if s.inside() >= MaxInside || s.res.Arrived >= MaxArrivals {
			return nil, fmt.Errorf("simulate: %w: %d inside at %v; lower the rate, the queue slots or the timeouts", ErrTooMany, s.inside(), at)
		}
		s.play(int64(at))
		s.visit()
	}
	s.ending = true
	s.play(s.horizon - 1)
	s.res.Unanswered, s.res.Self.Unanswered = int64(s.waiting), s.selfWaiting
	return s.res, nil
}

// simulation is a scenario being played.
type simulation struct {
	times
	slots, idle int
	busy        int
	tcp         bool
	pages       chance
	kinds       kinds
	calls       calls
	within      inside
	growth      growth
	others      others
	contention  float64
	tries       int  // of the gateway
	ending      bool // no visitor comes any more
	now         int64
	second      int64 // how long one of res.Seconds lasts
	nextSecond  int64
	order       uint64
	requests    []request
	free        []int32
	queue       ring[int32]
	workers     heap
	timers      [timers]ring[timer]
	waiting     int // visitors
	selfWaiting int64
	res         *Result
}

func newSimulation(sc Scenario) *simulation {
	second := int64(time.Second)
	if sc.SecondS > 0 {
		second = max(nanos(sc.SecondS), int64(time.Millisecond))
	}
	idle, growth := newGrowth(&sc)
	return &simulation{
		second: second,
		times:  sc.times(), slots: sc.QueueSlots, idle: idle, tcp: sc.TCP,
		pages: newChance(sc.SelfShare, sc.Seed, pagesStream), kinds: newKinds(&sc), calls: newCalls(&sc),
		within: newInside(sc.Inside), growth: growth, others: newOthers(sc.Others), contention: sc.Contention, tries: sc.GatewayTries,
		res: &Result{First502: none(), First504: none(), Seconds: make([]Second, 0, 64)},
	}
}

func (s *simulation) inside() int { return len(s.requests) - len(s.free) }

// play plays all that happens up to and including a time.
func (s *simulation) play(until int64) {
	for {
		at, kind := s.soonest()
		if s.aside(min(at, until+1)) {
			continue
		}
		if at > until {
			break
		}
		s.tick(at)
		if kind < 0 {
			s.work(s.workers.pop())
		} else {
			s.ring(kind, s.timers[kind].pop())
		}
	}
	s.now = max(s.now, until)
}

// aside plays what is due before then and no request of a visitor's does: workers
// that are started, and others who come. It reports whether something was.
func (s *simulation) aside(before int64) bool {
	grow, other := s.growth.due(), s.others.due()
	if s.ending && s.waiting == 0 {
		other = never
	}
	at := min(grow, other)
	if at >= before {
		return false
	}
	s.tick(at)
	if grow <= other {
		s.grow()
	} else {
		s.visitOther()
	}
	return true
}

// soonest returns when something happens next, and the kind of its timer, or
// -1 for a worker's step, which goes first at equal times.
func (s *simulation) soonest() (at int64, kind int) {
	at, kind = never, -1
	if len(s.workers) > 0 {
		at = s.workers[0].at
	}
	for k := range s.timers {
		r := &s.timers[k]
		for r.n > 0 && s.void(k, r.head()) {
			r.pop()
		}
		if r.n > 0 && r.head().at < at {
			at, kind = r.head().at, k
		}
	}
	return at, kind
}

// void says that a timer's request no longer waits for it.
func (s *simulation) void(kind int, t *timer) bool {
	r := &s.requests[t.req]
	return r.gen != t.gen || !r.waits || kind >= connectTimer && r.place != connecting
}

// tick moves the clock on, and the seconds with it.
func (s *simulation) tick(at int64) {
	s.now = max(s.now, at)
	for s.now >= s.nextSecond {
		s.nextSecond += s.second
		s.res.Seconds = append(s.res.Seconds, Second{InFlight: s.waiting, Busy: s.busy, Queued: s.queue.n})
	}
}

// visit lets a visitor arrive now.
func (s *simulation) visit() {
	s.tick(s.now)
	s.res.Arrived++
	second := &s.res.Seconds[len(s.res.Seconds)-1]
	second.Arrived++
	kind := int32(0)
	if s.kinds.early {
		if kind = s.kinds.draw(); s.kinds.each[kind].static {
			s.res.answered(ok, s.now, s.now)
			return
		}
	}
	i := s.enter(noParent)
	s.requests[i].kind = kind
	s.waiting++
	second.InFlight = max(second.InFlight, s.waiting)
	s.set(clientTimer, i, s.client)
	s.knock(i)
}

func (s *simulation) enter(parent int32) int32 {
	var i int32
	if n := len(s.free); n > 0 {
		i, s.free = s.free[n-1], s.free[:n-1]
	} else {
		i = int32(len(s.requests))
		s.requests = append(s.requests, request{})
	}
	r := &s.requests[i]
	*r = request{arrived: s.now, gen: r.gen, turn: r.turn, parent: parent, waits: true}
	if parent >= 0 {
		r.parents = s.requests[parent].gen
	}
	return i
}

// leave forgets a request: it is answered and nobody works on it.
func (s *simulation) leave(i int32) {
	r := &s.requests[i]
	r.gen++
	r.turn++
	s.free = append(s.free, i)
}

// set sets a timer, unless it never rings.
func (s *simulation) set(kind int, i int32, after int64) {
	if after == never {
		return
	}
	r := &s.timers[kind]
	if r.n == len(r.items) { // before it grows: void ones behind one that lasts
		r.keep(func(t *timer) bool { return !s.void(kind, t) })
		if r.n > len(r.items)/2 { // or it would soon be here again
			r.grow()
		}
	}
	r.push(timer{at: s.now + after, req: i, gen: s.requests[i].gen})
}

// knock brings a request to the pool's socket. The gateway waits for the
// answer from when it is connected.
func (s *simulation) knock(i int32) {
	switch {
	case s.idle > 0:
		s.set(gatewayTimer, i, s.gateway)
		s.begin(i)
	case s.queue.n < s.slots:
		s.set(gatewayTimer, i, s.gateway)
		s.requests[i].place = queued
		s.queue.push(i)
		second := &s.res.Seconds[len(s.res.Seconds)-1]
		second.Queued = max(second.Queued, s.queue.n)
	case !s.tcp:
		s.answer(i, badGateway)
		s.leave(i)
	default:
		s.later(i)
	}
}

// later has the kernel send the dropped SYN again: see linearRetries.
func (s *simulation) later(i int32) {
	r := &s.requests[i]
	if r.retries == 0 {
		s.set(connectTimer, i, s.connect)
	}
	doubled := int(r.retries - min(r.retries, s.linear))
	if kind := retryTimer + doubled; kind < timers {
		s.set(kind, i, int64(time.Second)<<doubled)
		r.retries++
	}
}

// ring rings a timer that is not void.
func (s *simulation) ring(kind int, t timer) {
	switch kind {
	case gatewayTimer:
		if s.again(t.req) {
			return
		}
		s.answer(t.req, gatewayTimeout)
	case clientTimer, selfTimer:
		s.answer(t.req, clientTimeout)
	case connectTimer:
		s.answer(t.req, gatewayTimeout)
	default:
		s.knock(t.req)
		return
	}
	// What is in the queue or at a worker runs all the same; a SYN is sent no more.
	if s.requests[t.req].place == connecting {
		s.leave(t.req)
	}
}

// again has the gateway ask another server, which is the same pool: a worker goes on
// with the first request, for nobody. It is false when all were asked.
func (s *simulation) again(i int32) bool {
	first := s.requests[i]
	if int(first.tries)+1 >= s.tries || first.parent != noParent {
		return false
	}
	s.requests[i].waits = false
	next := s.enter(noParent)
	r := &s.requests[next]
	r.arrived, r.kind, r.tries = first.arrived, first.kind, first.tries+1
	s.knock(next)
	return true
}

// answer ends the wait for a request. A page that waited for it goes on with its calls.
func (s *simulation) answer(i int32, o outcome) {
	r := &s.requests[i]
	if !r.waits {
		return
	}
	r.waits = false
	switch r.parent {
	case another:
		return
	case noParent:
		s.waiting--
		s.res.answered(o, s.now, r.arrived)
		return
	}
	s.selfWaiting--
	s.res.Self.add(o)
	if page := &s.requests[r.parent]; page.gen == r.parents && page.place == calling {
		page.place = working
		s.until(r.parent, s.calls.end(s.now, page.calls, &s.kinds.each[page.kind]), finish)
	}
}
