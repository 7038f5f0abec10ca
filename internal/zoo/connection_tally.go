package zoo

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Who ended a connection first.
const (
	bySite  = "site"
	byFault = "fault"
	byEnd   = "end"
)

// byAnswer: a wait has ended although its connection has not.
const byAnswer = "answer"

// end notes who ended the connection, if nobody has before.
func (c *connection) end(by string) {
	if c.closedBy != "" {
		return
	}
	if c.id == 0 { // the proxy never saw it
		c.closedBy = by
		return
	}
	c.noteEnd(by)
	c.timer.cancel()
	c.hangUp()
	c.usage.closed()
	delete(c.open, c)
	c.tell()
}

// await notes since when the site waits, and for whom.
func (c *connection) await(since time.Duration) {
	c.began = since
	if c.in != nil && c.in.countsBegun() {
		c.hold(c.in)
	}
}

// hold counts the latest request as held by the fault.
func (c *connection) hold(f *fault) {
	f.held++
	if c.caught == nil {
		c.caught = f
	}
	c.wasCaught = c.wasCaught || f == c.first
}

// noteEnd notes who ended the connection, and with it a wait.
func (c *connection) noteEnd(by string) {
	c.closedBy, c.closed = by, c.now
	c.waiting = c.caught != nil && c.caught == c.first
	c.release(by)
}

// release ends the wait of a request that was caught, and records it.
func (c *connection) release(by string) {
	f := c.caught
	if f == nil {
		return
	}
	c.caught = nil
	if f == c.first {
		c.heldFor = max(c.heldFor, c.now-c.began)
	}
	c.emit(journal.Event{Kind: journal.Waited, Wait: &journal.Wait{Dependency: c.cfg.Name, Connection: c.id, Fault: f.index,
		BeganNS: int64(c.began), EndedNS: int64(c.now), EndedBy: by}})
}

// hangUp ends the call, if there is one.
func (c *connection) hangUp() {
	if c.calling {
		c.calling = false
		c.usage.answered(c.now - c.began)
	}
}

// tell records the connection if a fault was ever in force on it.
func (c *connection) tell() {
	if c.first == nil {
		return
	}
	r := &journal.Connection{ID: c.id, Dependency: c.cfg.Name, OpenedNS: int64(c.opened), ClosedNS: int64(c.closed),
		ClosedBy: c.closedBy, Requests: c.requests, BytesUp: c.bytesUp, BytesDown: c.bytesOut, Fault: &c.first.index, LaterFaults: c.later}
	if c.wasCaught {
		ns := int64(c.heldFor)
		r.HeldNS, r.Waiting = &ns, c.waiting
	}
	c.emit(journal.Event{Kind: journal.ConnClosed, Connection: r})
}
