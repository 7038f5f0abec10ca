package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// ownSession is what to do in a run whose requests share a session; `tailback check` says it too.
const ownSession = "give each visitor a session of its own"

// inTurn is what is told of requests of one session that came one after the other: that
// they waited for each other, unless an onset has said so; or that it can't be told
// whether they did; and what would help.
func inTurn(r *reports.Report) (list []sentence) {
	l := r.SessionLock
	switch {
	case l == nil:
		return nil
	case !l.Told():
		return ranked(because, "answers to requests of one session"+of(l)+" came one after the other: there is one worker, or a lock on the session; to tell, "+ownSession)
	case !lockSaid(r) && lockedSlowdown(r) == nil:
		return ranked(besides, probably(*l.Confidence)+"requests of one session"+of(l)+" waited for each other: the site locks a session while a request uses it")
	case !lockSaid(r):
		s := lockedSlowdown(r)
		list = ranked(because, "answers were slow from "+words.Moment(s.FromS)+" on: "+probably(*l.Confidence)+"requests of one session"+of(l)+" waited for each other, as the site locks a session while a request uses it")
	}
	return append(list, ranked(helps, "pages that release the session before their work (session_write_close, read_and_close) would not wait; and how much the site carries is seen with a session for each visitor")...)
}

// of names the requests, in brackets.
func of(l *reports.LockedSessions) string { return bracketed(words.Join(l.Requests)) }

// probably is put before what is not sure.
func probably(confidence float64) string {
	if confidence >= reports.Sure {
		return ""
	}
	return "probably "
}

// lockSaid reports whether the errors that are told of first came by a lock.
func lockSaid(r *reports.Report) bool {
	return slices.ContainsFunc(r.Onset, func(o reports.Onset) bool { return o.Cause == reports.SessionLock })
}

// lockedSlowdown is the first slowdown by a lock, or nil.
func lockedSlowdown(r *reports.Report) *reports.Slowdown {
	for i := range r.Slowdowns {
		if r.Slowdowns[i].Cause == reports.SessionLock {
			return &r.Slowdowns[i]
		}
	}
	return nil
}

// lockWords say why errors came of requests that waited for their session.
func lockWords(r *reports.Report, o *reports.Onset) string {
	text := "requests of one session waited for each other (the site locks a session while a request uses it)"
	if o.Code == 504 {
		return text + ", for longer than the gateway waits"
	}
	return text + " and held " + workersThe(r) + ", and the queue behind them filled"
}

// adviseOnLock is for requests that took turns: what lets them overlap, or what would tell.
func adviseOnLock(r *reports.Report) []reports.Advice {
	l := r.SessionLock
	switch {
	case l == nil || l.Told() && !lockSaid(r) && lockedSlowdown(r) == nil:
		return nil
	case !l.Told():
		return []reports.Advice{{Text: words.Capital(ownSession) + ", and run this again: " + more(r),
			Because: "one worker looks the same as a lock on the one session; " + strings.Join(l.Evidence, "; ")}}
	}
	where, _ := startsAt(r)
	return []reports.Advice{
		{Text: "Release the session before the work: session_write_close(), or session_start(['read_and_close' => true]) where a page only reads it" + after(", at ", where),
			Because: strings.Join(l.Evidence, "; ")},
		{Text: words.Capital(ownSession) + " to see what the site carries", Because: "visitors who share none do not wait for each other, and what was served here is bounded by the lock"},
	}
}

// more is how visitors come by sessions of their own.
func more(r *reports.Report) string {
	if r.Sessions != nil {
		return fmt.Sprintf("with more than %s in sessions.count, as many as visits are under way at once", words.Count(r.Sessions.Count))
	}
	return "data: [{name: session, file: sessions.csv}], or sessions: for visits"
}

// startsAt is where the slow log saw workers wait for a session, and how many.
func startsAt(r *reports.Report) (where string, n int64) {
	waits, _ := waitsOf(r, "")
	for _, w := range waits {
		if w.function == "session_start" {
			n += w.count
			where = cmp.Or(where, w.place)
		}
	}
	return where, n
}
