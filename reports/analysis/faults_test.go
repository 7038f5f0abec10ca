package analysis

import (
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

func TestExercised(t *testing.T) {
	none, some := new(int64(0)), new(int64(5))
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
		{"down refused, and the site is routed through us", "down", nil, none, true, true},
		{"down, and the site never came", "down", nil, none, false, false},
		{"connects never completed, and the site is routed through us", "no_accept", nil, nil, true, true},
		{"connects never completed, and the site never came", "no_accept", nil, nil, false, false},
		{"uncounted requests on counted connections", "latency", nil, some, false, true},
		{"nothing counted, and the site never came", "latency", nil, nil, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := measure.Fault{Fault: journal.Fault{Kind: test.kind, RequestsHeld: test.held, Connections: test.connections, Routed: test.routed}}
			if got := f.Exercised(); got != test.want {
				t.Errorf("exercised = %v, want %v", got, test.want)
			}
		})
	}
}

// A killed run has not come to telling what its fault met: other events may.
func TestFaultOfAKilledRun(t *testing.T) {
	applied := journal.Event{AtNS: int64(10 * madeup.Second), Kind: journal.FaultApplied, Fault: &journal.Fault{Index: 1, Dependency: "payments", Kind: "hang"}}
	used := func(by string, at time.Duration, calls int64) journal.Event {
		return journal.Event{AtNS: int64(at), Kind: journal.Used, Usage: &journal.Usage{Dependency: by, Calls: calls}}
	}
	closed := func(fault int) journal.Event {
		return journal.Event{AtNS: int64(12 * madeup.Second), Kind: journal.ConnClosed, Connection: &journal.Connection{Dependency: "payments", Fault: &fault}}
	}
	for _, test := range []struct {
		name  string
		event journal.Event
		want  bool
	}{
		{"payments was called while it was in force", used("payments", 11*madeup.Second, 8), true},
		{"payments was called before", used("payments", 9*madeup.Second, 8), false},
		{"connections were open, and nothing was asked on them", used("payments", 11*madeup.Second, 0), false},
		{"another dependency was called", used("search", 11*madeup.Second, 8), false},
		{"a connection that it was on has ended", closed(1), true},
		{"a connection that another fault was on has ended", closed(0), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := madeup.Harmless()
			s.Outcome, s.Events = nil, []journal.Event{applied, test.event}
			r := reportOf(s, t)
			if got := r.Faults[0].Exercised; got != test.want {
				t.Errorf("exercised = %v, want %v", got, test.want)
			}
			const unknown = "nothing says whether the fault on payments (hang) touched a request: the run ended before that was recorded"
			if got := slices.Contains(r.Warnings, unknown); got == test.want {
				t.Errorf("the warnings are %q", r.Warnings)
			}

			// So does one that lost its proxy, and could not see the lifting.
			lost := *applied.Fault
			lost.UndoConfirmed = new(false)
			s.Events = append(s.Events, journal.Event{AtNS: int64(15 * madeup.Second), Kind: journal.FaultLifted, Fault: &lost})
			r = reportOf(s, t)
			if r.Faults[0].Exercised != test.want || slices.Contains(r.Warnings, unknown) == test.want {
				t.Errorf("its proxy lost: exercised = %v, warnings %q", r.Faults[0].Exercised, r.Warnings)
			}
		})
	}
}

// A stepped delay: its size is that at the end, its start that of the first step.
func TestSteppedFault(t *testing.T) {
	s := madeup.Harmless()
	at := func(sec int64, kind journal.EventKind, size float64) journal.Event {
		return journal.Event{AtNS: sec * int64(madeup.Second), Kind: kind, Fault: &journal.Fault{Dependency: "payments", Kind: "latency", Phase: "hang", Share: 1, SizeS: size, RequestsHeld: new(int64(3))}}
	}
	s.Events = []journal.Event{at(11, journal.FaultApplied, 0), at(12, journal.FaultStepped, 0.5), at(13, journal.FaultStepped, 1), at(15, journal.FaultLifted, 1),
		{Kind: journal.ConnClosed, Connection: &journal.Connection{Dependency: "payments"}}}
	r := reportOf(s, t)
	if len(r.Faults) != 1 {
		t.Fatalf("%d faults, want 1", len(r.Faults))
	}
	f := r.Faults[0]
	if f.AppliedS != 11 || !near(f.LiftedS, 15) || !near(f.SizeS, 1) || !f.Exercised {
		t.Errorf("fault is %+v, want from 11 to 15 s with 1 s at the end", f)
	}
}
