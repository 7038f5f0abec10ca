package zoo

import "time"

// breaker counts failures in a row.
type breaker struct {
	failures int
	open     time.Duration // until
}

// call makes a call with all its tries, and what the page does when none had an answer.
func (t *thread) call(p *process, c *Call) {
	if !t.happens(c, c.Share) {
		return
	}
	b := &t.breakers[c.To]
	ok := false
	if c.Breaker.Failures == 0 || t.now >= b.open {
		ok = t.tries(p, c)
		b.note(ok, t.now, c.Breaker)
	}
	if ok {
		return
	}
	t.fellBack = true
	t.failed = c.Status
	t.work(c.Fallback)
}

func (b *breaker) note(ok bool, now time.Duration, cfg Breaker) {
	if ok || cfg.Failures == 0 {
		b.failures = 0
		return
	}
	if b.failures++; b.failures >= cfg.Failures {
		b.open, b.failures = now+cfg.Open, 0
	}
}

func (t *thread) tries(p *process, c *Call) bool {
	for try := 1; ; try++ {
		if t.exchange(p, c) {
			return true
		}
		if try >= max(c.Tries, 1) {
			return false
		}
		p.sleep(c.Pause)
	}
}

// exchange makes one try, and reports whether there was an answer.
func (t *thread) exchange(p *process, c *Call) bool {
	d := t.dependencies[c.To]
	t.wait(forPlace)
	defer t.wait(forNothing)
	if d.cfg.Places > 0 {
		wait := d.cfg.PlaceWait
		if wait == 0 {
			wait = forever
		}
		if !d.places.take(p, wait) {
			return false
		}
		defer d.places.give()
	}
	t.wait(forCall + c.To)
	limits := limits{whole: t.limit(c.Timeout), connect: t.limit(c.Connect)}
	limits.connect = min(limits.connect, limits.whole)
	return d.exchange(p, d.keptBy(t.worker), limits)
}

// limits are when a call is given up.
type limits struct{ whole, connect time.Duration }

// limit is when a timeout that begins now is over; 0 is none.
func (w *world) limit(timeout time.Duration) time.Duration {
	if timeout == 0 {
		return forever
	}
	return w.now + timeout + w.noise.about(300*time.Microsecond)
}
