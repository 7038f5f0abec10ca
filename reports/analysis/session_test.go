package analysis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// lockSite is a pool in order of arrival whose cart, request 0, holds the lock of its
// session while it works, as a worker does that waits for it; its list, request 1, does not.
type lockSite struct {
	workers, slots int
	locks          bool
	free           []time.Duration
	lock           map[int32]time.Duration
	inside         []time.Duration
}

const cartTakes, listTakes = 100 * madeup.Millisecond, 60 * madeup.Millisecond

func (s *lockSite) answer(h *journal.Hit) {
	if s.free == nil {
		s.free, s.lock = make([]time.Duration, s.workers), map[int32]time.Duration{}
	}
	s.inside = slices.DeleteFunc(s.inside, func(done time.Duration) bool { return done <= h.Sent })
	if s.slots > 0 && len(s.inside) >= s.workers+s.slots {
		h.Done, h.Code, h.Class, h.Answerer = h.Sent+madeup.Millisecond, 502, journal.ClassStatus, journal.AnswererGateway
		return
	}
	at := max(h.Sent, s.free[0])
	if h.Request == 0 {
		if s.locks && h.Session > 0 {
			at = max(at, s.lock[h.Session])
		}
		h.Done = at + cartTakes
		s.lock[h.Session] = h.Done
	} else {
		h.Done = at + listTakes
	}
	s.free[0] = h.Done
	slices.Sort(s.free)
	s.inside = append(s.inside, h.Done)
}

// shopping is a run of 10 s at 2/s and 20 s at hz: which of every ten requests are the
// cart, and with which session each is sent, hit by hit.
func shopping(site *lockSite, hz float64, carts int, session func(h *journal.Hit, dice *rand.Rand) int32) *madeup.Scenario {
	phase := func(name string, length time.Duration, hz float64) journal.PhaseSpan {
		p := madeup.Phase(name, length)
		p.Hits, p.RateFrom, p.RateTo, p.RateMean = uint64(hz*length.Seconds()), hz, hz, hz
		return p
	}
	dice := rand.New(rand.NewPCG(7, 7))
	s := madeup.NewScenario(phase("calm", 10*madeup.Second, 2), phase("busy", 20*madeup.Second, hz))
	s.Requests = []string{"cart", "list"}
	s.Drive(func(h *journal.Hit) {
		if dice.IntN(10) >= carts {
			h.Request = 1
		}
		h.Session = session(h, dice)
		site.answer(h)
	})
	last := slices.MaxFunc(s.Hits, func(x, y journal.Hit) int { return int(max(min(x.Done-y.Done, 1), -1)) })
	s.Outcome.EndNS = int64(max(last.Done, 30*madeup.Second))
	return s
}

// The ways to send sessions.
func one(*journal.Hit, *rand.Rand) int32 { return 1 }

func onCarts(h *journal.Hit, _ *rand.Rand) int32 { return 1 - h.Request }

func byChance(n int32) func(*journal.Hit, *rand.Rand) int32 {
	return func(_ *journal.Hit, dice *rand.Rand) int32 { return 1 + dice.Int32N(n) }
}

func inTurn(n uint64) func(*journal.Hit, *rand.Rand) int32 {
	return func(h *journal.Hit, _ *rand.Rand) int32 { return int32(1 + h.Seq%n) }
}

