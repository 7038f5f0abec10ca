package configs

import "math"

// maxSpeed is far beyond what makes sense.
const maxSpeed = 1e6

// arrivals checks how requests follow on each other.
func (c *check) arrivals() {
	a := c.e.Arrivals
	if !a.Replayed() {
		c.oneOf(a.Kind, "arrivals", Uniform, Poisson)
		return
	}
	if a.Replay == "" && !c.unread("arrivals") {
		c.add("arrivals.replay", "needs the file of an access log, such as access.log")
	}
	if !(a.Speed > 0 && a.Speed <= maxSpeed) && !c.unread("arrivals.speed") {
		c.add("arrivals.speed", "needs to be above 0: 2 is twice as fast as it was logged, 0.5 half as fast")
	}
	c.oneOf(a.Spread, "arrivals.spread", Uniform, Poisson)
	for i, m := range a.Methods {
		c.method(m, element("arrivals.methods", i))
	}
	if len(a.Methods) == 0 && !c.unread("arrivals.methods") {
		c.add("arrivals.methods", "needs at least one, such as [GET, HEAD]")
	}
	if len(c.e.Visits) > 0 {
		c.add("visits", "are not in a log, which has requests alone; leave them out, or arrivals.replay")
	}
	if c.e.Sessions != nil {
		c.add("sessions", "are lent to visits, and arrivals.replay has none; leave them out")
	}
	if c.e.Capacity != nil {
		c.add("capacity", "looks for a rate, and arrivals.replay leaves the rate to the log; keep them in two files")
	}
	if c.e.Audit != nil {
		c.add("audit", "has a rate of its own, and arrivals.replay leaves the rate to the log; keep them in two files")
	}
}

// replayed checks that a phase which replays a log has no load of its own.
func (c *check) replayed(p Phase, path string) {
	for _, k := range []struct {
		name string
		set  bool
	}{{"rate", p.Rate != nil && p.Rate.Logged == nil}, {"concurrency", p.Concurrency != 0}, {"burst", p.Burst != 0}} {
		if k.set || c.unread(path+"."+k.name) {
			c.add(path+"."+k.name, "is a load of its own, but the phases replay a log (arrivals.replay), which says when requests are sent; leave it out")
		}
	}
	if most := c.e.Limits.Rate; p.Rate != nil && p.Rate.Logged != nil && most > 0 && p.Rate.To > most {
		c.add(path, "%s requests are due in one of its seconds, which is above limits.rate, %s/s; the rest would be dropped: raise it, or lower arrivals.speed", decimal(math.Round(p.Rate.To)), decimal(most))
	}
}

// ownGroups checks the requests that the file has beside a log: each stands for
// those of the log that are like it.
func (c *check) ownGroups() {
	seen := map[string]string{}
	for i, r := range c.e.Requests {
		if r.Logged {
			continue
		}
		path := element("requests", i)
		if r.Rate != nil {
			c.add(path+".rate", "says nothing beside arrivals.replay: a request is sent when it stands in the log; leave it out")
			r.Rate = nil
		}
		if c.e.Arrivals.Log == nil || r.Weight > maxWeight {
			r.Weight = 1
		}
		c.request(r, path)
		c.unique(seen, r.Name, path+".name", "the name")
		if len(r.Query) > 0 {
			c.add(path+".query", "stands in the log, which is replayed as it is; leave it out")
		}
	}
}
