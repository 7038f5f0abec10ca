package attack

import "slices"

// whom is whom the site takes the visitor for: somebody who wants to log in, or is.
func (v *Visitor) whom(c *course) *pass {
	switch {
	case c == v.mix.login:
		return &pass{number: int32(v.number), jar: newJar()}
	case v.pass != nil:
		return v.pass
	}
	return &pass{jar: newJar()}
}

// keys are the values of the rows that a login is sent with.
func (v *Visitor) keys(c *course) (all []string) {
	if c != v.mix.login {
		return nil
	}
	values := v.walk.values(0)
	for i := range v.mix.tables {
		if t := &v.mix.tables[i]; t.ofSession {
			row, _ := values.row(t) // what is wrong with it, sending it tells
			all = append(all, row...)
		}
	}
	return all
}

// logsIn looks whether the answer to request i logs the visitor in, if it is to do so.
func (v *Visitor) logsIn(i int, t *Tried) {
	course, _, step := v.mix.courseOf(i)
	if course == nil || course != v.mix.login {
		return
	}
	t.OfLogin = true
	if t.NotIn = v.walk.hide(v.mix.notIn(step, t)); t.NotIn != "" || step+1 < len(course.steps) {
		return
	}
	s := &pass{number: int32(v.number), jar: v.walk.jar, captured: v.walk.taken}
	if t.NotIn = v.mix.kept(s); t.NotIn == "" {
		v.pass = s
	}
}

// hide takes what the visit was given out of what the site said.
func (v *Visitor) hide(t *Tried) {
	if v.walk == nil {
		return
	}
	for _, text := range []*string{&t.Status, &t.Location, &t.Page, &t.Challenge, &t.Coding} {
		*text = v.walk.hide(*text)
	}
}

// courseOf returns of which course a shot is a step, the number of that course, and which
// step; nil of a request by itself.
func (m *mix) courseOf(shot int) (c *course, number uint64, step int) {
	for i := range m.courses {
		if step = shot - int(m.courses[i].steps[0].request); step >= 0 && step < len(m.courses[i].steps) {
			return &m.courses[i], uint64(i), step
		}
	}
	if m.login != nil {
		return m.login, 0, shot - int(m.login.steps[0].request)
	}
	return nil, 0, 0
}

// ofSessions notes which tables the logins use.
func (m *mix) ofSessions(names []string) {
	for i := range m.tables {
		m.tables[i].ofSession = slices.Contains(names, m.tables[i].Name)
	}
}

// dealt are the values by which a table's row is found: one that the logins use is dealt
// by session.
func (v *values) dealt(t *table) *values {
	if !t.ofSession || v.session == 0 {
		return v
	}
	of := *v
	of.number, of.visit = uint64(v.session)-1, uint64(v.session)
	return &of
}