// A cart takes 0.1 s, so that a session that locks carries 10 of them a second, and a
// worker as many: a lock is told from workers only where something else shows that
// there are more of these.
func TestSessionLock(t *testing.T) {
	starts := journal.Observation{Source: journal.PHPSlowLog, Kind: journal.Waiting, AtNS: int64(20 * madeup.Second), Count: 5, Text: "session_start() called at cart.php:3"}
	busy := journal.Observation{Source: journal.PHPFPMStatus, Kind: journal.Gauge, Pool: &journal.Pool{Total: 8, Active: 6}}
	readings := []journal.Observation{busy, busy, busy}
	for i := range readings {
		readings[i].AtNS = int64(time.Duration(15+i) * madeup.Second)
	}
	const none, either = 0, -1
	for name, row := range map[string]struct {
		site *lockSite
		run  func(*lockSite) *madeup.Scenario
		said []journal.Observation
		sure float64 // none, either, or the confidence
	}{
		// 8 to 9 carts a second more than the lock carries wait; 6 lists a second have seven workers.
		"one session, beside pages without": {&lockSite{workers: 8, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 18, 7, onCarts) }, nil, 0.75},
		// The list has the cookie too, and no lock: it is beside the carts all the same.
		"pages with the session that do not start it": {&lockSite{workers: 8, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 18, 7, one) }, nil, 0.75},
		"three sessions":                          {&lockSite{workers: 8, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 36, 10, byChance(3)) }, nil, 0.93},
		"three sessions, refused":                 {&lockSite{workers: 4, slots: 17, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 40, 10, byChance(3)) }, nil, 0.93},
		"one session for all":                     {&lockSite{workers: 8, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 12, 10, one) }, nil, either},
		"one worker":                              {&lockSite{workers: 1}, func(s *lockSite) *madeup.Scenario { return shopping(s, 12, 10, one) }, nil, either},
		"one worker, pages without a session":     {&lockSite{workers: 1}, func(s *lockSite) *madeup.Scenario { return shopping(s, 14, 7, onCarts) }, nil, either},
		"one session for all, with a slow log":    {&lockSite{workers: 8, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 12, 10, one) }, []journal.Observation{starts}, 0.97},
		"one session for all, with a status page": {&lockSite{workers: 8, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 12, 10, one) }, readings, 0.65},
		"no lock": {&lockSite{workers: 4}, func(s *lockSite) *madeup.Scenario { return shopping(s, 48, 10, one) }, nil, none},
		"no lock, and a slow log of others' sessions": {&lockSite{workers: 4}, func(s *lockSite) *madeup.Scenario { return shopping(s, 48, 10, one) }, []journal.Observation{starts}, none},
		"sessions of their own":                       {&lockSite{workers: 4, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 48, 10, inTurn(10_000)) }, nil, none},
		// As many sessions as workers, one after the other, are served as by a lock.
		"in turn, as many as workers": {&lockSite{workers: 3}, func(s *lockSite) *madeup.Scenario { return shopping(s, 36, 10, inTurn(3)) }, nil, either},
		"in turn, three times that":   {&lockSite{workers: 3}, func(s *lockSite) *madeup.Scenario { return shopping(s, 36, 10, inTurn(9)) }, nil, none},
		"few at a time":               {&lockSite{workers: 4, locks: true}, func(s *lockSite) *madeup.Scenario { return shopping(s, 5, 10, one) }, nil, none},
	} {
		t.Run(name, func(t *testing.T) {
			r := withLogs(row.run(row.site), t, row.said)
			l, w := r.SessionLock, r.Pool.Workers
			slow := slices.ContainsFunc(r.Slowdowns, func(s reports.Slowdown) bool { return s.Cause == reports.SessionLock && s.Phase == "busy" })
			switch {
			case row.sure == none && (l != nil || slow), row.sure == either && (l == nil || l.Confidence != nil || slow):
				t.Errorf("got %+v, slow by it: %v", l, slow)
			case row.sure > none && (l == nil || l.Confidence == nil || *l.Confidence != row.sure || !slow || !slices.Equal(l.Requests, []string{"cart"})):
				t.Errorf("got %+v, slow by it: %v, want it of the cart with confidence %v", l, slow, row.sure)
			}
			if row.sure != none && (w != nil && w.Value != 8 || !strings.Contains(r.Pool.Unknown["capacity_hz"], "session of its own")) {
				t.Errorf("got %v workers, %+v: want none by what was served", w, r.Pool.Unknown)
			}
			if by := slices.ContainsFunc(r.Onset, func(o reports.Onset) bool { return o.Cause == reports.SessionLock }); by != (row.site.slots > 0) {
				t.Errorf("got onsets %+v", r.Onset)
			}
			if text := fmt.Sprint(r.Summary, r.Details, r.Advice); row.sure != none && !strings.Contains(text, "session of its own") && !strings.Contains(text, "session for each visitor") {
				t.Errorf("got %s, want that each visitor is to have a session of its own", text)
			}
		})
	}
}

// Two calls that hang are two workers if the request behind them waited for neither of
// their sessions: had there been a third worker, it would have called. Where those behind
// them share their sessions, these may hold further workers, and there is no figure.
func TestWorkersOfSharedSessions(t *testing.T) {
	for name, row := range map[string]struct {
		session func(seq uint64) uint64
		ahead   int // how many wait before the first that does not; 0: two workers
	}{
		"own":   {func(seq uint64) uint64 { return seq }, 0},
		"three": {func(seq uint64) uint64 { return seq % 3 }, 0},
		// The fault begins with request 17 s * 8/s = 136, which is 0 of 8: 0, 1, 0, 1, 0, 1, 0, 2.
		"two of three first": {func(seq uint64) uint64 { return []uint64{0, 1, 0, 1, 0, 1, 0, 2}[seq%8] }, 5},
	} {
		m := &madeup.MadeUp{Workers: 2, Slots: 17, Own: 100 * madeup.Millisecond, Share: 1}
		s := m.Play(madeup.NewScenario(madeup.Phase("baseline", 15*madeup.Second), madeup.Phase("hang", 15*madeup.Second), madeup.Phase("recovery", 10*madeup.Second)), 17*madeup.Second, 27*madeup.Second)
		for i := range s.Hits {
			s.Hits[i].Session = int32(1 + row.session(s.Hits[i].Seq))
		}
		r := withLogs(s, t, nil)
		why := fmt.Sprintf("2 calls waited at once, and right behind them %d requests whose session", row.ahead)
		switch w := r.Pool.Workers; {
		case row.ahead > 0 && (w != nil || !strings.Contains(r.Pool.Unknown["workers"], why)):
			t.Errorf("%s: got %+v, %q, want none: %s", name, w, r.Pool.Unknown["workers"], why)
		case row.ahead == 0 && (w == nil || w.Value != 2 || w.Low != w.High):
			t.Errorf("%s: got %+v, %q, want 2", name, w, r.Pool.Unknown["workers"])
		}
	}
}
