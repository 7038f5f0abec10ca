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
		phase, named := c.measured(o, path), c.namesKnown(o, path)
		if !phase || !named {
			continue
		}
		c.slides(o, path)
		if first, ok := firsts[o.Metric]; ok {
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
func (c *check) measured(o Objective, path string) bool {
	var names []string
	for _, p := range c.e.Phases {
		names = append(names, p.Name)
	}
	at := slices.Index(names, o.Phase)
	switch {
	case o.Phase == "":
		return true
	case at < 0 && c.unnamed(names, "phases"):
	case at < 0 && slices.Contains(c.requestNames(), o.Phase):
		c.add(path, "%q is a request and no phase, so it is written without a colon: %q", o.Phase, o.Phase+" "+afterColon(o.Text))
	case at < 0:
		c.add(path, "no phase is named %q%s", o.Phase, didYouMean(o.Phase, names))
	case c.e.Phases[at].Warmup:
		c.add(path, "phase %q is a warm-up, which is left out of every figure", o.Phase)
	default:
		return true
	}
	return false
}

// namesKnown checks that an objective's request, or dependency, exists.
func (c *check) namesKnown(o Objective, path string) bool {
	requests, dependencies := c.requestNames(), []string{}
	for _, d := range c.e.Dependencies {
		dependencies = append(dependencies, d.Name)
	}
	switch {
	case o.OfVisits() || slices.ContainsFunc(c.e.Visits, func(v Visit) bool { return v.Name == o.Request }):
		return c.visitKnown(o, path)
	case o.Request != "" && !slices.Contains(requests, o.Request):
		c.unknownRequest(o, requests, dependencies, path)
	case o.Dependency != "" && !slices.Contains(dependencies, o.Dependency):
		switch {
		case c.unnamed(dependencies, "dependencies"):
		case len(dependencies) == 0:
			c.add(path, "no dependency is named %q: there are none; list it under dependencies", o.Dependency)
		default:
			c.add(path, "no dependency is named %q%s", o.Dependency, didYouMean(o.Dependency, dependencies))
		}
	default:
		return true
	}
	return false
}

// visitKnown checks that an objective's visit exists, and has what the objective is about.
func (c *check) visitKnown(o Objective, path string) bool {
	var visits []string
	for _, v := range c.e.Visits {
		visits = append(visits, v.Name)
	}
	m, _ := metricNamed(o.Metric)
	switch {
	case c.unnamed(visits, "visits"):
	case len(visits) == 0:
		c.add(path, "%q: %s is of visits, and there are none; of requests there is ok", o.Text, o.Metric)
	case o.Request != "" && slices.Contains(c.requestNames(), o.Request):
		c.add(path, "%q is a step; %s is of visits: write it with the visit's name, or of the step ok", o.Request, o.Metric)
	case o.Request != "" && !slices.Contains(visits, o.Request):
		c.add(path, "no visit is named %q%s", o.Request, didYouMean(o.Request, visits))
	case !o.OfVisits() && m.unit != Seconds:
		c.add(path, "%q is a visit, of which there are completed, abandoned and times such as p95; %s is of requests: name a step, such as %q", o.Request, o.Metric, c.firstStep(o.Request)+" "+o.Metric)
	case o.Over != 0:
		c.add(path, "%q: a visit has no windows, since it may be longer than one; write it without over", o.Text)
	default:
		return true
	}
	return false
}

// firstStep is the full name of a visit's first step.
func (c *check) firstStep(visit string) string {
	for _, v := range c.e.Visits {
		if v.Name == visit && len(v.Steps) > 0 {
			return StepName(visit, v.Steps[0].Name)
		}
	}
	return visit
}

// unknownRequest says what an objective may have meant by a request that there is not.
func (c *check) unknownRequest(o Objective, requests, dependencies []string, path string) {
	switch {
	case c.unnamed(requests, "requests"):
	case c.phase(o.Request) >= 0 && o.Phase == "":
		c.add(path, "%q is a phase and no request, so it is written with a colon: %q", o.Request, o.Request+": "+strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(o.Text), o.Request)))
	case slices.Contains(dependencies, o.Request):
		c.add(path, "%q is a dependency; objectives on one are on its timeout, retries or budget", o.Request)
	default:
		c.add(path, "no request is named %q%s", o.Request, didYouMean(o.Request, requests))
	}
}

func (c *check) requestNames() []string {
	var names []string
	for _, r := range c.e.Mix() {
		names = append(names, r.Name)
	}
	return names
}

// afterColon is what an objective says of its phase.
func afterColon(text string) string {
	_, condition, _ := strings.Cut(text, ":")
	return strings.TrimSpace(condition)
}

// MaxWindows is how many windows of an objective may lie side by side: so many are
// kept in memory when a run is measured.
const MaxWindows = 1 << 14

// slides checks that an objective's window, if it has one, fits into the phases
// that it is about: into one, or without a name into those that follow each other.
func (c *check) slides(o Objective, path string) {
	if o.Over == 0 || !c.timed() {
		return
	}
	var longest, together, all time.Duration
	for _, p := range c.e.Phases {
		switch {
		case o.Phase != "" && p.Name != o.Phase:
		case p.Warmup:
			together = 0
		default:
			together += p.Duration
			longest, all = max(longest, together), all+p.Duration
		}
	}
	where := "the phases that are no warm-up last"
	if o.Phase != "" {
		where = "phase " + o.Phase + " lasts"
	}
	switch least := all / MaxWindows; {
	case o.Over > longest:
		c.add(path, "%q could never be judged: %s %s, less than the window; write over %s at most", o.Text, where, human(longest), human(longest))
	case o.Over < least:
		c.add(path, "%q makes more than %d windows; make them longer than %s", o.Text, MaxWindows, human(least.Round(time.Second)))
	}
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
	switch {
	case faultless:
		c.add(path, "%q could never be judged: no phase has a fault; give one, such as faults: [{dependency: payments, hang: {}, after: 1s, for: 5s}]", o.Text)
	case first < 0:
		c.add(path, "%q could never be judged: no fault %s before the end of the last phase that is no warm-up; add a phase after it, such as {name: recovery, duration: 30s, rate: 8}", o.Text, verb)
	default:
		c.add(path, "%q could never be judged: no fault %s before the end of phase %q; the first phase where it can be is %q: write %q",
			o.Text, verb, o.Phase, c.e.Phases[first].Name, c.e.Phases[first].Name+": "+afterColon(o.Text))
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
