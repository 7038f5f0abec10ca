package chaos

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// byAnswer: a wait has ended although its connection has not.
const byAnswer = "answer"

// wait is a request that a fault caught, once it is over. The zero wait is none.
type wait struct {
	fault        *fault
	began, ended time.Time
	by           string
}

// record returns the wait as the journal keeps it, with times since t0, or nil for none.
func (w wait) record(c *conn, t0 time.Time) *journal.Wait {
	if w.fault == nil {
		return nil
	}
	return &journal.Wait{Dependency: c.proxy.dep.Name, Connection: c.id, Fault: w.fault.index,
		BeganNS: int64(w.began.Sub(t0)), EndedNS: int64(w.ended.Sub(t0)), EndedBy: w.by}
}

// hold counts the latest request as held by the fault. The fault that caught it
// first keeps it. conn.mu is locked.
func (c *conn) hold(f *fault) {
	f.held.Add(1)
	if c.caught == nil {
		c.caught = f
	}
	c.wasCaught = c.wasCaught || f == c.first
}

// letGo unholds the latest request, which was none. conn.mu is locked.
func (c *conn) letGo() {
	if c.caught != nil {
		c.caught, c.wasCaught = nil, c.held > 0
	}
}

// release ends the wait of a request that was caught. conn.mu is locked.
func (s *connState) release(by string, at time.Time) {
	if s.caught == nil {
		return
	}
	if s.caught == s.first {
		s.held = max(s.held, at.Sub(s.began))
	}
	s.over = wait{s.caught, s.began, at, by}
	s.caught = nil
}

// unlockAndTell unlocks conn.mu and has the wait recorded that has just ended, if there is one.
func (c *conn) unlockAndTell() {
	over := c.over.fault != nil
	c.mu.Unlock()
	if over {
		c.proxy.rec.waited(c)
	}
}

// takeWait returns the wait that has ended and is not recorded yet, or nil.
func (c *conn) takeWait(t0 time.Time) *journal.Wait {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.over
	c.over = wait{}
	return w.record(c, t0)
}

// forgetFaults has the connections know nothing of the faults of an earlier Play.
func (p *proxy) forgetFaults() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.mu.Lock()
		c.first, c.later, c.caught, c.over = nil, nil, nil, wait{}
		c.wasCaught, c.waiting, c.held = false, false, 0
		c.mu.Unlock()
	}
}
