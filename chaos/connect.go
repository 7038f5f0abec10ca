package chaos

import (
	"math"
	"time"
)

// connects says what a fault does to the site's connects through the egress. The
// egress makes and answers them itself, so the fault needs no port and no queue
// of the kernel's.
type connects struct {
	wait time.Duration // before the connect goes on, or fails
	err  error         // why it fails then; nil lets it go on
}

// untilLifted is the wait of a connect that is not answered at all.
const untilLifted = time.Duration(math.MaxInt64)

// holdConnect counts the connect as held: the site waits from the opening on, as
// for a dependency that speaks first. conn.mu is locked.
func (c *conn) holdConnect(f *fault) {
	c.freed = make(chan struct{})
	c.outstanding, c.greeting = true, true
	c.await(nil, c.opened)
	c.hold(f)
}

// hinder delays or fails the connect as the fault in force wants. It returns why
// the connect fails, or nil once it may go on. Lifting the fault lets it go on at once.
func (c *conn) hinder() error {
	c.mu.Lock()
	f, freed := c.fault, c.freed
	c.mu.Unlock()
	if f == nil || freed == nil {
		return nil
	}
	timer := time.NewTimer(f.connect.wait)
	defer timer.Stop()
	select {
	case <-freed:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	case <-timer.C:
		return f.connect.err
	}
}

// tellOpened tells a client of the egress that its host was reached, or not.
// Under a fault that withholds or cuts, the host counts as reached, like a
// dependency whose kernel accepts and whose process does not answer.
func (c *conn) tellOpened(err error) {
	c.mu.Lock()
	f := c.fault
	c.mu.Unlock()
	if f != nil && f.connect == nil {
		err = nil
	}
	if err == nil {
		c.answered() // the connect
	}
	c.call.Opened(err)
}
