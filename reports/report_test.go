package reports

import (
	"testing"

	"github.com/tailback/tailback/reports/journal"
)

// analyze is Analyze of what a bundle holds.
func analyze(c journal.Contents) (*Report, error) {
	run, err := measureContents(c)
	if err != nil {
		return nil, err
	}
	return report(run), nil
}

func (s *scenario) report(t *testing.T) *Report {
	t.Helper()
	r, err := analyze(s.contents())
	if err != nil {
		t.Fatal(err)
	}
	return r
}
