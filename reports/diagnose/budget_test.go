package diagnose

import (
	"testing"

	"github.com/tailback/tailback/reports"
)

// A budget is for what was asked in the phase of the fault; of a log, for its
// busiest second, since a pool that holds the mean falls behind when most come.
func TestRateFor(t *testing.T) {
	hz := func(v float64) reports.Traffic { return reports.Traffic{RateAskedHz: &v} }
	phases := []reports.Phase{
		{Name: "warm", Warmup: true, Traffic: hz(99)},
		{Name: "before", Traffic: hz(8)},
		{Name: "hang", Traffic: hz(16), Replayed: &reports.Replayed{LowHz: 10, HighHz: 24}},
	}
	for name, want := range map[string]float64{"payments": 24, "mail": 8} {
		if got := rateFor(name, phases, []reports.Fault{{Dependency: "payments", Phase: "hang"}}); got != want {
			t.Errorf("%s: %v/s, want %v/s", name, got, want)
		}
	}
}
