package chaos

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Who ended a connection first.
const (
	bySite       = "site"
	byDependency = "dependency"
	byFault      = "fault"
	byEnd        = "end"
)

// firstByteWithin is how long a fault that cuts new connections at once waits
// for their first byte, so that it can count the request that it cuts.
const firstByteWithin = 100 * time.Millisecond

// goodbyeWithin is how soon the site ends a connection behind a message that
// wants no answer, such as MySQL's QUIT. A client that gives up on an answer has waited longer.
const goodbyeWithin = 20 * time.Millisecond

// connState is what the proxy knows about a connection. It belongs to conn.mu.
//
// A request begins with the site's first bytes, or with its first bytes after an
// answer. It is outstanding until the first byte of its answer is handed to the
// site's socket. These are no requests of their own:
//   - a greeting: where the dependency speaks first, as MySQL does, the site
//     waits for it from the opening on, and a fault can hold it like an answer;
//   - a TLS handshake: it is part of the request behind it, see tlsRecords;
//   - a goodbye: the site ends the connection right behind it.
type connState struct {
	fault    *fault // in force on this connection, or nil
	first    *fault // the first of this Play that was in force on it
	later    []int  // the indexes of those that came after it
	timer    *time.Timer
	freed    chan struct{} // closed when the fault lets the connect go on
	onByte   bool          // cut at the next byte
	closed   time.Time
	closedBy string // "" while open

	bytesUp, bytesDown, requests int64
	tls                          *tlsRecords // nil: it is spoken to in the clear

	midway      int64 // the request that was outstanding when the fault came; 0 is none
	outstanding bool
	greeting    bool          // what is outstanding is a greeting
	calling     bool          // usage counts it as waiting
	began       time.Time     // of the latest request; of a greeting, the opening
	caught      *fault        // what is outstanding waits because of it; nil is none
	over        wait          // the latest that has ended, until it is recorded
	wasCaught   bool          // first has caught something
	waiting     bool          // it still waited because of first when the connection was ended
	held        time.Duration // the longest that a request caught by first waited
}

// enter puts the fault in force on the connection, if that is in the fault's share.
func (c *conn) enter(f *fault, isNew bool) {
	if !f.onConnections(isNew) || !f.draws(c.id) {
		return
	}
	c.mu.Lock()
	if c.closedBy != "" {
		c.mu.Unlock()
		return
	}
	c.fault = f
	f.connections.Add(1)
	if c.first == nil {
		c.first = f
	} else {
		c.later = append(c.later, f.index)
	}
	c.midway = 0
	if c.outstanding {
		c.midway = c.requests
	}
	if c.outstanding && f.counts == countBegun {
		c.hold(f)
	}
	if f.connect != nil && isNew {
		c.holdConnect(f)
		c.mu.Unlock()
		return
	}
	now := f.cut != nil && f.after == 0 && !isNew
	if f.cut != nil && !now {
		wait := f.after
		if wait == 0 {
			c.onByte, wait = true, firstByteWithin
		}
		c.timer = time.AfterFunc(wait, func() { c.cutBy(f) })
	}
	c.mu.Unlock()
	if now {
		c.cutBy(f)
	}
	if f.up != nil {
		c.flows[up].set(f.up)
	}
	if f.down != nil {
		c.flows[down].set(f.down)
	}
}

// leave takes the fault off the connection, whether or not it was on it.
func (c *conn) leave(f *fault) {
	c.mu.Lock()
	if c.fault == f {
		c.fault, c.onByte = nil, false
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.freed != nil {
		close(c.freed)
		c.freed = nil
	}
	c.mu.Unlock()
	for dir := range c.flows {
		if !c.flows[dir].passes() {
			c.flows[dir].set(nil)
		}
	}
}

// passes reports whether no fault is on the connection.
func (c *conn) passes() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault == nil && c.flows[up].passes() && c.flows[down].passes()
}

// cutBy ends the connection as the fault wants it, if the fault is still in force on it.
func (c *conn) cutBy(f *fault) {
	c.mu.Lock()
	if c.fault != f || c.closedBy != "" {
		c.mu.Unlock()
		return
	}
	if c.outstanding {
		c.hold(f)
	}
	c.endedBy(byFault)
	c.mu.Unlock()
	c.proxy.rec.ended(c)
	f.cut(c)
}

// noteEnd notes who ended the connection, and when.
func (s *connState) noteEnd(by string, at time.Time) {
	s.closedBy, s.closed = by, at
	s.waiting = s.caught != nil && s.caught == s.first
	s.release(by, at)
}

// endedBy notes who ended the connection first, and that its call has ended. conn.mu is locked.
func (c *conn) endedBy(by string) {
	if c.closedBy != "" {
		return
	}
	c.noteEnd(by, time.Now())
	c.hangUp(c.closed)
	c.settle()
	c.proxy.usage.closed()
}

// end notes who ended the connection, if nobody has before, and records it.
func (c *conn) end(by string) {
	left := by == bySite || by == byDependency && hasLeft(c.site) // the dependency may act on a goodbye before we have seen the site leave
	c.mu.Lock()
	if left && c.closedBy == "" && c.outstanding && c.requests > 1 && time.Since(c.began) < goodbyeWithin {
		c.takeBack()
	}
	c.endedBy(by)
	c.mu.Unlock()
	c.proxy.rec.ended(c)
}

// met reports whether a fault was ever in force on the connection.
func (c *conn) met() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first != nil
}

// takeRecord returns the connection as the journal keeps it, and its last wait if that
// is not recorded yet, with times since t0. A connection that is still open
// counts as ended now, by the Play's end.
func (c *conn) takeRecord(t0 time.Time) (*journal.Connection, *journal.Wait) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.connState // a copy: the connection may go on
	if s.closedBy == "" {
		s.noteEnd(byEnd, time.Now())
	}
	r := &journal.Connection{ID: c.id, Dependency: c.proxy.dep.Name,
		OpenedNS: int64(c.opened.Sub(t0)), ClosedNS: int64(s.closed.Sub(t0)), ClosedBy: s.closedBy,
		Requests: s.requests, BytesUp: s.bytesUp, BytesDown: s.bytesDown}
	if s.first != nil {
		r.Fault, r.LaterFaults = &s.first.index, s.later
	}
	if s.wasCaught {
		ns := int64(s.held)
		r.HeldNS, r.Waiting = &ns, s.waiting
	}
	c.over = wait{}
	return r, s.over.record(c, t0)
}
