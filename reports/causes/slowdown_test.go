package causes

import (
	"math"
	"testing"

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
