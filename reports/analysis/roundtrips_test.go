package analysis

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/explain"
	"github.com/tailback/tailback/reports/journal"
)

// slowed is a run whose calls to payments are 200 ms slower from 5 to 10 s, and
// take that many ms each then; 20 ms otherwise.
func slowed(share float64, ms int64) *madeup.Scenario {
	s := madeup.NewScenario(madeup.Phase("baseline", 5*madeup.Second), madeup.Phase("slow", 10*madeup.Second)).Drive(nil).Fault("payments", "latency", 5*madeup.Second, 10*madeup.Second)
	for i := range s.Events {
		s.Events[i].Fault.SizeS, s.Events[i].Fault.Share = 0.2, share
	}
	for i := range 15 {
		held := int64(20 * madeup.Millisecond)
		if 5 <= i && i < 10 {
			held = ms * int64(madeup.Millisecond)
		}
		if i == 5 { // began before the fault, some of them
			held = 100 * int64(madeup.Millisecond)
		}
		s.Use(i, journal.Usage{Dependency: "payments", Opened: 8, Calls: 8, Ended: 8, HeldNS: 8 * held})
	}
	return s
}

// A TLS handshake of two round trips and the request make 20 + 3 x 200 = 620 ms
// of a call that is "200 ms slower": 4 workers then carry 4/(0.05 + 0.62) a
// second, not 4/(0.05 + 0.22), and the report must not explain by the latter
// why they were taken.
func TestCallThatMetTheDelayMoreThanOnce(t *testing.T) {
	for _, test := range []struct {
		name  string
		share float64
		ms    int64
		want  *float64
	}{
		{"three round trips", 1, 620, new(0.62)},
		{"one round trip", 1, 220, nil},
		{"half of the connections", 0.5, 620, nil},
	} {
		r := reportOf(slowed(test.share, test.ms), t)
		got := r.Faults[0].CallS
		if (got == nil) != (test.want == nil) || got != nil && !near(got, *test.want) {
			t.Errorf("%s: a call took %v, want %v", test.name, show(got), show(test.want))
		}
		if test.want == nil {
			continue
		}
		r.Prediction.CapacityHz = new(6.0)
		r.Onset = []reports.Onset{{Code: 502, Count: 9, Cause: reports.QueueFull, Confidence: new(0.9), Dependency: "payments", FirstS: 8, AfterFaultS: new(3.0)}}
		if text, _ := explain.Summary(r); !strings.Contains(text, "0.62 s spent on each call to payments") {
			t.Errorf("%s: it says %q", test.name, text)
		}
	}
}
