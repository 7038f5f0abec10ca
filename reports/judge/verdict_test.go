package judge_test

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

func TestVerdict(t *testing.T) {
	met, missed := "p99 < 1s", "p99 < 1ms"
	untouched := madeup.Harmless().Asking(met)
	untouched.LastFault().Connections, untouched.LastFault().RequestsHeld = new(int64(0)), new(int64(0))
	idle := madeup.Harmless().Asking(met)
	idle.LastFault().RequestsHeld = new(int64(0))
	foreign := madeup.Harmless().Asking(met)
	foreign.LastFault().RequestsHeld, foreign.LastFault().Kind = new(int64(0)), "http_error"
	stuck := madeup.Harmless().Asking(met)
	stuck.LastFault().UndoConfirmed = new(false)
	notUndone := func() *madeup.Scenario {
		s := madeup.Harmless().Asking(met)
		s.Outcome.Undone = false
		return s
	}
	killed := madeup.Harmless().Asking(met)
	killed.Outcome = nil
	killedMissing := madeup.Harmless().Asking(missed)
	killedMissing.Outcome = nil
	killedAfar := madeup.Harmless().Asking(met)
	killedAfar.Outcome, killedAfar.Toxiproxy = nil, "http://127.0.0.1:8474"
	silent := madeup.NewScenario(madeup.Phase("load", 5*madeup.Second))
	silent.Phases[0].Hits = 0
	drop := func(h *journal.Hit) {
		if h.Seq == 159 {
			h.Class, h.Code = journal.ClassDropped, 0
		}
	}
	lossy := madeup.NewScenario(madeup.Phase("one", 10*madeup.Second), madeup.Phase("two", 10*madeup.Second)).Drive(drop)
	dropped := madeup.NewScenario(madeup.Phase("load", 20*madeup.Second)).Drive(drop)
	warned := madeup.Harmless().Asking(met)
	warned.Events = append(warned.Events, journal.Event{Kind: journal.Warning, Text: "look here"})
	lossyWarmup := madeup.NewScenario(madeup.Warmup(20*madeup.Second), madeup.Phase("load", 5*madeup.Second)).Drive(drop)

	for _, test := range []struct {
		name    string
		run     *madeup.Scenario
		verdict reports.Verdict
		exit    int
		warning string // part of one; empty when there must be none
	}{
		{"all objectives met", madeup.Harmless().Asking(met, "errors < 1%"), reports.Pass, 0, ""},
		{"no objectives", madeup.Harmless(), reports.None, 0, ""},
		{"one missed", madeup.Harmless().Asking(met, missed), reports.Fail, 1, ""},
		{"missed wins over one that can't be judged", madeup.Harmless().Asking(missed, "nowhere: p99 < 1s"), reports.Fail, 1, ""},
		{"one can't be judged", madeup.Harmless().Asking(met, "nowhere: p99 < 1s"), reports.Inconclusive, 3, ""},
		{"a fault that touched nothing", untouched, reports.Inconclusive, 3, "the fault on payments (hang) touched no request: is the site configured to call payments through its proxy at 127.0.0.1:9901"},
		{"a fault with connections but no request", idle, reports.Inconclusive, 3, "had 4 connections open"},
		{"an http_error that could answer nothing", foreign, reports.Inconclusive, 3, "answered no request on 4 connections: did any request call payments while it was in force, and in plain HTTP?"},
		{"an undo that failed", stuck, reports.Inconclusive, 3, "the fault on payments (hang) could not be shown to be lifted"},
		{"an undo of which the run is not sure", notUndone(), reports.Inconclusive, 3, "not every fault could be shown to be lifted"},
		{"failed", madeup.Harmless().Asking(met).Ended("failed", "write segment: disk full"), reports.Inconclusive, 3, "disk full"},
		{"killed", killed, reports.Inconclusive, 3, "its faults ended with it"},
		{"killed, its faults played elsewhere", killedAfar, reports.Inconclusive, 3, "see whether tailback lift finds any at http://127.0.0.1:8474"},
		{"interrupted", madeup.Harmless().Asking(met).Ended("interrupted", ""), reports.Inconclusive, 130, "interrupted"},
		{"interrupted with a miss", madeup.Harmless().Asking(missed).Ended("interrupted", ""), reports.Fail, 130, "interrupted"},
		{"failed with a miss", madeup.Harmless().Asking(missed).Ended("failed", "write segment: disk full"), reports.Fail, 3, "disk full"},
		{"killed with a miss", killedMissing, reports.Fail, 3, "its faults ended with it"},
		{"an undo that failed, with a miss", notUndone().Asking(missed).Ended("complete", ""), reports.Fail, 3, "not every fault could be shown to be lifted"},
		{"interrupted, and an undo that failed", notUndone().Ended("interrupted", ""), reports.Inconclusive, 3, "not every fault could be shown to be lifted"},
		{"aborted, and an undo that failed", notUndone().Ended("aborted", "a rule"), reports.Inconclusive, 3, "stopped by a rule: no more was sent; the figures"},
		{"aborted", madeup.Harmless().Asking(met).Ended("aborted", `abort_when "errors > 50% over 10s": 9 of 10`), reports.Inconclusive, 3, "the run was stopped by abort_when \"errors > 50% over 10s\": 9 of 10: no more was sent"},
		{"aborted with a miss", madeup.Harmless().Asking(missed).Ended("aborted", "a rule"), reports.Fail, 3, "a rule"},
		{"nothing sent", silent, reports.Inconclusive, 3, "no request outside the warm-up was sent"},
		{"a generator that failed, no objectives", dropped, reports.Inconclusive, 3, "the load generator failed in phase load"},
		{"a generator that failed in another phase", lossy.Asking("one: p99 < 1s"), reports.Pass, 0, "the load generator did not do all"},
		{"a generator that failed in the warm-up only", lossyWarmup, reports.None, 0, "the load generator did not do all"},
		{"a warning of the run's own", warned, reports.Pass, 0, "look here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := judged(t, test.run)
			if r.Verdict != test.verdict || r.ExitCode != test.exit {
				t.Errorf("verdict, exit = %s, %d, want %s, %d; warnings %q", r.Verdict, r.ExitCode, test.verdict, test.exit, r.Warnings)
			}
			if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, test.warning) || test.warning == "" && all != "" {
				t.Errorf("warnings are %q, want %q", r.Warnings, test.warning)
			}
		})
	}
}

// Why nothing could be concluded is the first thing that spoils the run, or else the
// first objective that can't be judged; a run that concluded something has no such reason.
func TestVerdictWhy(t *testing.T) {
	untouched := madeup.Harmless().Asking("nowhere: p99 < 1s")
	untouched.LastFault().Connections, untouched.LastFault().RequestsHeld = new(int64(0)), new(int64(0))
	for _, row := range []struct {
		run  *madeup.Scenario
		want string // begins with
	}{
		{untouched, "the fault on payments (hang) touched no request: "},
		{madeup.Harmless().Asking("p99 < 1s", "nowhere: p99 < 1s", "never: ok > 1%"), `objective "nowhere: p99 < 1s" could not be judged: `},
		{madeup.Harmless().Asking("p99 < 1s"), ""},
		{madeup.Harmless().Asking("p99 < 1ms", "nowhere: p99 < 1s"), ""},
	} {
		if got := judged(t, row.run).VerdictWhy; !strings.HasPrefix(got, row.want) || row.want == "" && got != "" {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}
