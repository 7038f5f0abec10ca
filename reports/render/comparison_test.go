package render

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
)

// compared is a comparison with a figure of each change, and names from a stranger.
func compared() *reports.Comparison {
	began := time.Date(2026, 11, 22, 15, 4, 0, 0, time.UTC)
	side := func(dir string, v reports.Verdict) reports.Side {
		return reports.Side{Runs: []reports.RunName{{Dir: dir, Name: "checkout-payments-hang", Started: began, Verdict: v}}}
	}
	return &reports.Comparison{Schema: 1, Kind: reports.KindComparison, ToolVersion: "test", Before: side("out/before", reports.Fail), After: side("out/after", reports.Pass),
		Verdict: reports.Worse, ExitCode: 1, MinEffect: 0.05, Significance: 0.05,
		Summary:     "Before, 502s came 2.6 s after payments hung and 64% failed; now every request is answered, 86% of them without payments. The timeout went from none to 0.35 s.",
		Differences: []reports.Differs{{What: "phase calm: rate", Before: "8", After: "9", Spoils: "phase calm"}, {What: "phase more", After: "there", Spoils: "phase more"}},
		Figures: []reports.Compared{
			{Phase: "baseline", Figure: "p50", Unit: "s", Before: new(0.102), After: new(0.112), Low: new(0.008), High: new(0.012), Change: reports.Worse},
			{Phase: "hang", Figure: "errors", Unit: "ratio", Before: new(0.64), After: new(0.0), Low: new(-0.71), High: new(-0.5), Change: reports.Improved},
			{Phase: "hang", Dependency: "payments", Figure: "onset", Unit: "s", Before: new(2.6), Change: reports.Improved, Why: "on one side it did not come within 10 s"},
			{Dependency: "payments", Figure: "timeout", Unit: "s", After: new(0.35), Change: reports.Improved, Why: "before, none within 8.9 s"},
			{Dependency: "payments", Figure: "retries", Unit: "count", Before: new(0.0), After: new(1.0), Low: new(1.0), High: new(1.0), Change: reports.Changed},
			{Phase: "baseline", Request: "check|out", Figure: "p95", Unit: "s", Before: new(0.11), After: new(0.111), Low: new(-0.004), High: new(0.005), Change: reports.Same},
			{Phase: "calm", Figure: "p99", Unit: "s", Before: new(0.2), After: new(0.3), Change: reports.CantTell, Why: "the experiments differ in phase calm: rate"},
			{Figure: "workers", Unit: "count", Change: reports.CantTell, Why: "neither side tells it"},
		},
		Warnings: []string{"out/before: its hits are gone"}}
}

func comparedAs(t *testing.T, write func(io.Writer, *reports.Comparison) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, compared()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestComparison(t *testing.T) {
	look := func(l Look) func(io.Writer, *reports.Comparison) error {
		return func(w io.Writer, c *reports.Comparison) error { return ComparisonText(w, c, l) }
	}
	short := comparedAs(t, look(Look{}))
	golden(t, "comparison.txt", short)
	all := comparedAs(t, look(Look{All: true}))
	golden(t, "comparison_all.txt", all)
	for _, text := range []string{short, all} {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("a line of %d columns: %s", n, line)
			}
		}
	}
	if colored := comparedAs(t, look(Look{Color: true})); !strings.Contains(colored, "\x1b[1;31mWORSE\x1b[0m") || strings.Contains(short, "\x1b") {
		t.Error("colours are for a terminal alone")
	}
}

// What is read again is what was written, and no list is null.
func TestComparisonJSON(t *testing.T) {
	text := comparedAs(t, ComparisonJSON)
	var c reports.Comparison
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Figures) != 8 || c.Figures[3].Before != nil || *c.Figures[3].After != 0.35 || c.Verdict != reports.Worse {
		t.Errorf("read again: %+v", c)
	}
	var b strings.Builder
	if err := ComparisonJSON(&b, &reports.Comparison{}); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"differences", "figures", "warnings"} {
		if !strings.Contains(b.String(), `"`+list+`": []`) {
			t.Errorf("an empty list %s is written otherwise:\n%s", list, b.String())
		}
	}
}

// Names and texts come from files: no control character and no line break gets through.
func TestComparisonOfHostileTexts(t *testing.T) {
	c := compared()
	hostile := "<script>x</script> \x1b[31m\nsecond"
	c.Summary, c.After.Runs[0].Name, c.Figures[0].Phase, c.Differences[0].What, c.Figures[0].Why, c.Before.Runs[0].Dir = hostile, hostile, hostile, hostile, hostile, hostile
	var text strings.Builder
	if err := ComparisonText(&text, c, Look{All: true}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), "\x1b") || strings.Contains(text.String(), "\nsecond") {
		t.Errorf("control characters got through:\n%s", text.String())
	}
}
