package attack

import (
	"strings"

	"github.com/tailback/tailback/configs"
)

// sessions numbers the sessions that the requests of the mix are sent with, by the
// values of their cookies, from 1. It is used only while the mix is prepared.
type sessions map[string]int32

// maxSessions is how many are told apart; requests with others have none by number.
const maxSessions = 1 << 20

func (s sessions) number(value string) int32 {
	n, known := s[value]
	if !known && s != nil && len(s) < maxSessions {
		n = int32(len(s) + 1)
		s[value] = n
	}
	return n
}

// number is that of a cookie's session, behind those that are lent to visits.
func (m *mix) number(cookie string) int32 {
	n := m.sessions.number(cookie)
	if n > 0 {
		n += m.lent
	}
	return n
}

// session is what a request's session is known by: one that is the same in each hit,
// or that of the row of a table.
type session struct {
	fixed int32
	table int     // of mix.tables, where rows is not nil
	rows  []int32 // by row
}

// newSession numbers the sessions of a request; nil where its hits have none, or each
// one of its own, which is not in any table.
func (m *mix) newSession(r *configs.Request) (*session, error) {
	for _, h := range r.Headers {
		if !strings.EqualFold(h.Name, "Cookie") {
			continue
		}
		name, value := configs.SessionCookie(h.Value)
		if name == "" {
			continue
		}
		var places uint64
		t, err := m.newTemplate(value, &places)
		if err != nil {
			return nil, err
		}
		return m.numbered(t), nil
	}
	return nil, nil
}

func (m *mix) numbered(t template) *session {
	s := &session{table: -1}
	for _, b := range t {
		switch {
		case b.Kind == configs.Plain:
		case b.Kind == configs.Column && (s.table < 0 || s.table == b.table):
			s.table = b.table
		default:
			return nil
		}
	}
	if s.table < 0 {
		s.fixed = m.number(t.ofRow(nil))
		return s
	}
	for _, row := range m.tables[s.table].Rows {
		s.rows = append(s.rows, m.number(t.ofRow(row)))
	}
	return s
}

// ofRow is the text of a template that has nothing but columns of one table.
func (t template) ofRow(row []string) string {
	var text strings.Builder
	for _, b := range t {
		if b.Kind == configs.Plain {
			text.WriteString(b.Text)
		} else {
			text.WriteString(row[b.column])
		}
	}
	return text.String()
}

// of is the number of a hit's session.
func (s *session) of(v *values) int32 {
	if s.rows == nil {
		return s.fixed
	}
	at, err := v.rowAt(&v.tables[s.table])
	if err != nil {
		return 0 // which ends the attack anyway
	}
	return s.rows[at]
}
