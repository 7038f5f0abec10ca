package judge_test

import (
	"math"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/judge"
	"github.com/tailback/tailback/reports/measure"
)

// judged is a run measured and judged, without a diagnosis: objectives are judged
// on what was seen.
func judged(t *testing.T, s *madeup.Scenario) *reports.Report {
	t.Helper()
	return judgedWith(t, s.Contents(), func(*reports.Report) {})
}

// judgedWith is the same of a run that tells what diagnose puts into its report.
func judgedWith(t *testing.T, c journal.Contents, diagnose func(r *reports.Report)) *reports.Report {
	t.Helper()
	run, err := measure.Contents(c)
	if err != nil {
		t.Fatal(err)
	}
	r, fidelity := run.Figures()
	diagnose(r)
	r.Objectives = judge.Objectives(run, r, fidelity)
	judge.Run(run, r, fidelity, nil)
	return r
}

// found says in a word how an objective was judged.
func found(o reports.Objective) string {
	switch {
	case o.OK == nil:
		return "null"
	case *o.OK:
		return "met"
	}
	return "missed"
}

func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }

func show(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}
