package zoo

import "time"

// dependency is one that the site calls, and the proxy before it.
type dependency struct {
	*world
	cfg     Dependency
	open    map[*connection]struct{}
	count   int64
	used    time.Duration
	fault   *fault // in force
	usage   usage
	places  places
	pooled  []*connection // of the site's pool, at nobody
	inQueue []*connection // not accepted yet
}

func newDependency(w *world, cfg Dependency) *dependency {
	return &dependency{world: w, cfg: cfg, open: map[*connection]struct{}{}, places: places{free: cfg.Places}, usage: usage{spread: cfg.Host != ""}}
}

// keeper gives and takes connections that are kept.
type keeper struct {
	give func() *connection
	take func(*connection)
}

// keptBy is where the worker keeps its connections: with itself, or in the
// site's pool. Nobody keeps any where they are closed after each call.
func (d *dependency) keptBy(w *worker) keeper {
	switch {
	case !d.cfg.Kept || w == nil:
		return keeper{func() *connection { return nil }, nil}
	case d.cfg.Places > 0:
		return keeper{d.fromPool, func(c *connection) { d.pooled = append(d.pooled, c) }}
	}
	return keeper{
		func() *connection { c := w.kept[d.index()]; delete(w.kept, d.index()); return c },
		func(c *connection) { w.kept[d.index()] = c },
	}
}

func (d *dependency) fromPool() *connection {
	if len(d.pooled) == 0 {
		return nil
	}
	c := d.pooled[len(d.pooled)-1]
	d.pooled = d.pooled[:len(d.pooled)-1]
	return c
}

func (d *dependency) index() int {
	for i, one := range d.dependencies {
		if one == d {
			return i
		}
	}
	return -1
}

// exchange makes one call, and reports whether it had a good answer.
func (d *dependency) exchange(p *process, k keeper, l limits) (ok bool) {
	c := k.give()
	if c == nil || c.closedBy != "" {
		if c = d.dial(p, l.connect); c == nil {
			return false
		}
	}
	defer func() {
		if !ok { // gave up, or was killed
			c.end(bySite)
		}
	}()
	if d.cfg.Greets && c.requests == 0 && !c.greet(p, l.whole) {
		return false
	}
	for range max(d.cfg.RoundTrips, 1) {
		if !c.ask(p, l.whole) {
			return false
		}
	}
	if k.take != nil {
		k.take(c)
		return true
	}
	p.sleep(d.noise.about(150 * time.Microsecond))
	c.end(bySite)
	return true
}

// dial connects, up to limit. A refused connect, and one that is not answered,
// leave no trace in the proxy, unless it is the egress.
func (d *dependency) dial(p *process, limit time.Duration) *connection {
	p.sleep(d.noise.about(250 * time.Microsecond))
	egress := d.cfg.Host != ""
	if d.fault.is(down) && !egress {
		return nil
	}
	if d.fault.is(noAccept) && !egress {
		d.fault.routed = true
		if d.now-d.fault.applied < filling && d.fault.connections == 0 {
			return d.queued(p)
		}
		if !d.retry(p, limit) {
			return nil
		}
	}
	c := d.accept()
	if c.connect(p, limit) {
		return c
	}
	c.end(bySite)
	return nil
}

// filling is how long no_accept takes to fill the accept queue: a call that
// connects meanwhile gets into it.
const filling = 1500 * time.Microsecond

// queued is a connection in the accept queue of the proxy, which has not seen it
// yet: it is accepted when the fault is lifted.
func (d *dependency) queued(p *process) *connection {
	d.fault.connections++
	c := &connection{dependency: d}
	d.inQueue = append(d.inQueue, c)
	return c
}

// retry sends the SYN again at the kernel's times, and reports whether the
// connect was answered before the limit.
func (d *dependency) retry(p *process, limit time.Duration) bool {
	const most = 6 // Linux's tcp_syn_retries
	for try := range most {
		wait := synWait(d.site.OldKernel, try)
		if d.now+wait > limit {
			p.sleep(limit - d.now)
			return false
		}
		p.sleep(wait)
		if !d.fault.is(noAccept) {
			return true
		}
	}
	return false
}

// sorted are the open connections in the order of their opening.
func (d *dependency) sorted() []*connection {
	return sortedKeys(d.open, func(c *connection) int { return int(c.id) })
}
