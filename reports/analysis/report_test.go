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
