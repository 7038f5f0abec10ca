package harness

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// A Status tells once of what began and ended since the one before, and of the
// first gateway error under the fault that was applied last.
func TestStatus(t *testing.T) {
	const s = time.Second
	exp := &configs.Experiment{Phases: []configs.Phase{{Name: "warmup", Duration: s / 2}, {Name: "baseline", Duration: 4 * s}, {Name: "hang", Duration: 10 * s}}}
	fault := func(kind journal.EventKind, at time.Duration, index int, dependency string) journal.Event {
		return journal.Event{Kind: kind, AtNS: int64(at), Fault: &journal.Fault{Index: index, Dependency: dependency, Kind: "hang"}}
	}
	bad := func(done time.Duration, code int32) journal.Hit {
		return journal.Hit{Done: done, Code: code, Class: journal.ClassStatus}
	}
	var n counts
	n.hit(journal.Hit{Done: s / 4})
	first := n.status(exp, 1100*time.Millisecond, 3)
	if !slices.Equal(first.Began, []Began{{"warmup", 0}, {"baseline", s / 2}}) || first.Phase != "baseline" || first.OK != 1 || first.Ended != 1 || first.Waiting != 3 || first.Onset != nil {
		t.Errorf("first %+v", first)
	}
	n.event(fault(journal.FaultApplied, 5*s, 0, "payments"))
	n.event(fault(journal.FaultApplied, 6*s, 1, "stock"))
	n.hit(bad(5500*time.Millisecond, 502)) // recorded late: it came before the fault on stock
	n.hit(bad(7*s, 500))
	n.hit(bad(8*s, 503))
	n.hit(bad(9*s, 502))
	n.hit(journal.Hit{Done: 9 * s, Class: journal.ClassClientTimeout})
	n.hit(journal.Hit{Done: 9 * s, Class: journal.ClassDropped})
	second := n.status(exp, 9100*time.Millisecond, 0)
	if !slices.Equal(second.Began, []Began{{"hang", 4500 * time.Millisecond}}) || len(second.Changes) != 2 || len(second.Faults) != 2 || second.Ended != 6 {
		t.Errorf("second %+v", second)
	}
	if want := map[string]int64{"500": 1, "502": 2, "503": 1, "client timeout": 1}; !maps.Equal(second.Bad, want) {
		t.Errorf("bad %v, want %v", second.Bad, want)
	}
	if o := second.Onset; o == nil || o.Code != 503 || o.At != 8*s || o.Fault == nil || *o.Fault != (OnsetFault{"stock", "hang", 2 * s}) {
		t.Errorf("onset %+v, %+v", o, second.Onset.Fault)
	}
	n.event(fault(journal.FaultLifted, 10*s, 1, "stock"))
	third := n.status(exp, 15*s, 0)
	if third.Began != nil || third.Phase != "" || len(third.Changes) != 1 || len(third.Faults) != 1 || third.Faults[0].Dependency != "payments" || third.Onset == nil {
		t.Errorf("third %+v", third)
	}
	n.event(fault(journal.FaultApplied, 16*s, 2, "bank"))
	if last := n.status(exp, 17*s, 0); last.Onset != nil {
		t.Errorf("an onset before the fault on bank is told of it: %+v", last.Onset)
	}
}

// Without a fault the first error is told as it is.
func TestStatusWithoutAFault(t *testing.T) {
	var n counts
	n.hit(journal.Hit{Done: time.Second, Code: 504, Class: journal.ClassStatus})
	if o := n.status(&configs.Experiment{}, time.Second, 0).Onset; o == nil || o.Code != 504 || o.Fault != nil {
		t.Errorf("onset %+v", o)
	}
}
