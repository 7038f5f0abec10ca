package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
)

// Look is how a text is shown.
type Look struct {
	Color bool
	All   bool // also what is the same, and what can't be told
}

// ComparisonText writes c for a terminal or a log, at most 80 columns wide.
func ComparisonText(w io.Writer, c *reports.Comparison, look Look) error {
	t := &terminal{paint: unpainted}
	if look.Color {
		t.paint = ansi
	}
	t.compared(c)
	t.sides(c)
	t.differences(c.Differences)
	for _, change := range toldChanges {
		t.changes(figuresOf(c, change), change, look.All)
	}
	if look.All {
		t.changes(figuresOf(c, reports.Same), reports.Same, false)
		t.open(figuresOf(c, reports.CantTell))
	} else {
		t.item("", plain, rest(c)+" With -v they are listed.")
	}
	t.item("", faint, terms(c))
	for _, warning := range c.Warnings {
		t.item("! ", bad, warning)
	}
	if _, err := io.WriteString(w, t.String()); err != nil {
		return fmt.Errorf("write the comparison: %w", err)
	}
	return nil
}

// changeStyle is how the word of a change is painted.
func changeStyle(change reports.Change) style {
	return map[reports.Change]style{reports.Worse: bad, reports.CantTell: bad, reports.Improved: good, reports.Same: good}[change]
}

func (t *terminal) compared(c *reports.Comparison) {
	verdict := strings.ToUpper(string(c.Verdict))
	name := shorten(oneLine(c.After.Runs[0].Name), width-len(verdict)-2)
	t.WriteString(t.paint(bold, name) + "  " + t.paint(changeStyle(c.Verdict), verdict) + "\n\n")
	t.item("", plain, c.Summary)
	t.WriteString("\n")
}

// sides names the runs.
func (t *terminal) sides(c *reports.Comparison) {
	for _, side := range []struct {
		what string
		runs []reports.RunName
	}{{"before", c.Before.Runs}, {"after", c.After.Runs}} {
		for _, r := range side.runs {
			t.event(fmt.Sprintf("%-8s", side.what), faint, fmt.Sprintf("%s (%s, %s)", r.Dir, r.Started.UTC().Format("2006-01-02 15:04:05"), strings.ToLower(sheet.Verdict(r.Verdict))))
		}
	}
	t.WriteString("\n")
}

func (t *terminal) differences(all []reports.Differs) {
	if len(all) == 0 {
		return
	}
	t.item("", plain, "The experiments differ:")
	for _, d := range all {
		mark, st := "  ", plain
		if d.Spoils != "" {
			mark, st = "! ", bad
		}
		t.event(mark, st, differs(d))
	}
	t.WriteString("\n")
}

// changes writes a table of figures with one change, and what else there is to say of
// them. What is too wide loses the ends of names.
func (t *terminal) changes(figures []*reports.Compared, change reports.Change, why bool) {
	if len(figures) == 0 {
		return
	}
	name := width
	rows := changeRows(figures, change, name)
	for tableWidth(rows) > width && name > 16 {
		name--
		rows = changeRows(figures, change, name)
	}
	writeTable(&t.Builder, t.paint, rows)
	for _, f := range figures {
		if f.Why != "" && why {
			t.event("", faint, f.Name()+": "+f.Why)
		}
	}
	t.WriteString("\n")
}

func changeRows(figures []*reports.Compared, change reports.Change, name int) [][]cell {
	rows := [][]cell{{{string(change), changeStyle(change)}, {"before", faint}, {"after", faint}, {"by", faint}, {"at least, at most", faint}}}
	for _, f := range figures {
		rows = append(rows, []cell{{shorten(oneLine(f.Name()), name), plain}, {sideOf(f, f.Before), plain}, {sideOf(f, f.After), plain},
			{byHow(f), plain}, {rangeOf(f), faint}})
	}
	return rows
}

// open lists what can't be told, and why.
func (t *terminal) open(figures []*reports.Compared) {
	if len(figures) == 0 {
		return
	}
	t.item("", bad, "can't tell")
	for _, f := range figures {
		text := f.Name()
		if f.Before != nil || f.After != nil {
			text += fmt.Sprintf(" (%s, %s)", sideOf(f, f.Before), sideOf(f, f.After))
		}
		t.event("", plain, text+": "+f.Why)
	}
	t.WriteString("\n")
}
