package chaos

import "time"

// received counts the bytes that came in on the flow, before they go on.
func (c *conn) received(f *flow, p []byte) {
	n := len(p)
	c.mu.Lock()
	in := c.fault
	if f.dir == up {
		c.bytesUp += int64(n)
		if in != nil {
			in.bytesUp.Add(int64(n))
		}
		if c.bytesUp == int64(n) && c.bytesDown == 0 && beginsTLS(p) {
			c.tls = &tlsRecords{}
		}
		if c.tls == nil || c.tls.asks(p) || c.requests == 0 {
			c.begin(in)
		}
	} else {
		c.bytesDown += int64(n)
		if in != nil {
			in.bytesDown.Add(int64(n))
		}
		if c.requests == 0 && c.bytesDown == int64(n) {
			c.outstanding, c.greeting = true, true
			c.await(in, c.opened)
		}
	}
	cut := c.onByte
	c.mu.Unlock()
	if cut {
		c.cutBy(in)
	}
}

// begin notes a new request, unless one is outstanding. conn.mu is locked.
func (c *conn) begin(in *fault) {
	if c.outstanding && !c.greeting {
		return
	}
	c.requests++
	c.settle()
	if !c.outstanding {
		c.await(in, time.Now())
	}
	c.outstanding, c.greeting = true, false
	if c.closedBy == "" {
		c.calling = true
		c.proxy.usage.called()
	}
}

// await notes since when the site has been waiting, and which fault holds it.
// conn.mu is locked.
func (c *conn) await(in *fault, since time.Time) {
	c.began = since
	if in != nil && in.counts == countBegun {
		c.hold(in)
	}
}

// takeBack uncounts the latest request. conn.mu is locked.
func (c *conn) takeBack() {
	c.requests--
	c.outstanding = false
	if c.fault != nil && c.fault.counts == countBegun {
		c.fault.held.Add(-1)
	}
	c.letGo()
	if c.calling {
		c.calling = false
		c.proxy.usage.takeBack()
	}
}

// delivered notes that these bytes are about to be written to the site.
func (c *conn) delivered(p []byte) {
	c.mu.Lock()
	if c.tls == nil || c.tls.answers(p) {
		c.answer()
	}
	c.unlockAndTell()
}

// answered notes that the site gets an answer that is not the dependency's.
func (c *conn) answered() {
	c.mu.Lock()
	c.answer()
	c.unlockAndTell()
}

// answer notes that bytes of an answer are about to be written to the site. conn.mu is locked.
func (c *conn) answer() {
	if !c.outstanding {
		return
	}
	c.outstanding, c.greeting = false, false
	if c.caught != nil || c.calling {
		now := time.Now()
		c.release(byAnswer, now)
		c.hangUp(now)
	}
}

// hangUp tells usage that the call has ended, if there is one. conn.mu is locked.
func (c *conn) hangUp(at time.Time) {
	if !c.calling {
		return
	}
	c.calling = false
	if c.tls != nil && c.closedBy == "" {
		c.tls.open = true
		c.proxy.usage.quiet()
		return
	}
	c.proxy.usage.answered(at.Sub(c.began))
}

// settle tells usage how long a call over TLS took. conn.mu is locked.
func (c *conn) settle() {
	if c.tls != nil && c.tls.open {
		c.tls.open = false
		c.proxy.usage.took(c.tls.last.Sub(c.began))
	}
}
