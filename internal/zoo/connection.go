package zoo

import (
	"time"
)

// The bytes of a call and of its answer, as of a small HTTP request.
const (
	callBytes   = 54
	answerBytes = 118
)

// connection is one of the site's to a dependency, as the proxy sees it. What it
// counts, and how, is package chaos's tally.
type connection struct {
	*dependency
	id     int64
	opened time.Duration
	in     *fault // in force on it
	first  *fault // the first that ever was
	later  []int  // the indexes of those after it
	come   *signal
	good   bool   // what came is an answer, and a good one
	timer  *event // the next that happens to what is under way
	onLift func() // what happens to it when the fault is lifted

	closedBy          string
	closed            time.Duration
	requests          int64
	bytesUp, bytesOut int64
	outstanding       bool
	greeting          bool
	calling           bool
	began             time.Duration
	caught            *fault // what is outstanding waits because of it
	wasCaught         bool
	waiting           bool
	heldFor           time.Duration
}

// accept opens a connection.
func (d *dependency) accept() *connection {
	c := &connection{dependency: d}
	c.accepted()
	return c
}

// accepted is the connection at the proxy.
func (c *connection) accepted() {
	d := c.dependency
	d.count++
	d.used = d.now
	d.usage.opened()
	c.id, c.opened = d.count, d.now
	d.open[c] = struct{}{}
	if d.fault != nil {
		d.fault.routed = true
		c.enter(d.fault, true)
	}
}

// enter puts the fault in force on the connection.
func (c *connection) enter(f *fault, isNew bool) {
	egress := c.cfg.Host != ""
	connects := f.is(noAccept) || f.is(slowDial) || f.is(down) && egress
	if !f.onConnections(egress) || connects && !isNew && !f.is(down) || !f.draws(c.plan.Seed, c.id) || c.closedBy != "" {
		return
	}
	c.in = f
	f.connections++
	if c.first == nil {
		c.first = f
	} else {
		c.later = append(c.later, f.index)
	}
	if c.outstanding && f.countsBegun() {
		c.hold(f)
	}
	if !isNew && (f.is(down) || f.is(reset) && f.Reset.After == 0) {
		c.cut()
	}
	if f.is(reset) && f.Reset.After > 0 {
		c.after(f.Reset.After, func() {
			if c.in == f {
				c.cut()
			}
		})
	}
}

// leave takes the fault off the connection.
func (c *connection) leave() {
	c.in = nil
	if do := c.onLift; do != nil {
		c.onLift = nil
		c.timer.cancel()
		c.timer = c.after(c.noise.about(100*time.Microsecond), do)
	}
}

// connect waits until the egress has connected, which a fault may withhold.
func (c *connection) connect(p *process, limit time.Duration) bool {
	f := c.in
	if !f.is(noAccept) && !f.is(slowDial) && !f.is(down) {
		return true
	}
	c.come, c.good = &signal{}, true
	c.outstanding, c.greeting, c.began = true, true, c.opened
	c.hold(f)
	c.onLift = c.deliver
	switch {
	case f.is(slowDial):
		c.timer = c.after(f.size, c.deliver)
	case f.is(down):
		c.timer = c.after(c.noise.about(100*time.Microsecond), c.cut)
	}
	return p.await(c.come, limit-c.now) && c.closedBy == ""
}

// greet waits for the dependency's first words.
func (c *connection) greet(p *process, limit time.Duration) bool {
	c.come, c.good = &signal{}, true
	c.timer = c.after(c.noise.about(200*time.Microsecond), func() {
		c.bytesOut += answerBytes
		c.outstanding, c.greeting = true, true
		c.await(c.opened)
		c.atProxy()
	})
	return p.await(c.come, limit-c.now) && c.closedBy == ""
}

// ask sends a request and waits for its answer, up to limit.
func (c *connection) ask(p *process, limit time.Duration) bool {
	c.come, c.good = &signal{}, true
	if c.id > 0 {
		c.send()
	} // else it is not accepted yet
	return p.await(c.come, limit-c.now) && c.closedBy == "" && c.good
}

// send is the site's request at the proxy.
func (c *connection) send() {
	c.bytesUp += callBytes
	if c.in != nil {
		c.in.up += callBytes
	}
	c.requests++
	c.await(c.now)
	c.outstanding, c.greeting, c.calling = true, false, true
	c.usage.called()
	switch {
	case c.in.is(hang):
		c.onLift = c.forward
	case c.in.is(reset) && c.in.Reset.After == 0:
		c.cut()
	case c.in.is(httpError):
		c.in.held++
		c.good = false
		c.timer = c.after(c.noise.about(100*time.Microsecond), c.deliver)
	default:
		c.forward()
	}
}

// forward is the request at the dependency.
func (c *connection) forward() {
	took := c.spread(c.cfg.Delay, c.cfg.Spread) + c.noise.about(450*time.Microsecond)
	c.timer = c.after(took, func() {
		c.bytesOut += answerBytes
		if c.in != nil {
			c.in.down += answerBytes
		}
		c.atProxy()
	})
}

// atProxy is the dependency's answer at the proxy.
func (c *connection) atProxy() {
	switch {
	case c.in.is(hang):
		c.onLift = c.deliver
	case c.in.is(latency):
		c.onLift = c.deliver
		c.timer = c.after(c.in.latencyNow(c.draw), c.deliver)
	case c.in.is(limit) && int64(c.in.Limit.Bytes) < answerBytes:
		c.cut()
	default:
		c.deliver()
	}
}

// deliver is the answer at the site.
func (c *connection) deliver() {
	c.onLift = nil
	if c.closedBy != "" {
		return
	}
	c.outstanding, c.greeting = false, false
	c.release(byAnswer)
	c.hangUp()
	c.come.fire()
}

// cut ends the connection as the fault wants it.
func (c *connection) cut() {
	if c.closedBy != "" || c.in == nil {
		return
	}
	if c.outstanding {
		c.hold(c.in)
	}
	c.end(byFault)
	if c.come != nil {
		c.come.fire()
	}
}
