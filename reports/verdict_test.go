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
	untouched.lastFault().Connections, untouched.lastFault().RequestsHeld = ptr(int64(0)), ptr(int64(0))
	idle := healthy().objectives(met)
	idle.lastFault().RequestsHeld = ptr(int64(0))
	stuck := healthy().objectives(met)
	stuck.lastFault().UndoConfirmed = ptr(false)
	notUndone := healthy().objectives(met)
	notUndone.Outcome.Undone = false
	killed := healthy().objectives(met)
	killed.Outcome = nil
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
		{"a fault that touched nothing", untouched, Inconclusive, 3, "the fault on payments (hang) touched no request: is the site routed through its proxy (dependencies[].listen"},
		{"a fault with connections but no request", idle, Inconclusive, 3, "had 4 connections open"},
		{"an undo that failed", stuck, Inconclusive, 3, "the fault on payments (hang) could not be shown to be lifted"},
		{"an undo of which the run is not sure", notUndone, Inconclusive, 3, "not every fault could be shown to be lifted"},
		{"failed", ended(healthy().objectives(met), "failed", "write segment: disk full"), Inconclusive, 3, "disk full"},
		{"killed", killed, Inconclusive, 3, "the run was killed"},
		{"interrupted", ended(healthy().objectives(met), "interrupted", ""), Inconclusive, 130, "interrupted"},
		{"interrupted with a miss", ended(healthy().objectives(missed), "interrupted", ""), Fail, 130, "interrupted"},
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

func TestExercised(t *testing.T) {
	none, some := ptr(int64(0)), ptr(int64(5))
	for _, test := range []struct {
		name, kind        string
		held, connections *int64
		routed            bool
		want              bool
	}{
		{"a hang that held requests", "hang", some, some, true, true},
		{"a hang on idle connections", "hang", none, some, true, false},
		{"a hang that met nothing", "hang", none, none, false, false},
		{"down cut a request", "down", some, some, true, true},
		{"down refused, and the site is routed through us", "down", none, none, true, true},
		{"down, and the site never came", "down", none, none, false, false},
		{"connects never completed, and the site is routed through us", "no_accept", nil, nil, true, true},
		{"connects never completed, and the site never came", "no_accept", nil, nil, false, false},
		{"uncounted requests on counted connections", "latency", nil, some, false, true},
		{"nothing counted, and the site never came", "latency", nil, nil, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := playedFault{Fault: journal.Fault{Kind: test.kind, RequestsHeld: test.held, Connections: test.connections}}
			if got := f.exercised(test.routed); got != test.want {
				t.Errorf("exercised = %v, want %v", got, test.want)
			}
		})
	}
}

// A stepped delay: its size is that at the end, its start that of the first step.
func TestSteppedFault(t *testing.T) {
	s := healthy()
	at := func(sec int64, kind journal.EventKind, size float64) journal.Event {
		return journal.Event{AtNS: sec * int64(second), Kind: kind, Fault: &journal.Fault{Dependency: "payments", Kind: "latency", Phase: "hang", Share: 1, SizeS: size, RequestsHeld: ptr(int64(3))}}
	}
	s.events = []journal.Event{at(11, journal.FaultApplied, 0), at(12, journal.FaultStepped, 0.5), at(13, journal.FaultStepped, 1), at(15, journal.FaultLifted, 1),
		{Kind: journal.ConnClosed, Connection: &journal.Connection{Dependency: "payments"}}}
	r := s.report(t)
	if len(r.Faults) != 1 {
		t.Fatalf("%d faults, want 1", len(r.Faults))
	}
	f := r.Faults[0]
	if f.AppliedS != 11 || !near(f.LiftedS, 15) || !near(f.SizeS, 1) || !f.Exercised {
		t.Errorf("fault is %+v, want from 11 to 15 s with 1 s at the end", f)
	}
}
