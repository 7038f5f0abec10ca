package attack

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/tailback/tailback/configs"
)

// course is what the visits of one name do.
type course struct {
	steps []step
}

// step is one request of a course.
type step struct {
	request  int32 // of mix.shots
	name     string
	think    configs.Think
	captures []capture
}

// addVisits prepares the courses, and their steps as shots.
func (m *mix) addVisits(exp *configs.Experiment, base *url.URL) error {
	var sum uint64
	for i := range exp.Visits {
		v := &exp.Visits[i]
		c, err := m.newCourse(base, exp.Target, v, exp.Sessions.Captured())
		if err != nil {
			return fmt.Errorf("prepare visit %s: %w", v.Name, err)
		}
		sum += uint64(v.Weight)
		m.courses, m.limits = append(m.courses, c), append(m.limits, sum)
	}
	if exp.Sessions == nil {
		return nil
	}
	m.ofSessions(exp.Sessions.Data())
	login, err := m.newCourse(base, exp.Target, &configs.Visit{Name: configs.LoginName, Steps: exp.Sessions.Steps}, nil)
	m.login = &login
	return err
}

// newCourse prepares a visit, with the names of what was captured before it.
func (m *mix) newCourse(base *url.URL, t configs.Target, v *configs.Visit, captured []string) (c course, err error) {
	m.captures = slices.Clone(captured)
	for i := range v.Steps {
		s := &v.Steps[i]
		one := step{request: int32(len(m.shots)), name: configs.StepName(v.Name, s.Name), think: s.Think}
		shot, err := m.newShot(base, t, &s.Request)
		if err != nil {
			return c, fmt.Errorf("prepare step %s: %w", s.Name, err)
		}
		for _, capture := range s.Capture {
			taken, err := newCapture(capture)
			if err != nil {
				return c, fmt.Errorf("prepare capture %s: %w", capture.Name, err)
			}
			one.captures, m.captures = append(one.captures, taken), append(m.captures, capture.Name)
		}
		m.shots, c.steps = append(m.shots, shot), append(c.steps, one)
	}
	m.intoHeaders(&c)
	return c, nil
}

// intoHeaders notes which values are sent in headers, where not all can stand.
func (m *mix) intoHeaders(c *course) {
	sent := map[string]bool{}
	for _, s := range c.steps {
		if b := m.shots[s.request].blanks; b != nil {
			for _, h := range b.headers {
				for _, one := range h.value {
					sent[one.Text] = sent[one.Text] || one.Kind == configs.Captured
				}
			}
		}
	}
	for _, s := range c.steps {
		for i := range s.captures {
			s.captures[i].inHeader = sent[s.captures[i].Name]
		}
	}
}
