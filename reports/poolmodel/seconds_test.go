package poolmodel

import (
	"testing"
	"time"
)

// 4 workers, 0.1 s each, 8 arrivals a second for 2 s: half a second has 4
// arrivals at 0, 0.125, 0.25 and 0.375 s, of which the last is answered at 0.475.
func TestSecondsMayBeOfAnotherLength(t *testing.T) {
	sc := Scenario{Site: Site{Workers: 4, QueueSlots: 17, ServiceS: 0.1}, SecondS: 0.5}
	res, err := Simulate(sc, Uniform(8, 2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Seconds) != 4 {
		t.Fatalf("got %d entries, want 4 of half a second", len(res.Seconds))
	}
	for i, s := range res.Seconds {
		if s.Arrived != 4 || s.OK != 4 || s.Busy != 1 {
			t.Errorf("entry %d: got %+v, want 4 arrived, 4 answered, one worker busy", i, s)
		}
	}
}
