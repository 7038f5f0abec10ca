package analysis

import (
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
)

func reportOf(s *madeup.Scenario, t *testing.T) *reports.Report {
	t.Helper()
	r, err := Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNoAdviceInAHealthyRun(t *testing.T) {
	r := reportOf(madeup.NewScenario(madeup.Phase("load", 20*madeup.Second)).Drive(nil), t)
	if len(r.Advice) > 0 {
		t.Errorf("a healthy run is told to %q", r.Advice)
	}
}
