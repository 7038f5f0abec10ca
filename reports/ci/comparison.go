package ci

import (
	"cmp"
	"slices"
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
		s.Cases = append(s.Cases, figureCase(&c.Figures[i]))
	}
	for _, f := range byNews(c.Figures) {
		t.Rows = append(t.Rows, []string{figureName(f), measured(f.Before, f.Unit), measured(f.After, f.Unit), string(f.Change), f.Why})
	}
	s.Tables = []Table{t}
	if len(c.Differences) > 0 {
		s.Tables = append([]Table{differences(c.Differences)}, t)
	}
	return s
}

// byNews puts what became worse first, and last what is the same: a table may be cut.
func byNews(figures []reports.Compared) (list []*reports.Compared) {
	for i := range figures {
		list = append(list, &figures[i])
	}
	slices.SortStableFunc(list, func(a, b *reports.Compared) int { return cmp.Compare(news(a.Change), news(b.Change)) })
	return list
}

// news ranks a change: the lower, the more it is news.
func news(c reports.Change) int {
	switch c {
	case reports.Worse:
		return 0
	case reports.CantTell:
		return 2
	case reports.Same:
		return 3
	}
	return 1
}

func figureCase(f *reports.Compared) Case {
	k := Case{Name: figureName(f) + " is no worse", Tabled: true, State: Passed, Seen: measured(f.Before, f.Unit) + " before, " + measured(f.After, f.Unit) + " after"}
	switch f.Change {
	case reports.Same, reports.Improved:
	case reports.Worse:
		k.State, k.Message = Failed, words.Both("worse: "+k.Seen, f.Why)
	case reports.CantTell:
		k.State, k.Message = Skipped, words.Both(string(reports.CantTell), f.Why)
	default: // it is another, and nobody can say whether that is worse
		k.State, k.Message = Skipped, words.Both(string(f.Change)+": "+k.Seen, f.Why)
	}
	return k
}

// Against adds to the suite of a run what came of holding it against an earlier one.
// Its exit code is the run's own verdict first, then the comparison's.
func (s *Suite) Against(c *reports.Comparison) {
	other := OfComparison(c)
	s.Cases = append(s.Cases, other.Cases...)
	s.Tables = append(s.Tables, other.Tables...)
	s.Verdict += ", against the baseline " + other.Verdict
	s.Summary = words.Sentences([]string{s.Summary, other.Summary})
	if s.ExitCode == 0 {
		s.ExitCode = other.ExitCode
	}
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
