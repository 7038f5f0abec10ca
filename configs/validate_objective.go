package configs

import (
	"slices"
	"time"
)

func (c *check) objectives() {
	for i, o := range c.e.Objectives {
		path := element("objectives", i)
		if _, err := ParseObjective(o.Text); err != nil {
			c.add(path, "%v", err)
			continue
		}
		c.measured(o.Phase, path)
	}
	for i, text := range c.e.AbortWhen {
		if _, err := ParseAbort(text); err != nil {
			c.add(element("abort_when", i), "%v", err)
		}
	}
}

// measured checks that an objective's phase exists and has figures.
func (c *check) measured(phase, path string) {
	var names []string
	for _, p := range c.e.Phases {
		names = append(names, p.Name)
	}
	at := slices.Index(names, phase)
	switch {
	case phase == "" || c.unnamed(names, "phases"):
	case at < 0:
		c.add(path, "no phase is named %q%s", phase, didYouMean(phase, names))
	case c.e.Phases[at].Warmup:
		c.add(path, "phase %q is a warm-up, which is left out of every figure", phase)
	}
}

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
	} else if _, err := ParseObjectives(q.Objective); err != nil {
		c.add("capacity.objective", "%v", err)
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
	if len(c.e.Dependencies) == 0 && !c.unread("dependencies") {
		c.add("audit", "needs dependencies to hang; list them under dependencies")
	}
}
