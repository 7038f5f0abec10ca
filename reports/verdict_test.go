package reports

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports/journal"
)

// healthy is ten good seconds of baseline and ten of a fault that did no harm.
func healthy() *scenario {
	return newScenario(phase("baseline", 10*second), phase("hang", 10*second)).drive(nil).fault("payments", "hang", 12*second, 15*second)
}

func ended(s *scenario, status, err string) *scenario {
	s.Outcome.Status, s.Outcome.Error = status, err
	return s
}

func TestVerdict(t *testing.T) {
	met, missed := "p99 < 1s", "p99 < 1ms"
	untouched := healthy().objectives(met)
	untouched.lastFault().Connections, untouched.lastFault().RequestsHeld = new(int64(0)), new(int64(0))
	idle := healthy().objectives(met)
	idle.lastFault().RequestsHeld = new(int64(0))
	foreign := healthy().objectives(met)
	foreign.lastFault().RequestsHeld, foreign.lastFault().Kind = new(int64(0)), "http_error"
	stuck := healthy().objectives(met)
	stuck.lastFault().UndoConfirmed = new(false)
	notUndone := func() *scenario {
		s := healthy().objectives(met)
		s.Outcome.Undone = false
		return s
	}
	killed := healthy().objectives(met)
	killed.Outcome = nil
	killedMissing := healthy().objectives(missed)
	killedMissing.Outcome = nil
	killedAfar := healthy().objectives(met)
	killedAfar.Outcome, killedAfar.Toxiproxy = nil, "http://127.0.0.1:8474"
	silent := newScenario(phase("load", 5*second))
	silent.Phases[0].Hits = 0
	drop := func(h *journal.Hit) {
		if h.Seq == 159 {
			h.Class, h.Code = journal.ClassDropped, 0
		}
	}
	lossy := newScenario(phase("one", 10*second), phase("two", 10*second)).drive(drop)
	dropped := newScenario(phase("load", 20*second)).drive(drop)
	warned := healthy().objectives(met)
	warned.events = append(warned.events, journal.Event{Kind: journal.Warning, Text: "look here"})
	lossyWarmup := newScenario(warmup(20*second), phase("load", 5*second)).drive(drop)

	for _, test := range []struct {
		name    string
		run     *scenario
		verdict Verdict
		exit    int
		warning string // part of one; empty when there must be none
	}{
		{"all objectives met", healthy().objectives(met, "errors < 1%"), Pass, 0, ""},
		{"no objectives", healthy(), None, 0, ""},
		{"one missed", healthy().objectives(met, missed), Fail, 1, ""},
		{"missed wins over one that can't be judged", healthy().objectives(missed, "nowhere: p99 < 1s"), Fail, 1, ""},
		{"one can't be judged", healthy().objectives(met, "nowhere: p99 < 1s"), Inconclusive, 3, ""},
		{"a fault that touched nothing", untouched, Inconclusive, 3, "the fault on payments (hang) touched no request: is the site configured to call payments through its proxy at 127.0.0.1:9901"},
		{"a fault with connections but no request", idle, Inconclusive, 3, "had 4 connections open"},
		{"an http_error that could answer nothing", foreign, Inconclusive, 3, "answered no request on 4 connections: did any request call payments while it was in force, and in plain HTTP?"},
		{"an undo that failed", stuck, Inconclusive, 3, "the fault on payments (hang) could not be shown to be lifted"},
		{"an undo of which the run is not sure", notUndone(), Inconclusive, 3, "not every fault could be shown to be lifted"},
		{"failed", ended(healthy().objectives(met), "failed", "write segment: disk full"), Inconclusive, 3, "disk full"},
		{"killed", killed, Inconclusive, 3, "its faults ended with it"},
		{"killed, its faults played elsewhere", killedAfar, Inconclusive, 3, "see whether tailback lift finds any at http://127.0.0.1:8474"},
		{"interrupted", ended(healthy().objectives(met), "interrupted", ""), Inconclusive, 130, "interrupted"},
		{"interrupted with a miss", ended(healthy().objectives(missed), "interrupted", ""), Fail, 130, "interrupted"},
		{"failed with a miss", ended(healthy().objectives(missed), "failed", "write segment: disk full"), Fail, 3, "disk full"},
		{"killed with a miss", killedMissing, Fail, 3, "its faults ended with it"},
		{"an undo that failed, with a miss", ended(notUndone().objectives(missed), "complete", ""), Fail, 3, "not every fault could be shown to be lifted"},
		{"interrupted, and an undo that failed", ended(notUndone(), "interrupted", ""), Inconclusive, 3, "not every fault could be shown to be lifted"},
		{"aborted, and an undo that failed", ended(notUndone(), "aborted", "a rule"), Inconclusive, 3, "stopped by a rule: no more was sent; the figures"},
		{"aborted", ended(healthy().objectives(met), "aborted", `abort_when "errors > 50% over 10s": 9 of 10`), Inconclusive, 3, "the run was stopped by abort_when \"errors > 50% over 10s\": 9 of 10: no more was sent"},
		{"aborted with a miss", ended(healthy().objectives(missed), "aborted", "a rule"), Fail, 3, "a rule"},
		{"nothing sent", silent, Inconclusive, 3, "no request outside the warm-up was sent"},
		{"a generator that failed, no objectives", dropped, Inconclusive, 3, "the load generator failed in phase load"},
		{"a generator that failed in another phase", lossy.objectives("one: p99 < 1s"), Pass, 0, "the load generator did not do all"},
		{"a generator that failed in the warm-up only", lossyWarmup, None, 0, "the load generator did not do all"},
		{"a warning of the run's own", warned, Pass, 0, "look here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.run.report(t)
			if r.Verdict != test.verdict || r.ExitCode != test.exit {
				t.Errorf("verdict, exit = %s, %d, want %s, %d; warnings %q", r.Verdict, r.ExitCode, test.verdict, test.exit, r.Warnings)
			}
			if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, test.warning) || test.warning == "" && all != "" {
				t.Errorf("warnings are %q, want %q", r.Warnings, test.warning)
			}
		})
	}
}
