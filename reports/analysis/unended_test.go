package analysis

import (
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
)

// The run of TestOnsetUnderAHang, killed 6 s into the fault: the 4+17 = 21
// requests that fit into the site never ended, and are in no record.
func TestKilledRunKnowsWhatWasUnderWay(t *testing.T) {
	r, err := Contents(madeup.KilledAt(madeup.Hang(), 21*madeup.Second).Contents())
	if err != nil {
		t.Fatal(err)
	}
	if r.Outcome != reports.OutcomeKilled || len(r.Onset) != 1 {
		t.Fatalf("outcome %s, %d onsets, want killed and 1", r.Outcome, len(r.Onset))
	}
	if o := r.Onset[0]; o.InFlight != 21 || !near(o.RateHz, 8) || o.Cause != reports.QueueFull {
		t.Errorf("in flight, rate, cause = %d, %v, %s, want 21, 8, queue_full", o.InFlight, show(o.RateHz), o.Cause)
	}
	if n := r.Phases[2].Classes["canceled"]; n != 21 {
		t.Errorf("%d hits under way in phase hang, want 21", n)
	}
}
