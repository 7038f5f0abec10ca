package render

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// ComparisonJSON writes c as comparison.json: indented, keys in the order of the
// type. A list without entries is [], never null.
func ComparisonJSON(w io.Writer, c *reports.Comparison) error {
	lists := *c
	lists.Differences, lists.Figures, lists.Warnings = list(c.Differences), list(c.Figures), list(c.Warnings)
	for _, side := range []*reports.Side{&lists.Before, &lists.After} {
		side.Runs = slices.Clone(side.Runs)
		for i := range side.Runs {
			if side.Runs[i].Labels == nil {
				side.Runs[i].Labels = map[string]string{}
			}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(&lists); err != nil {
		return fmt.Errorf("write comparison.json: %w", err)
	}
	return nil
}

// toldChanges are the changes in the order in which a reader wants them.
var toldChanges = []reports.Change{reports.Worse, reports.Improved, reports.Changed}

// figuresOf are the figures of which a change is told.
func figuresOf(c *reports.Comparison, change reports.Change) (all []*reports.Compared) {
	for i := range c.Figures {
		if c.Figures[i].Change == change {
			all = append(all, &c.Figures[i])
		}
	}
	return all
}

// sideOf writes one side of a figure.
func sideOf(f *reports.Compared, v *float64) string {
	if f.None(v) {
		return "none"
	}
	return words.Known(v, func(v float64) string { return words.Figure(v, f.Figure, f.Unit) })
}

// byHow writes by how much a figure changed; empty where a side has none.
func byHow(f *reports.Compared) string {
	if f.Before == nil || f.After == nil {
		return ""
	}
	return words.By(*f.Before, *f.After, f.Unit)
}

// rangeOf writes the interval that holds the difference, in the form of byHow; empty
// where there is none.
func rangeOf(f *reports.Compared) string {
	if f.Low == nil || f.High == nil || f.Before == nil || *f.Low == *f.High {
		return ""
	}
	write := func(d float64) string {
		if f.Figure == "onset" || f.Figure == "recovered" { // a part of one second tells little
			return words.Difference(d, f.Unit)
		}
		return words.By(*f.Before, *f.Before+d, f.Unit)
	}
	low := write(*f.Low)
	if f.Unit == "ratio" {
		low = strings.TrimSuffix(low, " points")
	}
	return low + " to " + write(*f.High)
}

// rest says how many figures are the same and how many can't be told.
func rest(c *reports.Comparison) string {
	same, open := int64(len(figuresOf(c, reports.Same))), int64(len(figuresOf(c, reports.CantTell)))
	return fmt.Sprintf("%s %s the same, %s can't be told.", words.Number(same, "figure"), words.Either(same, "is", "are"), words.Count(open))
}

// terms says what a change and its interval mean.
func terms(c *reports.Comparison) string {
	text := fmt.Sprintf("A change is told from %s on, such that sides that are alike are told apart in at most %s of comparisons.",
		words.Percent(c.MinEffect), words.Percent(c.Significance))
	if len(c.Before.Runs) == 1 && len(c.After.Runs) == 1 {
		text += " With one run a side, what differs from one run to the next as such is not in it; several can be given with --before and --after."
	}
	return text
}

// differs says what was asked otherwise, and what that spoils.
func differs(d reports.Differs) string {
	text := fmt.Sprintf("%s: %s before, %s after", d.What, d.Before, d.After)
	switch {
	case d.Before == "":
		text = d.What + ": only after"
	case d.After == "":
		text = d.What + ": only before"
	}
	if d.Spoils != "" {
		text += "; " + d.Spoils + " can't be compared"
	}
	return text
}
