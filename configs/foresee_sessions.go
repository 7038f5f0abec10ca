package configs

import (
	"math"
	"regexp"
)

// leavePath finds the paths by which visitors log out.
var leavePath = regexp.MustCompile(`(?i)(^|[/._-])(log|sign)[-_]?(out|off)([/._?-]|$)`)

// sessions looks whether there are enough of them for the visits, and whether each
// stays one.
func (l *foreseen) sessions(e *Experiment) {
	if e.Sessions == nil {
		return
	}
	if under, where := e.visitsAtOnce(); under > float64(e.Sessions.Count) {
		l.add(false, "sessions.count", "is %d, and about %.0f visits are under way at once in %s, so that they share sessions; where the site locks a session while a request uses it, as PHP's session files are, they wait for each other; make it more than %.0f, for answers take their time besides", e.Sessions.Count, under, where, math.Ceil(under))
	}
	for _, name := range e.Sessions.Data() {
		if d := e.data(name); d != nil && d.Order != RandomRow && len(d.Rows) > 0 && len(d.Rows) < e.Sessions.Count {
			l.add(false, "sessions.count", "is %d, and data %s has %d rows, so that several sessions log in as the same user; a site that keeps one session for each user ends the others", e.Sessions.Count, name, len(d.Rows))
		}
	}
	for i, v := range e.Visits {
		for j, s := range v.Steps {
			if leavePath.MatchString(s.Path) {
				l.add(false, element(element("visits", i)+".steps", j)+".path", "logs out, it seems, and the session is lent to other visits after this one, which find it logged out; leave the step out, or log in within the visit, without sessions")
			}
		}
	}
}

// visitsAtOnce is how many visits are under way at once at least, on average, in the
// phase where they are the most, by how they arrive and think (Little's law).
func (e *Experiment) visitsAtOnce() (most float64, where string) {
	sum, weight := 0.0, 0.0
	for i := range e.Visits {
		v := &e.Visits[i]
		sum, weight = sum+float64(v.Weight)*v.thinking().Seconds(), weight+float64(v.Weight)
	}
	mean := sum / max(weight, 1)
	for _, p := range e.Phases {
		n := float64(max(p.Burst, p.Concurrency))
		if p.Open() {
			n = p.Rate.mean(p.Duration) * min(mean, p.Duration.Seconds())
		}
		if n > most {
			most, where = n, "phase "+p.Name
		}
	}
	return most, where
}
