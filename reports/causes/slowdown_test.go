package causes

import (
	"math"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// Calls to payments took 20 ms at first and 300 ms then, those to search 10 and 60 ms,
// and of mail there are too few to say.
func TestTheSlowerCalls(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("well", 10*madeup.Second), madeup.Phase("slow", 10*madeup.Second)).Drive(nil)
	for second := range 20 {
		slow := int64(second / 10)
		for _, one := range []struct {
			name             string
			ended            int64
			well, slower, ms int64
		}{{"search", 8, 10, 50, int64(madeup.Millisecond)}, {"payments", 8, 20, 280, int64(madeup.Millisecond)}, {"mail", int64(second % 10 / 9), 1, 9000, int64(madeup.Millisecond)}} {
			s.Use(second, journal.Usage{Dependency: one.name, Calls: one.ended, Ended: one.ended, HeldNS: one.ended * (one.well + slow*one.slower) * one.ms})
		}
	}
	run, err := measure.Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	name, before, now := slowerCalls(run, &reports.Phase{StartS: 0, EndS: 10.5}, &reports.Phase{StartS: 10.5, EndS: 20.5})
	if name != "payments" || math.Abs(before-0.02) > 1e-9 || math.Abs(now-0.3) > 1e-9 {
		t.Errorf("%s took %v s, and then %v s; want payments, 0.02 and 0.3", name, before, now)
	}
}

// Calls of 1 s that go on without a pause in 4 of 4 workers, or in 3.2, make a queue;
// in 3 of 4, or where the workers are not known, they need not.
func TestCallsThatTookTheWorkers(t *testing.T) {
	for _, row := range []struct {
		held time.Duration // of each call; 4 begin each second
		pool reports.Pool
		want bool
	}{
		{time.Second, reports.Pool{Workers: &reports.Estimate{Value: 4, Low: 4, High: 4}}, true},
		{800 * time.Millisecond, reports.Pool{Workers: &reports.Estimate{Value: 4, Low: 4, High: 4}}, true},
		{750 * time.Millisecond, reports.Pool{Workers: &reports.Estimate{Value: 4, Low: 4, High: 4}}, false},
		{time.Second, reports.Pool{Workers: &reports.Estimate{Value: 4, Low: 4, High: 4, Kind: reports.EffectiveWorkers}}, false},
		{time.Second, reports.Pool{}, false},
	} {
		s := madeup.NewScenario(madeup.Phase("slow", 20*madeup.Second)).Drive(nil).Fault("payments", "hang", 5*madeup.Second, 15*madeup.Second)
		for i := range 40 {
			s.Caught(5*madeup.Second+time.Duration(i/4)*time.Second, row.held, "site", false)
		}
		run, err := measure.Contents(s.Contents())
		if err != nil {
			t.Fatal(err)
		}
		if got := tookWorkers(run, run.Faults[0], 15, &row.pool); got != row.want {
			t.Errorf("calls of %v, %+v: got %v, want %v", row.held, row.pool.Workers, got, row.want)
		}
	}
}
