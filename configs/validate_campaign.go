package configs

import "time"

func (c *check) capacity() {
	q := c.e.Capacity
	if q == nil {
		return
	}
	if c.number(q.From, "capacity.from") && q.From == 0 {
		c.add("capacity.from", "needs to be above 0: the lowest rate to try, a second")
	}
	most := c.e.Limits.Rate
	switch {
	case !c.number(q.To, "capacity.to") || c.unread("capacity.from"):
	case q.To <= q.From:
		c.add("capacity.to", "needs to be above from, which is %s", decimal(q.From))
	case most > 0 && q.To > most:
		c.add("capacity.to", "%s/s is above limits.rate, which is %s/s", decimal(q.To), decimal(most))
	}
	if q.Objective == "" {
		c.add("capacity.objective", `needs what must hold, such as "errors < 1%%, p95 < 1s"`)
	} else if all, err := ParseObjectives(q.Objective); err != nil {
		c.add("capacity.objective", "%v", err)
	} else {
		for _, o := range all {
			c.namesKnown(o, "capacity.objective")
		}
	}
	c.faults(q.Faults, 0, "capacity")
}

func (c *check) audit() {
	a := c.e.Audit
	if a == nil {
		return
	}
	if c.number(a.Rate, "audit.rate") && a.Rate == 0 {
		c.add("audit.rate", "needs to be above 0: the requests a second while a dependency hangs")
	}
	c.positive(a.Horizon, 24*time.Hour, "audit.horizon")
	if len(c.e.Dependencies) == 0 && c.e.Chaos.Egress.Listen == "" && !c.unread("dependencies") && !c.unread("chaos") {
		c.add("audit", "needs dependencies to hang; list them under dependencies")
	}
}
