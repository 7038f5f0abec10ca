package zoo

import "time"

// cores share themselves among the processes that compute: with more of these
// than cores each gets its share of a core.
type cores struct {
	clock *clock
	n     int // 0: as many as are asked for
	jobs  []*job
	since time.Duration // until then the jobs' rests are known
	next  *event
}

type job struct {
	left float64 // seconds of a core
	done signal
}

// compute takes so much time of a core.
func (c *cores) compute(p *process, d time.Duration) {
	if c.n == 0 || d <= 0 {
		p.sleep(d)
		return
	}
	c.advance()
	j := &job{left: d.Seconds()}
	c.jobs = append(c.jobs, j)
	c.plan()
	defer c.remove(j) // also when it is killed
	p.await(&j.done, forever)
}

func (c *cores) rate() float64 { return min(1, float64(c.n)/float64(len(c.jobs))) }

// advance takes off what was computed since the last change.
func (c *cores) advance() {
	if len(c.jobs) > 0 {
		for _, j := range c.jobs {
			j.left -= (c.clock.now - c.since).Seconds() * c.rate()
		}
	}
	c.since = c.clock.now
}

// plan sets when the next job is done.
func (c *cores) plan() {
	c.next.cancel()
	if len(c.jobs) == 0 {
		return
	}
	least := c.jobs[0].left
	for _, j := range c.jobs {
		least = min(least, j.left)
	}
	wait := time.Duration(max(least, 0) / c.rate() * float64(time.Second))
	c.next = c.clock.after(wait, func() {
		c.advance()
		const rest = 1e-8 // seconds: less than a wait's rounding
		for _, j := range c.jobs {
			if j.left <= rest {
				j.done.fire()
			}
		}
	})
}

func (c *cores) remove(j *job) {
	c.advance()
	for i, one := range c.jobs {
		if one == j {
			c.jobs = append(c.jobs[:i:i], c.jobs[i+1:]...)
			break
		}
	}
	c.plan()
}
