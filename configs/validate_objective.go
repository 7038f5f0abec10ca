package configs

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

func (c *check) objectives() {
	firsts := map[string]int{} // by metric: the first phase that it can be judged for, -1 for none
	if c.timed() {
		firsts["onset"], firsts["recovered"] = c.firstJudged(false), c.firstJudged(true)
	}
	for i, o := range c.e.Objectives {
		path := element("objectives", i)
		if _, err := ParseObjective(o.Text); err != nil {
			c.add(path, "%v", err)
			continue
		}
		if first, ok := firsts[o.Metric]; c.measured(o.Phase, path) && ok {
			c.judged(o, first, path)
		}
	}
	for i, text := range c.e.AbortWhen {
		if _, err := ParseAbort(text); err != nil {
			c.add(element("abort_when", i), "%v", err)
		}
	}
}

// measured checks that an objective's phase, if it names one, exists and has figures.
func (c *check) measured(phase, path string) bool {
	var names []string
	for _, p := range c.e.Phases {
		names = append(names, p.Name)
	}
	at := slices.Index(names, phase)
	switch {
	case phase == "":
		return true
	case at < 0 && c.unnamed(names, "phases"):
	case at < 0:
		c.add(path, "no phase is named %q%s", phase, didYouMean(phase, names))
	case c.e.Phases[at].Warmup:
		c.add(path, "phase %q is a warm-up, which is left out of every figure", phase)
	default:
		return true
	}
	return false
}

// judged checks that an objective on onset or recovered has a fault to be
// counted from. The report counts an onset from the first fault that is applied
// before the phase's end, and a recovery from a fault that is lifted before it;
// without one the objective could be neither met nor missed.
func (c *check) judged(o Objective, first int, path string) {
	if first >= 0 && (o.Phase == "" || c.phase(o.Phase) >= first) {
		return
	}
	verb := "begins"
	if o.Metric == "recovered" {
		verb = "is lifted"
	}
	faultless := !slices.ContainsFunc(c.e.Phases, func(p Phase) bool { return len(p.Faults) > 0 })
	switch _, condition, _ := strings.Cut(o.Text, ":"); {
	case faultless:
		c.add(path, "%q could never be judged: no phase has a fault; give one, such as faults: [{dependency: payments, hang: {}, after: 1s, for: 5s}]", o.Text)
	case first < 0:
		c.add(path, "%q could never be judged: no fault %s before the end of the last phase that is no warm-up; add a phase after it, such as {name: recovery, duration: 30s, rate: 8}", o.Text, verb)
	default:
		c.add(path, "%q could never be judged: no fault %s before the end of phase %q; the first phase where it can be is %q: write %q",
			o.Text, verb, o.Phase, c.e.Phases[first].Name, c.e.Phases[first].Name+": "+strings.TrimSpace(condition))
	}
}

// firstJudged returns the first phase with figures before whose end a fault
// begins, or is lifted; -1 when there is none. What is lifted at the very end
// of a phase is lifted in the next: undoing takes a moment.
func (c *check) firstJudged(lifted bool) int {
	first := time.Duration(math.MaxInt64) // when the first fault begins, or is lifted
	var start time.Duration
	for i, p := range c.e.Phases {
		for _, f := range p.Faults {
			at := start + f.After
			if lifted {
				at += f.For
			}
			first = min(first, at)
		}
		if start += p.Duration; !p.Warmup && first < start {
			return i
		}
	}
	return -1
}

// phase returns where the phase of that name is.
func (c *check) phase(name string) int {
	return slices.IndexFunc(c.e.Phases, func(p Phase) bool { return p.Name == name })
}

var timesPath = regexp.MustCompile(`^phases\[[0-9]+\]\.(duration|faults\[[0-9]+\]\.(after|for))$`)

// timed reports whether the times of all phases and faults are known. Where
// they are not, something is said about them already.
func (c *check) timed() bool {
	if slices.ContainsFunc(c.Mistakes, func(m Mistake) bool { return timesPath.MatchString(m.Path) }) {
		return false
	}
	for i := range c.e.Phases {
		if path := element("phases", i); c.unread(path+".duration") || c.unread(path+".faults") {
			return false
		}
	}
	return len(c.e.Phases) > 0
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
	if len(c.e.Dependencies) == 0 && c.e.Chaos.Egress.Listen == "" && !c.unread("dependencies") && !c.unread("chaos") {
		c.add("audit", "needs dependencies to hang; list them under dependencies")
	}
}
