package ci

import (
	"cmp"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// OfComparison makes the suite of a comparison: a case for each figure. A figure
// that can't be told is skipped as long as the whole can be: most runs can't tell
// some figure, and that is no news.
func OfComparison(c *reports.Comparison) *Suite {
	s := &Suite{Name: "comparison", Tool: c.ToolVersion, Verdict: strings.ToUpper(string(c.Verdict)), Summary: c.Summary, ExitCode: c.ExitCode, Page: "comparison.html"}
	for _, run := range c.After.Runs {
		if run.Started.After(s.Started) {
			s.Name, s.Started = run.Name+" comparison", run.Started
		}
	}
	why := ""
	if c.Verdict == reports.CantTell || c.ExitCode > 1 {
		why = cmp.Or(c.Summary, "the sides could not be compared")
	}
	s.Cases = []Case{valid("comparison", why)}
	t := Table{Title: "Figures", Head: []string{"figure", "before", "after", "change", "why"}, More: "the comparison's page"}
	for i := range c.Figures {
		f := &c.Figures[i]
		s.Cases = append(s.Cases, figureCase(f))
		t.Rows = append(t.Rows, []string{figureName(f), measured(f.Before, f.Unit), measured(f.After, f.Unit), string(f.Change), f.Why})
	}
	s.Tables = []Table{t}
	if len(c.Differences) > 0 {
		s.Tables = append([]Table{differences(c.Differences)}, t)
	}
	return s
}

func figureCase(f *reports.Compared) Case {
	k := Case{Name: figureName(f) + " is no worse", State: Passed, Seen: measured(f.Before, f.Unit) + " before, " + measured(f.After, f.Unit) + " after"}
	switch f.Change {
	case reports.Worse:
		k.State, k.Message = Failed, words.Both("worse: "+k.Seen, f.Why)
	case reports.CantTell:
		k.State, k.Message = Skipped, words.Both("can't tell", f.Why)
	}
	return k
}

// figureName names a figure by what it is of: "hang checkout p95", "payments timeout".
func figureName(f *reports.Compared) string {
	return strings.Join(strings.Fields(f.Phase+" "+f.Request+" "+f.Dependency+" "+strings.ReplaceAll(f.Figure, "_", " ")), " ")
}

func measured(v *float64, unit string) string {
	return known(v, func(v float64) string { return words.Measured(v, unit) })
}

func differences(list []reports.Differs) Table {
	t := Table{Title: "What was asked otherwise", Head: []string{"what", "before", "after", "can't be compared for it"}, More: "the comparison's page"}
	for _, d := range list {
		t.Rows = append(t.Rows, []string{d.What, or(d.Before), or(d.After), or(d.Spoils)})
	}
	return t
}
