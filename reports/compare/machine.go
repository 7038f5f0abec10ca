package compare

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// blameMachine takes back that a quantile changed where the machine may have done
// it: in some cells hits were sent late by half the difference or more, so that
// the site, or what carries its answers, may have been as late; and without these
// cells the difference is not there, or too few cells are left to show it.
func (f *figure) blameMachine(o Options) {
	if f.q == 0 || f.Change != reports.Worse && f.Change != reports.Improved {
		return
	}
	d := *f.After - *f.Before
	late := time.Duration(math.Abs(d) / 2 * float64(time.Second))
	b, nb, latest := f.onTime(f.before, late)
	a, na, later := f.onTime(f.after, late)
	latest = max(latest, later)
	if latest < late {
		return
	}
	if b != nil && a != nil && nb && na && (*a-*b)*d > 0 && math.Abs(*a-*b) >= o.MinEffect**f.Before {
		return
	}
	f.Change = reports.CantTell
	f.Why = fmt.Sprintf("the machine may have done it: in some seconds requests were sent up to %s late, and the rest does not show it", words.Span(latest.Seconds()))
}

// onTime is the quantile of what was sent on time, of several runs the median,
// whether at least half of the cells were, and how late the latest hit was.
func (f *figure) onTime(parts []part, late time.Duration) (value *float64, half bool, latest time.Duration) {
	var values []float64
	half = true
	for _, p := range parts {
		rest := p.series.without(late)
		half = half && 2*len(rest.cells) >= len(p.series.cells)
		for _, c := range p.series.cells {
			latest = max(latest, c.late)
		}
		if r := f.resampler(rest); r.values.N() > 0 {
			values = append(values, r.seen*nanosecond)
		}
	}
	return median(values), half, latest
}

// survivors takes back what quantiles of good answers seem to tell where others
// were answered than before: those that failed may have been the slowest, or the
// quickest. It is so when errors became less and times longer, or the other way
// round, by half as many requests as lie beyond the quantile, or more.
func survivors(figures []figure) {
	for i := range figures {
		errors := &figures[i]
		if errors.Figure != errorsFigure || errors.Before == nil || errors.After == nil {
			continue
		}
		d := *errors.After - *errors.Before
		for j := range figures {
			f := &figures[j]
			if f.Phase != errors.Phase || f.Request != errors.Request || f.Before == nil || f.After == nil || f.Change == reports.CantTell {
				continue
			}
			against := (*f.After-*f.Before)*d < 0
			if f.q > 0 && against && math.Abs(d) >= (1-f.q)/2 {
				f.Compared = cantTell(f.Compared, "other requests were answered well than before: errors went from "+
					words.Percent(*errors.Before)+" to "+words.Percent(*errors.After))
			}
			if f.Figure == degradedFigure && against && f.Change != reports.Same && (math.Abs(d) >= math.Abs(*f.After-*f.Before) ||
				errors.Change == reports.Improved || errors.Change == reports.Worse) {
				f.Compared = cantTell(f.Compared, "what is degraded on one side may be what failed on the other")
			}
		}
	}
}

// servedSooner takes it for no loss alone that more answers were degraded where they
// came sooner: that is what a timeout does.
func servedSooner(figures []figure) {
	for i := range figures {
		f := &figures[i]
		if f.Figure == degradedFigure && f.Change == reports.Worse && slices.ContainsFunc(figures, func(o figure) bool {
			return o.q > 0 && o.Change == reports.Improved && o.Phase == f.Phase && o.Request == f.Request
		}) {
			f.Change, f.Why = reports.Changed, "answers came sooner, with less in them"
		}
	}
}
