package ci

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// A comparison that can't be told is an error with its reason, and a figure that
// can't be is none: most runs can't tell some.
func TestComparisonThatCantTell(t *testing.T) {
	c := compared()
	c.Verdict, c.ExitCode, c.Summary = reports.CantTell, 3, "The rates differ."
	s := OfComparison(c)
	if got := s.Cases[0]; got.State != Errored || got.Message != "The rates differ." {
		t.Errorf("the comparison is %s: %q", got.State, got.Message)
	}
	if s.Count(Skipped) != 1 || s.Verdict != "CAN'T TELL" {
		t.Errorf("%d figures are skipped, and the verdict is %q", s.Count(Skipped), s.Verdict)
	}
	c.Summary = ""
	if got := OfComparison(c).Cases[0].Message; got != "the sides could not be compared" {
		t.Errorf("without a summary it says %q", got)
	}
}

// The table begins with what became worse, and ends with what is the same.
func TestComparisonTellsNewsFirst(t *testing.T) {
	c := compared()
	c.Figures = append(c.Figures, reports.Compared{Figure: "retries", Change: "changed", Before: new(1.0), After: new(2.0), Unit: "count", Why: "3 calls"},
		reports.Compared{Figure: "p99", Change: reports.Worse, Unit: "s", Before: new(1.0), After: new(2.0), Why: "50 hits"})
	s := OfComparison(c)
	var got []string
	for _, row := range s.Tables[len(s.Tables)-1].Rows {
		got = append(got, row[0]+" "+row[3])
	}
	want := "hang checkout p95 worse, p99 worse, hang errors improved, retries changed, payments timeout can't tell, baseline p50 same, queue slots same"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("got  %s\nwant %s", all, want)
	}
	last := s.Cases[len(s.Cases)-2:]
	if last[0].State != Skipped || last[0].Message != "changed: 1 before, 2 after; 3 calls" {
		t.Errorf("a figure that is another is %s: %q", last[0].State, last[0].Message)
	}
	if last[1].Message != "worse: 1 s before, 2 s after; 50 hits" {
		t.Errorf("a figure that is worse says %q", last[1].Message)
	}
}

// A run exits by its own verdict first, then by the comparison's.
func TestRunAgainstABaseline(t *testing.T) {
	for _, row := range []struct{ run, comparison, want int }{{0, 0, 0}, {0, 1, 1}, {0, 3, 3}, {1, 3, 1}, {3, 1, 3}} {
		s, c := OfRun(lateAndMet()), compared()
		s.ExitCode, c.ExitCode = row.run, row.comparison
		if s.Against(c); s.ExitCode != row.want {
			t.Errorf("a run with %d and a comparison with %d exit with %d, want %d", row.run, row.comparison, s.ExitCode, row.want)
		}
	}
}
