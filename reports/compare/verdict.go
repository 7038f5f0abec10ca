package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// good says which way of a figure is good.
type good int

const (
	less    good = iota // as of errors
	more                // as of capacity
	neither             // as of retries: what changed is said, not whether that is good
)

// Where no difference is found, a figure is the same only if one of a quarter would
// have been, or one of so much in its unit.
const (
	showsRatio  = 0.25
	showsPoints = 0.05 // of a ratio
	showsOnset  = 1.0  // seconds
	showsAgain  = 2.0  // seconds to be well again, which is seen to a second
)

// judge says what came of a figure whose Before, After, Low and High are set. shows
// is what must have shown at least, in the figure's unit, for it to be the same.
func judge(f *reports.Compared, way good, shows float64, o Options) {
	d, low, high := *f.After-*f.Before, *f.Low, *f.High
	base := math.Abs(*f.Before)
	worth := d != 0 && (f.Unit == "count" || math.Abs(d) >= o.MinEffect*base)
	switch {
	case (low > 0 || high < 0) && worth:
		f.Change = changed(d, way)
	case low > 0 || high < 0:
		f.Change = reports.Same
		f.Why = fmt.Sprintf("it differs by less than the %s worth telling", words.Percent(o.MinEffect))
	case max(-low, high) <= max(showsRatio*base, shows):
		f.Change = reports.Same
		f.Why = fmt.Sprintf("a change of %s would have shown", strings.TrimPrefix(words.Difference(max(-low, high), f.Unit), "+"))
	default:
		f.Change = reports.CantTell
		f.Why = fmt.Sprintf("the difference may be anything from %s to %s", words.Difference(low, f.Unit), words.Difference(high, f.Unit))
	}
}

func changed(d float64, way good) reports.Change {
	switch {
	case way == neither:
		return reports.Changed
	case d > 0 == (way == more):
		return reports.Improved
	}
	return reports.Worse
}

// cantTell is a figure of which nothing can be told, and why.
func cantTell(f reports.Compared, why string) reports.Compared {
	f.Low, f.High, f.Change, f.Why = nil, nil, reports.CantTell, why
	return f
}

// whole is the verdict of all figures together. One that is worse makes it worse,
// whatever became better. It can't be told where the experiments differ such that
// part of what was asked can't be compared, or a run was cut short; and where nothing
// changed and of a phase not one figure could be told.
func whole(c *reports.Comparison, s spoils) reports.Change {
	seen := map[reports.Change]int{}
	told := map[string]bool{}
	for _, f := range c.Figures {
		seen[f.Change]++
		if f.Phase != "" {
			told[f.Phase] = told[f.Phase] || f.Change != reports.CantTell
		}
	}
	switch {
	case seen[reports.Worse] > 0:
		return reports.Worse
	case s.any():
		return reports.CantTell
	case seen[reports.Improved] > 0:
		return reports.Improved
	case len(c.Figures) == seen[reports.CantTell]:
		return reports.CantTell
	}
	for _, one := range told {
		if !one {
			return reports.CantTell
		}
	}
	return reports.Same
}
