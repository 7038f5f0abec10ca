package zoo

import (
	"math"
	"slices"
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
)

// analyzed is the report on a run of a kind.
func analyzed(t *testing.T, k Kind, seed uint64) (*reports.Report, *Truth) {
	t.Helper()
	site, plan := k.Draw(seed)
	return simulated(t, site, plan, seed)
}

// reportOn is the report on a run of that plan on that site.
func reportOn(t *testing.T, site *Site, plan Plan, seed uint64) *reports.Report {
	t.Helper()
	report, _ := simulated(t, site, plan, seed)
	return report
}

func simulated(t *testing.T, site *Site, plan Plan, seed uint64) (*reports.Report, *Truth) {
	t.Helper()
	r, truth := Simulate(site, plan, seed)
	dir := t.TempDir() + "/bundle"
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	report, err := analysis.Analyze(b)
	if err != nil {
		t.Fatal(err)
	}
	return report, truth
}

// On plain pools the report's figures are right: they were on 41 real ones. If a
// figure of the simulation's is off here, it is the zoo's fault, unless the
// reports have changed.
func TestReportsAreRightOnTextbookSites(t *testing.T) {
	told := 0
	for _, k := range textbookKinds() {
		if k.Name == "slow" || k.Name == "timeout_long" { // W is an estimate there
			continue
		}
		for seed := range uint64(5) {
			report, truth := analyzed(t, k, seed)
			told += right(t, k.Name, seed, "workers", report.Pool.Workers, float64(*truth.Workers), truth.Tells.Workers)
			told += right(t, k.Name, seed, "slots", report.Pool.QueueSlots, float64(*truth.Slots), truth.Tells.Slots)
			told += right(t, k.Name, seed, "gateway timeout", report.Pool.GatewayTimeoutS, truth.GatewayTimeout.Seconds(), false)
			for _, limit := range report.Timeouts {
				if want := truth.Timeouts[0].Limit.Seconds(); want > 0 {
					told += right(t, k.Name, seed, "timeout", limit.ObservedS, want, truth.Tells.Timeouts[0])
				}
			}
			for _, o := range report.Onset {
				if o.Confidence != nil && *o.Confidence >= 0.5 && !slices.ContainsFunc(truth.Spans, func(s Span) bool {
					return s.Code == o.Code && slices.Contains(s.Causes, Cause(o.Cause))
				}) {
					t.Errorf("%s %d: %d is said to be %s (%.2f), which no error was", k.Name, seed, o.Code, o.Cause, *o.Confidence)
				}
			}
		}
	}
	if told < 50 {
		t.Errorf("only %d figures were told", told)
	}
}

// right checks a figure against the truth, and counts it. could is whether the
// run could tell it.
func right(t *testing.T, kind string, seed uint64, name string, said *reports.Estimate, want float64, could bool) int {
	t.Helper()
	switch {
	case said == nil && could:
		t.Errorf("%s %d: %s are not told, and are %g", kind, seed, name, want)
	case said == nil:
		return 0
	case math.Abs(said.Value-want) > 0.1*want && (want < said.Low || said.High < want):
		t.Errorf("%s %d: %s are said to be %.4g (%.4g to %.4g), and are %.4g", kind, seed, name, said.Value, said.Low, said.High, want)
	}
	return 1
}
