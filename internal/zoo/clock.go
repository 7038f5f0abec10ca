package zoo

import (
	"container/heap"
	"iter"
	"math"
	"time"
)

// forever is a wait that nothing ends but what is waited for.
const forever = time.Duration(math.MaxInt64)

// clock runs events in the order of their times, those of one time in the order
// in which they were set.
type clock struct {
	now    time.Duration
	events events
	count  uint64
	begun  int
	alive  map[*process]struct{}
}

// event is something that will be done at a time.
type event struct {
	at    time.Duration
	count uint64
	do    func() // nil: cancelled
}

// after has do called d from now.
func (c *clock) after(d time.Duration, do func()) *event { return c.at(c.now+max(d, 0), do) }

// at has do called at that time, or now if it is over.
func (c *clock) at(t time.Duration, do func()) *event {
	c.count++
	e := &event{max(t, c.now), c.count, do}
	heap.Push(&c.events, e)
	return e
}

// each has do called every so often, first after that time.
func (c *clock) each(first, period time.Duration, do func()) {
	c.after(first, func() {
		do()
		c.each(period, period, do)
	})
}

// cancel has the event not be done. A nil event is none.
func (e *event) cancel() {
	if e != nil {
		e.do = nil
	}
}

// run does all events until that time, or until there are none.
func (c *clock) run(until time.Duration) {
	for len(c.events) > 0 && c.events[0].at <= until {
		e := heap.Pop(&c.events).(*event)
		if e.do != nil {
			c.now = e.at
			e.do()
		}
	}
}

// end ends the processes that are left, so that none outlives its run.
func (c *clock) end() {
	for p := range c.alive {
		p.stop()
	}
}

type events []*event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].count < e[j].count
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(*event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return x
}

// process is straight code that takes virtual time: a worker, or one of several
// calls that are made at once.
type process struct {
	clock  *clock
	next   func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	number int // of those begun
	killed bool
	over   bool
}

// dead is what a process that is killed panics with, to leave by its deferred calls.
type dead struct{}

// begin starts a process at this moment.
func (c *clock) begin(do func(p *process)) *process {
	c.begun++
	p := &process{clock: c, number: c.begun}
	p.next, p.stop = iter.Pull(func(yield func(struct{}) bool) {
		p.yield = yield
		defer func() {
			if v := recover(); v != nil && v != any(dead{}) {
				panic(v)
			}
		}()
		do(p)
	})
	c.alive[p] = struct{}{}
	c.after(0, p.resume)
	return p
}

// resume lets the process go on until it parks again or has ended.
func (p *process) resume() {
	if p.over {
		return
	}
	if _, more := p.next(); !more {
		p.over = true
		delete(p.clock.alive, p)
	}
}

// park waits until somebody resumes the process.
func (p *process) park() {
	if !p.yield(struct{}{}) || p.killed {
		panic(dead{})
	}
}

// kill ends the process where it waits. It must not be called by itself.
func (p *process) kill() {
	p.killed = true
	p.resume()
}

// sleep takes so long.
func (p *process) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	p.clock.after(d, p.resume)
	p.park()
}

// signal is fired once, and wakes the one process that waits for it.
type signal struct {
	fired  bool
	waiter *process
}

// fire wakes who waits, now or later.
func (s *signal) fire() {
	if s.fired {
		return
	}
	s.fired = true
	if s.waiter != nil {
		s.waiter.clock.after(0, s.waiter.resume)
	}
}

// await waits for the signal, up to limit, and reports whether it came.
func (p *process) await(s *signal, limit time.Duration) bool {
	if s.fired || limit <= 0 {
		return s.fired
	}
	s.waiter = p
	var timer *event
	if limit < forever-p.clock.now {
		timer = p.clock.after(limit, func() {
			if !s.fired {
				s.waiter = nil
				p.resume()
			}
		})
	}
	defer timer.cancel()
	p.park()
	return s.fired
}
