package diagnose

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// When requests of one session are said to take turns: so many answers came one after
// the other while others waited, nearly all of them as far apart as if the second had
// begun when the first was done, and by the mean about as far as that takes: Redis is
// asked for a lock every 20 ms, and other requests may take the workers in between.
const (
	fewTurns = 12
	allTurns = 0.95
	fullTurn = 0.75
	idleTurn = 1.6
	idleS    = 0.03
)

// What shows that there was a worker free for those who waited: so many other requests
// meanwhile, and such a share of them that did not wait.
const (
	fewFree  = 10
	freeWhen = 0.5
	freeNext = 0.3
)

// fewStarts is how many waits in session_start() a slow log must have.
const fewStarts = 3

// How sure a lock is by what shows that a worker was free: pages of the same kind, with
// another session, or others, which may have workers, or a lock, of their own; workers
// that were busy although no two were answered at once; the slow log itself.
const (
	byAlike  = 0.93
	byOthers = 0.75
	byBusy   = 0.65
	byStarts = 0.97
)

// SessionLock is whether requests of one session waited for each other, as far as that
// can be told; nil when nothing shows it.
func SessionLock(run *measure.Run) *reports.LockedSessions {
	l := &reports.LockedSessions{Requests: []string{}, Evidence: []string{}}
	l.Starts = run.SessionStarts(0, run.End)
	s := run.Sessions
	turns := s != nil && takesTurns(s)
	overlapped := s != nil && (s.Pairs >= fewTurns || !slices.Contains(s.Serial, true))
	if !turns && (l.Starts < fewStarts || overlapped) {
		return nil // what the slow log saw held up nobody of this run
	}
	if turns {
		l.Sessions, l.Turns = int64(s.Numbers), s.Pairs
		for r, serial := range s.Serial {
			if serial {
				l.Requests = append(l.Requests, run.Manifest.Requests[r])
			}
		}
		l.Evidence = append(l.Evidence, fmt.Sprintf("%s to requests with %s (%s) came one after the other while more of them waited, %s apart in the mean; each takes %s by itself",
			words.Number(s.Pairs+1, "answer"), words.Either(l.Sessions, "one session", "the same session"), words.Join(l.Requests), words.Span(s.GapS), words.Span(s.GapOwnS)))
	}
	best := 0.0
	for _, sign := range []func(*measure.Run, *reports.LockedSessions) (float64, string){signOfOthers, signOfBetween, signOfBusy, signOfStarts} {
		if sure, text := sign(run, l); text != "" {
			best = max(best, sure)
			l.Evidence = append(l.Evidence, text)
		}
	}
	if best > 0 {
		l.Confidence = new(best)
	}
	return l
}

// takesTurns reports whether no two requests of a session were at work at once.
func takesTurns(s *measure.Sessions) bool {
	return s.Pairs >= fewTurns && float64(s.Apart) >= allTurns*float64(s.Pairs) && s.GapS >= fullTurn*s.GapOwnS && s.GapS <= idleTurn*s.GapOwnS+idleS
}

// freeOf is how sure others that did not wait make it.
func freeOf(m measure.Meanwhile, share float64) (sure float64, n, free int64) {
	switch {
	case m.Alike >= fewFree && float64(m.FreeAlike) >= share*float64(m.Alike):
		return byAlike, m.Alike, m.FreeAlike
	case m.N >= fewFree && float64(m.Free) >= share*float64(m.N):
		return byOthers, m.N, m.Free
	}
	return 0, 0, 0
}

// signOfOthers is of requests of other sessions, or of none, that were answered at once
// while these waited: workers were free.
func signOfOthers(run *measure.Run, l *reports.LockedSessions) (float64, string) {
	if l.Turns == 0 {
		return 0, ""
	}
	sure, n, free := freeOf(run.Sessions.Beside, freeWhen)
	if sure == 0 {
		return 0, ""
	}
	return sure, fmt.Sprintf("meanwhile %s of %s with another session, or none, were answered at once: there were free workers", words.Count(free), words.Number(n, "request"))
}

