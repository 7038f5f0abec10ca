package judge

import (
	"errors"
	"testing"

	"github.com/tailback/tailback/reports"
)

// Where not even the lowest rate held the search is missed, which wins over a
// figure that is not known; nothing at all is no success.
func TestCapacityVerdicts(t *testing.T) {
	found, missed, untold := reports.CapacityFigure{RateHz: new(8.0)}, reports.CapacityFigure{HighHz: new(1.0)}, reports.CapacityFigure{Why: "interrupted"}
	for _, row := range []struct {
		figures []reports.CapacityFigure
		verdict reports.Verdict
		code    int
	}{
		{[]reports.CapacityFigure{found, found}, reports.Pass, 0},
		{[]reports.CapacityFigure{found, untold}, reports.Inconclusive, 3},
		{[]reports.CapacityFigure{untold, missed, found}, reports.Fail, 1},
		{[]reports.CapacityFigure{missed, untold}, reports.Fail, 1},
		{nil, reports.Inconclusive, 3},
	} {
		c := &reports.Capacity{Figures: row.figures}
		if Capacity(c); c.Verdict != row.verdict || c.ExitCode != row.code {
			t.Errorf("%+v: %s, exit code %d; want %s, %d", row.figures, c.Verdict, c.ExitCode, row.verdict, row.code)
		}
	}
}

// A campaign that was cut short passes nothing, and its exit code says how it ended.
func TestCut(t *testing.T) {
	for _, row := range []struct {
		outcome string
		verdict reports.Verdict
		stuck   bool
		want    reports.Verdict
		code    int
		summary string
	}{
		{reports.OutcomeInterrupted, reports.Pass, false, reports.Inconclusive, 130, "interrupted after 12 s: well"},
		{reports.OutcomeInterrupted, reports.Fail, false, reports.Fail, 130, "interrupted after 12 s: well"},
		{reports.OutcomeInterrupted, reports.Pass, true, reports.Inconclusive, 3, "interrupted after 12 s: well"},
		{reports.OutcomeFailed, reports.Pass, false, reports.Inconclusive, 3, "cut short after 12 s: well"},
	} {
		c := &reports.Campaign{Outcome: row.outcome, Verdict: row.verdict, DurationS: 12, Summary: "well"}
		if Cut(c, row.stuck); c.Verdict != row.want || c.ExitCode != row.code || c.Summary != row.summary {
			t.Errorf("%+v: got %s, %d, %q", row, c.Verdict, c.ExitCode, c.Summary)
		}
	}
}

// A run that could not be done is a row as well, with the reason if there is one.
func TestAuditOfRunsThatWereNotDone(t *testing.T) {
	a := Audit(8, 10, []AuditPart{{Dependency: "payments"}, {Dependency: "search", Err: errors.New("no descriptors left")}})
	if len(a.Rows) != 2 || a.Rows[0].Text != "not run" || a.Rows[1].Text != "not run: no descriptors left" || a.Verdict != reports.Inconclusive || a.ExitCode != exitInconclusive {
		t.Errorf("the audit is %+v", a)
	}
}
