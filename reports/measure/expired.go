package measure

import (
	"strconv"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// expiredCounter finds lent sessions that the site no longer accepts: of a session and a
// request that was answered well with it, those answers at the end that ask for a login.
// What was answered well again later had another reason. Memory is that of so many
// sessions times requests.
type expiredCounter struct {
	used map[usedSession]*sessionUse
}

type usedSession struct{ session, request int32 }

// sessionUse is what came of one request with one session, in the order of their being due.
type sessionUse struct {
	accepted bool
	refused  int64 // since it was last accepted
	kinds    map[string]int64
	visits   map[uint64]bool
	first    time.Duration // when the first of them came
}

// newExpiredCounter is nil for a run without sessions.
func newExpiredCounter(m journal.Manifest) *expiredCounter {
	if m.Sessions == 0 {
		return nil
	}
	return &expiredCounter{used: map[usedSession]*sessionUse{}}
}

func (c *expiredCounter) add(h *journal.Hit) {
	if c == nil || h.Session == 0 || h.Class.Ours() {
		return
	}
	key := usedSession{h.Session, h.Request}
	u := c.used[key]
	kind := asksToLogIn(h)
	switch {
	case kind == "" && h.Class == journal.ClassOK:
		c.used[key] = &sessionUse{accepted: true}
	case kind != "" && u != nil && u.accepted:
		u.refuse(h, kind)
	}
}

// asksToLogIn says how an answer asks for a login; "" when it does not.
func asksToLogIn(h *journal.Hit) string {
	switch {
	case h.Leads == journal.LeadsToLogin:
		return "login"
	case h.Class == journal.ClassStatus && (h.Code == 401 || h.Code == 403):
		return strconv.Itoa(int(h.Code))
	}
	return ""
}

func (u *sessionUse) refuse(h *journal.Hit, kind string) {
	if u.refused == 0 {
		u.kinds, u.visits, u.first = map[string]int64{}, map[uint64]bool{}, h.Done
	}
	u.refused++
	u.kinds[kind]++
	u.first = min(u.first, h.Done)
	if h.Class != journal.ClassOK {
		u.visits[h.Visit] = true
	}
}

// sessions are what came of those lent; nil when none were.
func (run *Run) sessions() *reports.Sessions {
	if run.Manifest.Sessions == 0 {
		return nil
	}
	return &reports.Sessions{Count: int64(run.Manifest.Sessions), Expired: run.expiredSessions()}
}

// expiredSessions is nil when the site accepted them to the end.
func (run *Run) expiredSessions() *reports.Expired {
	e := &reports.Expired{Kinds: map[string]int64{}, ByRequest: map[string]int64{}}
	sessions, visits := map[int32]bool{}, map[uint64]bool{}
	var first time.Duration
	for key, u := range run.expired.used {
		if u.refused == 0 {
			continue
		}
		if e.Answers == 0 || u.first < first {
			first = u.first
		}
		e.Answers += u.refused
		e.ByRequest[run.Manifest.Requests[key.request]] += u.refused
		sessions[key.session] = true
		for kind, n := range u.kinds {
			e.Kinds[kind] += n
		}
		for v := range u.visits {
			visits[v] = true
		}
	}
	if e.Answers == 0 {
		return nil
	}
	e.FirstS, e.Sessions, e.Visits = first.Seconds(), int64(len(sessions)), int64(len(visits))
	for _, f := range run.Faults {
		if f.inForce(first) {
			e.Under = f.Dependency
		}
	}
	return e
}
