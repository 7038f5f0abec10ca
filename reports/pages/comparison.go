package pages

import (
	"cmp"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// comparisonPage is what the template is filled from.
type comparisonPage struct {
	*reports.Comparison
	sheet.Frame
	Spoiling, Harmless []reports.Differs
	Changed, Untold    []reports.Compared
	Alike              []reports.Compared
	Effects            *effects // nil where no figure's change is known as a share of what it was
	Overlay            *overlay // nil where there is nothing to draw
}

// Comparison writes what came of holding runs against each other as one page. The
// pictures are of one run of each side; either may be nil, and there are none then.
// The same comparison gives the same bytes.
func Comparison(w io.Writer, c *reports.Comparison, before, after *reports.Report) error {
	p := comparisonPage{Comparison: c, Frame: frame(), Effects: newEffects(c), Overlay: newOverlay(before, after)}
	for _, d := range c.Differences {
		if d.Spoils == "" {
			p.Harmless = append(p.Harmless, d)
		} else {
			p.Spoiling = append(p.Spoiling, d)
		}
	}
	for _, f := range c.Figures {
		switch f.Change {
		case reports.Worse, reports.Improved, reports.Changed:
			p.Changed = append(p.Changed, f)
		case reports.Same:
			p.Alike = append(p.Alike, f)
		default:
			p.Untold = append(p.Untold, f)
		}
	}
	told := []reports.Change{reports.Worse, reports.Improved, reports.Changed} // in the order in which a reader wants them
	slices.SortStableFunc(p.Changed, func(a, b reports.Compared) int {
		return cmp.Compare(slices.Index(told, a.Change), slices.Index(told, b.Change))
	})
	return sheet.Fill(w, pageFiles, "comparison.html", []string{"page/comparison.html"}, comparisonFunctions, p)
}

var comparisonFunctions = template.FuncMap{
	"upper":   func(c reports.Change) string { return strings.ToUpper(string(c)) },
	"shape":   changeSign,
	"class":   changeClass,
	"side":    side,
	"moved":   moved,
	"between": interval,
	"name":    func(c reports.Compared) string { return c.Name() },
	"ratio":   words.Percent,
	"what":    func(c *reports.Comparison) string { return nameOf(c) },
	"labels":  labelsOf,
	"plural":  func(n int, noun string) string { return words.Number(int64(n), noun) },
	"held":    func(c *reports.Comparison) int { return len(c.Before.Runs) + len(c.After.Runs) },
}

// nameOf is the name that the runs have, or the names.
func nameOf(c *reports.Comparison) string {
	var names []string
	for _, r := range slices.Concat(c.Before.Runs, c.After.Runs) {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	return words.Join(names)
}

// side writes one side of a figure.
func side(c reports.Compared, v *float64) string {
	if c.None(v) {
		return "none"
	}
	return words.Known(v, func(v float64) string { return words.Figure(v, c.Figure, c.Unit) })
}

// moved is by how much a figure is otherwise.
func moved(c reports.Compared) string {
	if c.Before == nil || c.After == nil {
		return words.Unknown
	}
	return words.Difference(*c.After-*c.Before, c.Unit)
}

// interval is what the difference lies between.
func interval(c reports.Compared) string {
	if c.Low == nil || c.High == nil {
		return words.Unknown
	}
	low, high := words.Difference(*c.Low, c.Unit), words.Difference(*c.High, c.Unit)
	if low == high {
		return low
	}
	return strings.TrimSuffix(low, " points") + " to " + high
}