// signOfBetween is of requests of one session that did not overlap where others did, and
// where they would have, had sessions made no difference: two that were sent one after
// the other, or as many as by chance.
func signOfBetween(run *measure.Run, l *reports.LockedSessions) (float64, string) {
	s := run.Sessions
	if l.Turns == 0 || s.Chance < fewTurns && (s.Next < fewTurns || float64(s.NextApart) < allTurns*float64(s.Next)) {
		return 0, ""
	}
	sure, n, free := freeOf(s.Between, freeNext)
	if sure == 0 {
		return 0, ""
	}
	return sure, fmt.Sprintf("they overlapped with requests of another session, or none, in %s of %s: there was more than one worker", words.Count(free), words.Number(n, "case"))
}

// signOfBusy is of a status page that tells of several busy workers while one answer
// came after the other: the others waited, for this or for another lock.
func signOfBusy(run *measure.Run, l *reports.LockedSessions) (float64, string) {
	var busy, readings int64
	for _, o := range run.Observed {
		if l.Turns > 0 && o.Kind == journal.Gauge && o.Pool != nil && run.Within(o) {
			readings++
			if o.Pool.Active >= l.Sessions+2 { // one may answer the page
				busy++
			}
		}
	}
	if busy < fewStarts {
		return 0, ""
	}
	return byBusy, fmt.Sprintf("php-fpm's status page told of at least %d busy workers in %s of %s: some waited for others", l.Sessions+2, words.Count(busy), words.Number(readings, "reading"))
}

// signOfStarts is of a slow log.
func signOfStarts(_ *measure.Run, l *reports.LockedSessions) (float64, string) {
	if l.Starts < fewStarts {
		return 0, ""
	}
	return byStarts, fmt.Sprintf("the slow log has %s of workers in session_start()", words.Number(l.Starts, "wait"))
}

// whyLocked says why what was served, and how many calls waited, do not tell of workers;
// "" where nothing shows that requests took turns.
func whyLocked(l *reports.LockedSessions) string {
	switch {
	case l == nil:
		return ""
	case l.Told():
		return "requests of one session waited for each other (a lock on sessions), so that they tell nothing of how many workers there are; give each visitor a session of its own"
	}
	return "requests of one session came one after the other: " + oneAtATime
}

// asSessions says why calls that waited do not tell of workers where no more of them did
// than there are sessions: one of each may be at work, and others that wait for it hold
// workers as well. Where requests of one session were seen to overlap it is "".
func asSessions(run *measure.Run, counted *reports.Estimate) string {
	s := run.Sessions
	if s == nil || counted == nil || s.Numbers < 2 || math.Round(counted.Value) > float64(s.Numbers) || !slices.Contains(s.Serial, true) {
		return ""
	}
	if int(math.Round(counted.Value)) == s.Numbers {
		return fmt.Sprintf("as many calls waited at once as the requests have sessions, %d: these are the workers, or the site locks each session; to tell, give each visitor a session of its own", s.Numbers)
	}
	var ahead int64
	for _, f := range run.Faults {
		ahead = max(ahead, s.Ahead(lastSeen(run, f), int(math.Round(counted.Value))))
	}
	if ahead == 0 {
		return ""
	}
	return fmt.Sprintf("%s waited at once, and right behind them %s whose session had another under way: these held workers too if the site locks sessions; to tell, give each visitor a session of its own",
		words.Number(int64(math.Round(counted.Value)), "call"), words.Number(ahead, "request"))
}

// lastSeen is the last moment under a fault at which all that is in the site is seen:
// what is given up goes on unseen.
func lastSeen(run *measure.Run, f *measure.Fault) time.Duration {
	end := run.End
	if f.Lifted != nil {
		end = *f.Lifted
	}
	return min(end, time.Duration(run.Cells.FirstGiveUp())*run.Cells.Width) - run.Cells.Width
}
