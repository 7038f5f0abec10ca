package configs

import (
	"math"
	"strings"
	"time"
)

func (c *check) phases() {
	seen := map[string]string{}
	var total time.Duration
	measured := len(c.e.Phases) == 0
	for i, p := range c.e.Phases {
		path := element("phases", i)
		c.name(p.Name, path+".name")
		c.unique(seen, p.Name, path+".name", "the name")
		if strings.Contains(p.Name, ":") {
			c.add(path+".name", "needs to be without a colon: objectives are written phase: condition")
		}
		if c.positive(p.Duration, maxDuration, path+".duration") && total <= maxDuration {
			if total += p.Duration; total > maxDuration {
				c.add(path+".duration", "makes the phases longer than %s together", human(maxDuration))
			}
		}
		c.load(p, path)
		c.faults(p.Faults, p.Duration, path)
		measured = measured || !p.Warmup
	}
	if !measured {
		c.add("phases", "has only warm-up phases, which are left out of every figure")
	}
}

// load checks that a phase has exactly one kind of load, and its size.
func (c *check) load(p Phase, path string) {
	if c.e.Arrivals.Replayed() {
		c.replayed(p, path)
		return
	}
	var kinds []string
	for _, k := range []struct {
		name string
		set  bool
	}{{"rate", p.Rate != nil}, {"concurrency", p.Concurrency != 0}, {"burst", p.Burst != 0}} {
		if k.set || c.unread(path+"."+k.name) {
			kinds = append(kinds, k.name)
		}
	}
	switch len(kinds) {
	case 0:
		if c.unread("arrivals") || c.pacedUnread() { // a log may have been meant, or no load of its own
			return
		}
		c.add(path, "%s", c.noLoad())
	case 1:
	default:
		c.add(path, "has %s; give one of them", strings.Join(kinds, " and "))
	}
	c.atOnce(p.Concurrency, path+".concurrency")
	c.atOnce(p.Burst, path+".burst")
	if p.Rate != nil {
		c.rate(*p.Rate, p.Duration, path+".rate")
	}
}

// atOnce checks a number of requests that are all under way together.
func (c *check) atOnce(n int, path string) {
	most := c.e.Limits.InFlight
	switch {
	case n < 0:
		c.add(path, "needs to be at least 1, not %d", n)
	case n > most && most > 0:
		c.add(path, "%d is above limits.in_flight, which is %d; the rest would be dropped", n, most)
	}
}

func (c *check) rate(r Rate, phase time.Duration, path string) {
	if r == (Rate{From: r.From, To: r.From}) || math.IsNaN(r.From) && math.IsNaN(r.To) { // written as one number
		if !c.number(r.From, path) {
			return
		}
	} else if from, to := c.number(r.From, path+".from"), c.number(r.To, path+".to"); !from || !to {
		return
	}
	own, with := c.e.OwnRate(), ""
	if own > 0 {
		with = ", with the requests' own rates,"
	}
	if most := c.e.Limits.Rate; most > 0 && r.Max()+own > most {
		c.add(path, "%s/s%s is above limits.rate, which is %s/s; the rest would be dropped", decimal(r.Max()+own), with, decimal(most))
	}
	c.steps(stairs{r.From, r.To, r.Step, r.Every, phase, "the phase"}, path)
}

// stairs is a rate or a delay, which may be stepped.
type stairs struct {
	from, to, step float64 // in the same unit
	every          time.Duration
	length         time.Duration // of what it is part of
	part           string        // what that is
}

// steps checks that steps are whole and reach their end in time. The last
// level, To, begins after ceil(|To-From|/Step) * Every, and that must be before
// the end.
func (c *check) steps(s stairs, path string) {
	switch {
	case s.step == 0 && s.every == 0:
		return
	case math.IsNaN(s.step) || s.step <= 0:
		c.add(path+".step", "needs to be above 0 (from and to say the direction)")
		return
	case s.every <= 0:
		c.add(path+".every", "needs to be longer than 0s: step is added each every")
		return
	case s.from == s.to:
		c.add(path, "has a step, but from and to are equal")
		return
	}
	n := math.Ceil(math.Abs(s.to-s.from)/s.step - 1e-9)
	if n > maxSteps {
		c.add(path+".step", "makes more than %d steps; make it larger", maxSteps)
		return
	}
	// Compared in seconds, so that a long every cannot overflow.
	if reached := n * s.every.Seconds(); s.length > 0 && reached >= s.length.Seconds() {
		c.add(path, "takes %.0f steps of %s, but %s ends after %s, before the last; make the steps larger or fewer", n, DurationText(s.every), s.part, DurationText(s.length))
	}
}
