package attack

import (
	"container/heap"
	"fmt"
	"sync"
)

// pass is what a site knows a visitor by: a session that was logged in before the run
// and is lent to one visit after the other, or a visit's own. What the site renews of its
// cookies while a visit has it, the next one has too.
type pass struct {
	number   int32 // from 1; 0 of a visit's own
	jar      *jar
	captured []string // when it was logged in; visits only read it

	visits int    // that have it now
	turn   uint64 // when it was lent or given back last, in the order of both
	at     int    // in lending.all
}

// lending lends sessions to visits: that which the fewest visits have, and of several
// the one that was lent or given back the longest ago. So a free one is the longest idle,
// and when none is free, all are shared in turn. Nil lends each visit one of its own.
type lending struct {
	mu     sync.Mutex
	all    byTurn
	turns  uint64
	lent   int // how often one was
	shared int // how often it was to one visit more than had it already
	most   int // visits that were under way at once
	under  int // visits that are under way
}

// newLending lends these, in their order at first.
func newLending(sessions []*pass) *lending {
	for i, s := range sessions {
		s.at = i
	}
	l := &lending{all: sessions, turns: uint64(len(sessions))}
	for i, s := range sessions {
		s.turn = uint64(i)
	}
	return l
}

// lend returns a session for a visit that begins.
func (l *lending) lend() *pass {
	if l == nil {
		return &pass{jar: newJar()}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.all[0]
	if s.visits > 0 {
		l.shared++
	}
	l.lent, l.under = l.lent+1, l.under+1
	l.most = max(l.most, l.under)
	l.move(s, 1)
	return s
}

// giveBack takes the session of a visit that is over.
func (l *lending) giveBack(s *pass) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.under--
	l.move(s, -1)
}

// move notes that a session has that many visits more. l.mu is locked.
func (l *lending) move(s *pass, visits int) {
	l.turns++
	s.visits, s.turn = s.visits+visits, l.turns
	heap.Fix(&l.all, s.at)
}

// shares says how many visits had to share a session; "" when none had to.
func (l *lending) shares() string {
	if l == nil || l.shared == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d visits shared a session with another one: up to %d were under way at once, and there are %d sessions; where the site locks a session while a request uses it, as PHP's session files are, they wait for each other; raise sessions.count to %d",
		l.shared, l.lent, l.most, len(l.all), l.most)
}

// byTurn has the session that is lent next first (heap.Interface).
type byTurn []*pass

func (b byTurn) Len() int { return len(b) }
func (b byTurn) Less(i, j int) bool {
	if b[i].visits != b[j].visits {
		return b[i].visits < b[j].visits
	}
	return b[i].turn < b[j].turn
}
func (b byTurn) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].at, b[j].at = i, j
}
func (b *byTurn) Push(x any) { *b = append(*b, x.(*pass)) }
func (b *byTurn) Pop() any   { panic("unreachable: sessions stay") }

// Secrets are the cookies and the captured values of the sessions that are logged in,
// which no output may have.
func (a *Attack) Secrets() (all []string) {
	if a.lending == nil {
		return nil
	}
	for _, s := range a.lending.all {
		all = append(append(all, s.captured...), s.jar.secrets()...)
	}
	return all
}

// secrets are the values of the cookies that may show who somebody is.
func (j *jar) secrets() (all []string) {
	for _, c := range j.all() {
		if len(c.value) >= leastToken || sessionName.MatchString(c.name) {
			all = append(all, c.value)
		}
	}
	return all
}

// kept says why nothing that the visits send would show who they are; "" when something does.
func (m *mix) kept(s *pass) string {
	if len(s.captured) > 0 {
		return ""
	}
	for i := range m.login.steps[0].request {
		if len(s.jar.Cookies(m.shots[i].url)) > 0 {
			return ""
		}
	}
	cookies := s.jar.all()
	if len(cookies) == 0 {
		return "no answer set a cookie, and nothing is captured: the visits would have nothing that shows who they are"
	}
	why := "it is for another host or path"
	if m.base.Scheme == "http" {
		why = "it is for https only (Secure), or for another host or path"
	}
	return fmt.Sprintf("its cookie %s would not be sent by any step of a visit: %s", cookies[0].name, why)
}
