package measure

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// maxSessionHits is how many hits are held against each other at most, 6 MB of them;
// of more, stretches of sessionBlock are left out, evenly over the run.
const (
	maxSessionHits = 200_000
	sessionBlock   = 20 * time.Second
)

// sessionHit is a hit that was in the site.
type sessionHit struct {
	sent, done       time.Duration
	session, request int32
	phase            int32
	served, good     bool
	rank             int32 // in the order of sending
}

// sessionCounter keeps the hits of a run some of which were sent with a session that
// others have too, while no fault was in force and before anybody gave up: what was
// given up goes on unseen, and may hold its session's lock.
type sessionCounter struct {
	cells *Cells
	out   []bool // of account
	each  int64  // of so many blocks one is kept
	hits  []sessionHit
	all   []sessionHit // also those that are out of account, as long as there is room
}

// newSessions is nil where no hit has a session by number.
func (run *Run) newSessions(with int64) *sessionCounter {
	if with < Few {
		return nil
	}
	all := run.Cells.TotalSent()
	return &sessionCounter{cells: run.Cells, out: run.besideFaults(), each: (all + maxSessionHits - 1) / maxSessionHits}
}

// besideFaults says of each cell up to the first in which anybody gave up whether it
// is out of account: a fault is in force, or was just lifted.
func (run *Run) besideFaults() []bool {
	out, after := run.FaultyCells(0), 0
	for c := range out {
		switch {
		case out[c]:
			after = afterLifting * run.Cells.PerSecond()
		case after > 0:
			out[c], after = true, after-1
		}
	}
	return out[:min(len(out), run.Cells.FirstGiveUp())]
}

func (s *sessionCounter) add(h *journal.Hit) {
	if !inFlight(h) || refusedAtOnce(h) || int64(h.Done/sessionBlock)%s.each != 0 {
		return
	}
	one := sessionHit{sent: h.Sent, done: h.Done, session: h.Session, request: h.Request, phase: h.Phase,
		served: servedByApp(h), good: h.Class == journal.ClassOK}
	s.all = append(s.all, one)
	sent, done := s.cells.Cell(h.Sent), s.cells.Cell(h.Done)
	if done < len(s.out) && !s.out[sent] && !s.out[done] {
		s.hits = append(s.hits, one)
	}
}

// Sessions are how requests of one session met each other, and others.
type Sessions struct {
	// Numbers is of how many sessions the requests were, also those during faults.
	Numbers int
	// With is how many of the requests had a session, of All that were looked at.
	With, All int64
	// Own is how long each request takes that waits for nobody, by number.
	Own []OwnTime
	// Serial says which requests never overlapped those of their session, by number;
	// what follows is of these.
	Serial []bool
	// Pairs are answers to requests of one session, one after the other, while at least
	// two more of them waited; Apart those of which the second came no sooner than it
	// would have if it had begun when the first was done. Next and NextApart are those of
	// requests that were sent one after the other, with none of another session between.
	Pairs, Apart    int64
	Next, NextApart int64
	// Chance is how many pairs would have been less apart had it been chance whose
	// requests were answered next; 0 where sessions did not come in an order of chance.
	Chance float64
	// GapS and GapOwnS are how far apart the pairs were, and how long the second takes by
	// itself, both by the mean, seconds.
	GapS, GapOwnS float64
	// Beside are the requests of no session, or of one that nobody waited for, that were
	// sent while requests of another session waited for each other.
	Beside Meanwhile
	// Between are answers that came next after one of another session, where others waited for one of the two.
	Between Meanwhile
	// Waits are those that were sent while another of their session was under way, by phase.
	Waits []PhaseWaits
	all   []sessionHit
}

// Meanwhile counts requests: Free are those that plainly did not wait for the others.
// Alike are those of the same kind as some that waited, and FreeAlike the free of these.
type Meanwhile struct{ N, Free, Alike, FreeAlike int64 }

// OwnTime is how long a request takes by itself: the fastest tenth, and the middle, seconds.
type OwnTime struct {
	Low, Mid float64
	N        int64
}

// PhaseWaits are good answers of a phase to requests that take turns.
type PhaseWaits struct {
	N, Met int64 // Met: another of the session was under way when it was sent
	MidS   float64
	OwnS   float64 // the middle of what they take by themselves, by the mean over them
}

// finish works out what the hits come to.
func (s *sessionCounter) finish(requests, phases int) *Sessions {
	if s == nil {
		return nil
	}
	sorted := func(hits []sessionHit) {
		slices.SortFunc(hits, func(x, y sessionHit) int { return int(max(min(x.done-y.done, 1), -1)) })
	}
	sorted(s.hits)
	sorted(s.all)
	p := newSessionPairs(s.hits, requests)
	r := &Sessions{All: int64(len(s.hits)), all: s.all}
	numbers := map[int32]bool{}
	for _, h := range s.all {
		numbers[h.session] = true
	}
	delete(numbers, 0)
	for _, h := range s.hits {
		if h.session > 0 {
			r.With++
		}
	}
	r.Numbers = len(numbers)
	p.measure(r)
	r.Waits = p.waits(phases)
	return r
}

// WaitingAt is how many of the requests in the site at t waited for another of their
// session, as far as they take turns, of how many there were.
func (s *Sessions) WaitingAt(t time.Duration) (waiting, inside int64) {
	held := map[int32]int64{}
	for _, h := range s.all {
		if h.sent > t || h.done < t {
			continue
		}
		inside++
		if h.session > 0 && s.Serial[h.request] {
			if held[h.session]++; held[h.session] > 1 {
				waiting++
			}
		}
	}
	return waiting, inside
}

// Ahead is how many of the requests in the site at t waited for another of their session,
// as far as they take turns, and had come before the queue began if n requests that
// waited for none held workers: where first come is first served, they held one too.
func (s *Sessions) Ahead(t time.Duration, n int) (waiting int64) {
	var inside []sessionHit
	for _, h := range s.all {
		if h.sent <= t && h.done >= t {
			inside = append(inside, h)
		}
	}
	slices.SortFunc(inside, func(x, y sessionHit) int { return cmp.Compare(x.sent, y.sent) })
	held := map[int32]bool{}
	for _, h := range inside {
		switch turns := h.session > 0 && s.Serial[h.request]; {
		case turns && held[h.session]:
			waiting++
			continue
		case n == 0:
			return waiting
		case turns:
			held[h.session] = true
		}
		n--
	}
	return waiting
}

func middle(h *stats.Histogram) float64 { return time.Duration(h.Quantile(0.5)).Seconds() }

// SessionStarts counts the waits in session_start() that the slow log has of [from, to).
func (run *Run) SessionStarts(from, to time.Duration) (n int64) {
	for _, o := range run.Observed {
		if at := time.Duration(o.AtNS); o.Kind == journal.Waiting && at >= from && at < to && strings.HasPrefix(o.Text, "session_start() ") {
			n += max(o.Count, 1)
		}
	}
	return n
}
