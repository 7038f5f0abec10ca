package render

import (
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// waits are an audit as a picture: for how long the site waited for each
// dependency, on one axis of time. Places along it are percents of the picture's
// width, so that its letters stay as large on a small screen; heights are pixels.
type waits struct {
	Top, Height, Axis, Foot float64 // of a bar; where the axis is, and the letters below it
	Horizon                 float64 // 0 is none
	Ticks                   []trialTick
	Limits                  bool // any has one
	All                     []wait
}

// wait is that for one dependency.
type wait struct {
	reports.AuditRow
	Tries   []trialBand // one after another; none where nothing is known
	Endless float64     // where it still waited when nobody looked on; 0 where it ended
	Limit   float64     // the longest try that holds the rate; 0 where that is not known
	Hurt    bool        // what came to the visitors was an error
	Label   string      // the picture in words
}

// Geometry of a wait.
const (
	waitLeft   = 0.5 // percent
	waitRight  = 97.0
	waitTop    = 6.0 // pixels
	waitHeight = 12.0
	waitAxis   = 24.0
	waitTicks  = 6
	waitGap    = 0.4 // percent, between tries
	waitLeast  = 0.6 // percent, of a try
	mostTries  = 20  // that are drawn
)

// newWaits lays out an audit; it has no waits where none could be told.
func newWaits(a *reports.Audit) *waits {
	axis := waitAxisOf(a)
	if axis.To == 0 {
		return nil
	}
	w := &waits{Top: waitTop, Height: waitHeight, Axis: waitAxis, Foot: waitAxis + 14}
	if a.HorizonS > 0 {
		w.Horizon = axis.X(a.HorizonS)
	}
	for _, v := range axis.Ticks(waitTicks) {
		w.Ticks = append(w.Ticks, trialTick{axis.X(v), words.Span(v)})
	}
	for _, row := range a.Rows {
		one := newWait(row, axis)
		w.Limits = w.Limits || one.Limit > 0
		w.All = append(w.All, one)
	}
	return w
}

// Has reports whether any wait is drawn for a dependency of such a verdict.
func (w *waits) Has(verdict string) bool {
	return slices.ContainsFunc(w.All, func(one wait) bool { return one.Verdict == verdict && len(one.Tries) > 0 })
}

// newWait lays out a row. A try that nobody ended goes on beyond what was watched.
func newWait(row reports.AuditRow, axis sheet.LogAxis) wait {
	w := wait{AuditRow: row, Hurt: strings.HasPrefix(row.Visitors, "error"), Label: row.Dependency + ": " + row.Text}
	if row.MaxTimeoutS != nil {
		w.Limit = axis.X(*row.MaxTimeoutS)
	}
	t := row.Timeout
	switch {
	case t == nil:
	case t.Verdict == reports.ByNobody && t.HorizonS > 0:
		w.Endless = axis.X(t.HorizonS)
		w.Tries = []trialBand{{axis.Left, sheet.Round(w.Endless - axis.Left)}}
	case t.ObservedS != nil && t.ObservedS.Value > 0:
		w.Tries = tries(t, axis)
	}
	return w
}

// tries are the waits for one call, each from where the one before it ended.
func tries(t *reports.Timeout, axis sheet.LogAxis) (bands []trialBand) {
	from := axis.Left
	for i := range min(max(t.Retries, 0)+1, mostTries) {
		to := axis.X(t.ObservedS.Value * float64(i+1))
		bands = append(bands, trialBand{from, sheet.Round(max(to-from-waitGap, waitLeast))})
		from = to
	}
	return bands
}

// waitAxisOf reaches over every wait, every limit and the horizon, with room
// before the shortest, so that it has a length.
func waitAxisOf(a *reports.Audit) sheet.LogAxis {
	values := []float64{a.HorizonS}
	least := a.HorizonS
	add := func(s float64) {
		if s > 0 {
			values, least = append(values, s), min(least, s)
		}
	}
	for _, row := range a.Rows {
		if row.MaxTimeoutS != nil {
			add(*row.MaxTimeoutS)
		}
		if t := row.Timeout; t != nil {
			add(t.HorizonS)
			if t.ObservedS != nil {
				add(t.ObservedS.Value)
				add(t.TriesS())
			}
		}
	}
	return sheet.LogAxisOver(waitLeft, waitRight, append(values, least/2))
}
