package explain_test

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/explain"
)

// What is told of requests of one session that waited for each other, or may have.
func TestSessionLockIsTold(t *testing.T) {
	lock := func(confidence float64) *reports.LockedSessions {
		l := &reports.LockedSessions{Requests: []string{"cart"}, Sessions: 1, Turns: 98, Evidence: []string{"99 answers came one after the other"}}
		if confidence > 0 {
			l.Confidence = new(confidence)
		}
		return l
	}
	slowed := func(r *reports.Report, c float64) {
		r.SessionLock, r.Slowdowns = lock(c), []reports.Slowdown{{FromS: 5, Cause: reports.SessionLock, Confidence: new(c)}}
	}
	well := func() *madeup.Scenario { return madeup.NewScenario(madeup.Phase("load", 20*madeup.Second)).Drive(nil) }
	const (
		good     = "All 160 requests were answered well, half of them within 100 ms and 99% within 100 ms."
		failed   = "103 of 200 requests failed (52%: 103 × 502); 502s began 1.5 s into the run at 20 requests/s: requests of one session waited for each other (the site locks a session while a request uses it) and held the workers, and the queue behind them filled."
		remedy   = "Pages that release the session before their work (session_write_close, read_and_close) would not wait; and how much the site carries is seen with a session for each visitor."
		release  = "Release the session before the work: session_write_close(), or session_start(['read_and_close' => true]) where a page only reads it"
		own      = "Give each visitor a session of its own to see what the site carries"
		tellsOwn = "Give each visitor a session of its own, and run this again: data: [{name: session, file: sessions.csv}], or sessions: for visits"
	)
	for _, row := range []struct {
		name   string
		run    *madeup.Scenario
		set    func(r *reports.Report)
		want   string
		advice []string // how they begin
	}{
		{"slow answers", well(), func(r *reports.Report) { slowed(r, 0.93) },
			good + " Answers were slow from 5 s on: requests of one session (cart) waited for each other, as the site locks a session while a request uses it. " + remedy, []string{release, own}},
		{"slow answers, probably", well(), func(r *reports.Report) { slowed(r, 0.75) },
			good + " Answers were slow from 5 s on: probably requests of one session (cart) waited for each other, as the site locks a session while a request uses it. " + remedy, []string{release, own}},
		{"errors", overload(), func(r *reports.Report) { slowed(r, 0.93); cause(r, reports.SessionLock, 0.93) },
			failed + " " + remedy, []string{release, own}},
		{"one worker or a lock", well(), func(r *reports.Report) { r.SessionLock = lock(0) },
			good + " Answers to requests of one session (cart) came one after the other: there is one worker, or a lock on the session; to tell, give each visitor a session of its own.", []string{tellsOwn}},
		{"one worker or a lock, of lent sessions", well(), func(r *reports.Report) { r.SessionLock, r.Sessions = lock(0), &reports.Sessions{Count: 2} },
			good + " Answers to requests of one session (cart) came one after the other: there is one worker, or a lock on the session; to tell, give each visitor a session of its own.",
			[]string{"Give each visitor a session of its own, and run this again: with more than 2 in sessions.count"}},
		{"a lock that did no harm", well(), func(r *reports.Report) { r.SessionLock = lock(0.93) },
			good + " Requests of one session (cart) waited for each other: the site locks a session while a request uses it.", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := without(t, row.run)
			row.set(r)
			if got := diagnosed(t, row.run, row.set); got != row.want {
				t.Errorf("\n got %s\nwant %s", got, row.want)
			}
			advice := explain.Advice(r)
			for i, want := range row.advice {
				if i >= len(advice) || !strings.HasPrefix(advice[i].Text, want) {
					t.Fatalf("got advice %+v, want %q", advice, row.advice)
				}
			}
			if len(row.advice) == 0 && len(advice) > 0 {
				t.Errorf("got advice %+v, want none", advice)
			}
		})
	}
}
