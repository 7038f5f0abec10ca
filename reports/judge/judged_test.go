package judge_test

import (
	"math"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/judge"
	"github.com/tailback/tailback/reports/measure"
)

// judged is a run measured and judged, without a diagnosis: objectives are judged
// on what was seen.
func judged(t *testing.T, s *madeup.Scenario) *reports.Report {
	t.Helper()
	run, err := measure.Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	r, fidelity := run.Figures()
	r.Objectives = judge.Objectives(run, fidelity)
	judge.Run(run, r, fidelity, nil)
	return r
}

func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }

func show(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}
