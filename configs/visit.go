package configs

import (
	"iter"
	"slices"
	"time"
)

// Visit is one member of a weighted mix of visits: a visitor who takes its steps one
// after the other, each when the answer before it is there and was thought about.
type Visit struct {
	Name   string `mapstructure:"name"`
	Weight int    `mapstructure:"weight"`
	Steps  []Step `mapstructure:"steps"`
}

// Step is one request of a visit, or of a login. Request.Weight has no meaning in it.
type Step struct {
	Request `mapstructure:",squash"`
	Capture []Capture `mapstructure:"capture"`
	Think   Think     `mapstructure:"think"` // from the answer before it; none before the first
}

// Capture takes a value out of a step's answer, for {{name}} in the steps after it.
// Exactly one of HTML, Regexp, JSON, Header, Cookie and URL is given.
type Capture struct {
	Name      string `mapstructure:"name"`
	HTML      string `mapstructure:"html"`      // a CSS selector; the first element that it finds
	Attribute string `mapstructure:"attribute"` // of that element; its text if empty
	Regexp    string `mapstructure:"regexp"`    // RE2, over the body: the first group, or all that matches
	JSON      string `mapstructure:"json"`      // a JSON pointer (RFC 6901)
	Header    string `mapstructure:"header"`    // a header's first value
	Cookie    string `mapstructure:"cookie"`    // a cookie's value, as the visit has it then
	URL       string `mapstructure:"url"`       // RE2, over the address that the answer is from, behind redirects
}

// Sessions are visitors that are logged in before the run begins, and lent to its visits.
type Sessions struct {
	Count int    `mapstructure:"count"`
	Steps []Step `mapstructure:"steps"`
}

// Captured are the names of what a session has for the visits that it is lent to.
func (s *Sessions) Captured() (names []string) {
	if s == nil {
		return nil
	}
	for i := range s.Steps {
		names = append(names, s.Steps[i].captured()...)
	}
	return names
}

// Data are the names of the tables that the logins use. The row of a session is that of
// the visits that it is lent to, too.
func (s *Sessions) Data() (names []string) {
	if s == nil {
		return nil
	}
	for i := range s.Steps {
		for _, p := range s.Steps[i].pieces() {
			if p.Kind == Column && !slices.Contains(names, p.Data) {
				names = append(names, p.Data)
			}
		}
	}
	return names
}

// LoginName is how a preflight speaks of what logs a session in, as if it were a visit.
const LoginName = "log in"

// Logins returns what a session is logged in with, in the order in which it is sent,
// under full names; none without sessions.
func (e *Experiment) Logins() (all []Request) {
	if e.Sessions == nil {
		return nil
	}
	for _, s := range e.Sessions.Steps {
		s.Name = StepName(LoginName, s.Name)
		all = append(all, s.Request)
	}
	return all
}

// StepName is how reports speak of a visit's step.
func StepName(visit, step string) string { return visit + "/" + step }

// Mix returns what the run sends, in the order of Manifest.Requests: the requests, or
// the steps of each visit, one visit after the other, under their full names.
func (e *Experiment) Mix() []Request {
	if len(e.Visits) == 0 {
		return e.Requests
	}
	var all []Request
	for _, v := range e.Visits {
		for _, s := range v.Steps {
			s.Name, s.Weight = StepName(v.Name, s.Name), v.Weight
			all = append(all, s.Request)
		}
	}
	return all
}

// VisitOf returns of which visit request i of the mix is a step; -1 of requests by themselves.
func (e *Experiment) VisitOf(i int) int {
	for v := range e.Visits {
		if i -= len(e.Visits[v].Steps); i < 0 {
			return v
		}
	}
	return -1
}

// written yields all requests that the file has, with the path where each stands: those of
// the mix, the steps of visits, and those that log in.
func (e *Experiment) written() iter.Seq2[string, *Request] {
	return func(yield func(string, *Request) bool) {
		for i := range e.Requests {
			if !yield(element("requests", i), &e.Requests[i]) {
				return
			}
		}
		for path, s := range e.steps() {
			if !yield(path, &s.Request) {
				return
			}
		}
	}
}

// steps yields the steps of visits and of sessions, with the path where each stands.
func (e *Experiment) steps() iter.Seq2[string, *Step] {
	return func(yield func(string, *Step) bool) {
		for i := range e.Visits {
			for j := range e.Visits[i].Steps {
				if !yield(element(element("visits", i)+".steps", j), &e.Visits[i].Steps[j]) {
					return
				}
			}
		}
		if e.Sessions == nil {
			return
		}
		for j := range e.Sessions.Steps {
			if !yield(element("sessions.steps", j), &e.Sessions.Steps[j]) {
				return
			}
		}
	}
}

// MeanSteps is how many requests a visit makes on average when it is completed; 0 of
// requests by themselves.
func (e *Experiment) MeanSteps() float64 {
	if len(e.Visits) == 0 {
		return 0
	}
	steps, _ := e.part("")
	return steps
}

// thinking is how long a visit thinks on average, over all of its steps.
func (v *Visit) thinking() (sum time.Duration) {
	for _, s := range v.Steps {
		sum += s.Think.MeanTime()
	}
	return sum
}

// Thinking is the longest that a visit of the mix thinks on average, over all of its steps.
func (e *Experiment) Thinking() (longest time.Duration) {
	for i := range e.Visits {
		if v := &e.Visits[i]; v.Weight > 0 {
			longest = max(longest, v.thinking())
		}
	}
	return longest
}
