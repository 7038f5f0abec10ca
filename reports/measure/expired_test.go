package measure

import (
	"maps"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Sessions expired where they had been accepted, and were not any more to the end.
func TestExpiredSessions(t *testing.T) {
	at := func(session int32, k uint64, code int32) func(h *journal.Hit) {
		return func(h *journal.Hit) {
			if h.Visit >= k && h.Session == session && h.Step == 1 {
				h.Code, h.Class = code, journal.ClassStatus
			}
		}
	}
	for _, row := range []struct {
		name              string
		change            func(h *journal.Hit)
		answers, sessions int64
		first             time.Duration
		kinds             map[string]int64
	}{
		{"none", func(*journal.Hit) {}, 0, 0, 0, nil},
		// Sessions 1 and 2 are lent in turn: 1 to the odd visits. Visit k is sent pay at k+0.1 s
		// and answered at k+0.2 s, the last of them 19.
		{"one from visit 11 on", at(1, 11, 401), 5, 1, 11200 * time.Millisecond, map[string]int64{"401": 5}},
		{"it was never accepted", at(1, 0, 401), 0, 0, 0, nil},
		{"a failure of the site", at(1, 11, 500), 0, 0, 0, nil},
		{"it was accepted again", func(h *journal.Hit) {
			if h.Visit < 15 {
				at(1, 11, 401)(h)
			}
		}, 0, 0, 0, nil},
		{"both, and to the login", func(h *journal.Hit) {
			at(1, 11, 403)(h)
			if h.Session == 2 && h.Visit >= 14 && h.Step == 1 {
				h.Code, h.Leads = 302, journal.LeadsToLogin
			}
		}, 8, 2, 11200 * time.Millisecond, map[string]int64{"403": 5, "login": 3}},
	} {
		s := shopping(func(h *journal.Hit) {
			h.Session = int32(2 - h.Visit%2)
			row.change(h)
		})
		s.Sessions = 2
		e := visitsOf(t, s).Sessions.Expired
		switch {
		case row.answers == 0 && e == nil:
		case e == nil || e.Answers != row.answers || e.Sessions != row.sessions || e.FirstS != row.first.Seconds() || !maps.Equal(e.Kinds, row.kinds):
			t.Errorf("%s: %+v, want %d answers of %d sessions from %v on", row.name, e, row.answers, row.sessions, row.first)
		}
	}
}
