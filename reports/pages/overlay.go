package pages

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// overlay is two runs over each other, chart by chart on one axis.
type overlay struct {
	axis
	Charts []overlayChart
	Keys   []sheet.PlotName // names without room in their places on a phone
}

type overlayChart struct {
	Title, Aside string
	sheet.Plot
}

// course is what of a run's timeline is drawn, one value a bucket.
type course struct {
	edges                  []float64 // where the buckets begin, and the last one ends
	good, bad, p95, flight []*float64
}

// Columns are so many at most, and no shorter than a second: at a few requests
// per second less is mostly noise.
const (
	mostColumns = 300
	leastColumn = 1.0 // s
)

const (
	overlayHigh = 104.0 // pixels of a box
	maxPins     = 5     // rows of labels of moments
)

// newOverlay draws two runs; nil where one is missing or nothing was recorded in both.
func newOverlay(before, after *reports.Report) *overlay {
	if before == nil || after == nil || len(before.Timeline.StartS)+len(after.Timeline.StartS) == 0 {
		return nil
	}
	o := &overlay{axis: align(before, after)}
	if !(o.Long > 0) {
		return nil
	}
	runs := [2]course{courseOf(before), courseOf(after)}
	for i, c := range []struct {
		title, aside string
		of           func(course) []*float64
		write        func(float64) string
		log          bool
	}{
		{"Good answers per second", "", func(c course) []*float64 { return c.good }, words.Given, false},
		{"Errors per second", "", func(c course) []*float64 { return c.bad }, words.Given, false},
		{"Response time, p95", "of all sent, from when due; log scale", func(c course) []*float64 { return c.p95 }, words.Span, true},
		{"Requests in flight", "most at any moment", func(c course) []*float64 { return c.flight }, words.Given, false},
	} {
		p := sheet.Plot{Label: c.title + " before and after, over time", Top: 6, High: overlayHigh, Foot: 4}
		if i == 0 {
			o.head(&p, before, after)
		}
		if i == 3 {
			p.Foot = 20
			o.ticks(&p)
		}
		o.bands(&p, before, after)
		o.draw(&p, [2][]*float64{c.of(runs[0]), c.of(runs[1])}, runs, c.write, c.log)
		o.moments(&p, before, after)
		o.Charts = append(o.Charts, overlayChart{c.title, c.aside, p})
	}
	return o
}

// x is where a second of the axis lies in a plot.
func (a *axis) x(s float64) float64 { return sheet.Tenth(sheet.PlotWide * s / a.Long) }

// courseOf joins the buckets of a run's timeline to columns.
func courseOf(r *reports.Report) course {
	t, end := sheet.Ended(r)
	n := len(t.StartS)
	if n == 0 {
		return course{}
	}
	good, bad, flight := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		good[i] = sheet.At(t.OKHz, i) + sheet.At(t.Degraded, i)
		bad[i] = sheet.At(t.OtherHz, i)
		for _, hz := range t.CodesHz {
			bad[i] += sheet.At(hz, i)
		}
		if i < len(t.InFlight) {
			flight[i] = float64(t.InFlight[i])
		}
	}
	k := max((n+mostColumns-1)/mostColumns, int(math.Round(leastColumn/max(t.BucketS, 1e-3))), 1)
	starts := sheet.Joined(t.StartS, k, func(g []float64) float64 { return g[0] })
	return course{append(starts, end), sheet.Pointers(sheet.Joined(good, k, sheet.Mean)), sheet.Pointers(sheet.Joined(bad, k, sheet.Mean)),
		sheet.Joined(t.P95S, k, sheet.GreatestKnown), sheet.Pointers(sheet.Joined(flight, k, sheet.Greatest[float64]))}
}

// within are the edges and values of a course in a piece of its run.
func (c course) within(p piece, vs []*float64) (edges []float64, values []*float64) {
	for i := range vs {
		from, to := max(c.edges[i], p.from), min(c.edges[i+1], p.to)
		if to-from > 1e-6 {
			edges, values = append(edges, from), append(values, vs[i])
			if i == len(vs)-1 || c.edges[i+1] >= p.to {
				return append(edges, to), values
			}
		}
	}
	return append(edges, p.to), values
}

// draw draws one figure of both runs: what was before as a shape with an outline,
// what is after as a line over it.
func (o *overlay) draw(p *sheet.Plot, vs [2][]*float64, runs [2]course, write func(float64) string, log bool) {
	var all []float64
	for _, v := range append(slices.Clone(vs[0]), vs[1]...) {
		if v != nil {
			all = append(all, *v)
		}
	}
	y := p.Linear(slices.Max(append(all, 0)), write)
	if log {
		y = p.Logarithmic(all, write)
	}
	for i, class := range []string{"before", "after"} {
		line, area := "", ""
		for _, piece := range o.Clocks[i] {
			edges, values := runs[i].within(piece, vs[i])
			x := func(s float64) float64 { return o.x(piece.at + s - piece.from) }
			line += sheet.Steps(edges, values, x, y)
			if i == 0 && !log {
				area += sheet.Area(edges, make([]float64, len(values)), plain(values), x, y)
			}
		}
		if area != "" {
			p.Lines = append(p.Lines, sheet.PlotLine{Class: "area", D: area})
		}
		p.Lines = append(p.Lines, sheet.PlotLine{Class: class, D: line})
	}
}

func plain(vs []*float64) []float64 {
	list := make([]float64, len(vs))
	for i, v := range vs {
		if v != nil {
			list[i] = *v
		}
	}
	return list
}

// faultBar is a fault on the axis.
type faultBar struct {
	from, to float64
	name     string
	of       int // 0 before, 1 after, 2 both
}

// faultBars are those of both runs; one that both had at the same time is one.
func (o *overlay) faultBars(before, after *reports.Report) (bars []faultBar) {
	for of, r := range []*reports.Report{before, after} {
		for _, f := range r.Faults {
			to := until(r)
			if f.LiftedS != nil {
				to = *f.LiftedS
			}
			bar := faultBar{o.Clocks[of].at(f.AppliedS), o.Clocks[of].at(to), f.Dependency + " " + cmp.Or(f.Noun, f.Kind), of}
			same := slices.IndexFunc(bars, func(b faultBar) bool {
				return of == 1 && b.of == 0 && b.name == bar.name && math.Abs(b.from-bar.from) < near && math.Abs(b.to-bar.to) < near
			})
			if same >= 0 {
				bars[same].of = 2
				continue
			}
			bars = append(bars, bar)
		}
	}
	return bars
}

func (o *overlay) bands(p *sheet.Plot, before, after *reports.Report) {
	for _, b := range o.faultBars(before, after) {
		p.Bands = append(p.Bands, sheet.PlotBand{Class: "band", At: o.x(b.from), Wide: sheet.Tenth(max(o.x(b.to)-o.x(b.from), 1))})
	}
	for _, s := range o.Sections {
		if s.Name != "" && s.At > 0 {
			p.Lines = append(p.Lines, sheet.PlotLine{Class: "edge", D: fmt.Sprintf("M%s 0V%g", sheet.Coordinate(o.x(s.At)), p.High)})
		}
	}
}

// head writes the names of phases, faults and moments above the first chart.
func (o *overlay) head(p *sheet.Plot, before, after *reports.Report) {
	n := 0
	for i, s := range o.Sections {
		if s.Name == "" {
			continue
		}
		n++
		room := o.Long - s.At
		for _, next := range o.Sections[i+1:] {
			if next.Name != "" {
				room = next.At - s.At
				break
			}
		}
		o.name(p, sheet.PlotName{Class: "phase", At: o.x(s.At), Wide: o.x(room), Text: s.Name, Key: fmt.Sprint(n)})
	}
	row := sheet.RowHigh
	for i, b := range o.faultBars(before, after) {
		text := b.name
		if b.of < 2 {
			text += []string{" (before)", " (after)"}[b.of]
		}
		o.name(p, sheet.PlotName{Class: "faultname", At: o.x(b.from), Wide: o.x(o.Long - b.from), Row: row, Text: text, Key: string(rune('A' + i%26)),
			Bar: sheet.Tenth(max(o.x(b.to)-o.x(b.from), 1))})
		row += sheet.RowHigh
	}
	for _, m := range momentsOf(o, before, after) {
		p.Pin("flag "+m.class, m.at, m.text, row, maxPins)
	}
	p.Top = row + 4
	for _, n := range p.Names {
		p.Top = max(p.Top, n.Row+sheet.RowHigh+4)
	}
}

// name places one, and lists it below the charts where it has no room in its place.
func (o *overlay) name(p *sheet.Plot, n sheet.PlotName) {
	n.Fits = sheet.Fits(n.Text, n.Wide)
	p.Names = append(p.Names, n)
	if n.Fits != "narrow" {
		o.Keys = append(o.Keys, n)
	}
}

// moment is when something began or was over, in one of the runs.
type moment struct {
	at          float64 // place
	text, class string
}

// momentsOf are the first errors and the recoveries of both runs.
func momentsOf(o *overlay, before, after *reports.Report) (list []moment) {
	for of, r := range []*reports.Report{before, after} {
		who := []string{"before: ", "after: "}[of]
		for _, on := range r.Onset {
			text := who + errorName(on)
			if on.AfterFaultS != nil {
				text += " " + words.After(*on.AfterFaultS)
			}
			list = append(list, moment{o.x(o.Clocks[of].at(on.FirstS)), text, "ill " + []string{"before", "after"}[of]})
		}
		for _, v := range r.Recovery {
			if v.RecoveredS != nil && v.AfterLiftS != nil && (v.Ill == nil || *v.Ill) {
				list = append(list, moment{o.x(o.Clocks[of].at(*v.RecoveredS)), who + "well again " + words.After(*v.AfterLiftS), "well " + []string{"before", "after"}[of]})
			}
		}
	}
	return list
}

// errorName is the status that began, or what took its place.
func errorName(o reports.Onset) string {
	if o.Code == 0 {
		return o.Class
	}
	return fmt.Sprint(o.Code)
}

func (o *overlay) moments(p *sheet.Plot, before, after *reports.Report) {
	for _, m := range momentsOf(o, before, after) {
		p.Lines = append(p.Lines, sheet.PlotLine{Class: "moment " + m.class, D: fmt.Sprintf("M%s 0V%g", sheet.Coordinate(m.at), p.High)})
	}
}

// ticks tell the time along the axis: from the fault, or of each phase from its beginning.
func (o *overlay) ticks(p *sheet.Plot) {
	if o.OneClock {
		p.Clock(-o.Zero, o.Long-o.Zero, func(s float64) float64 { return o.x(s + o.Zero) })
		return
	}
	step := sheet.LinearTicks(o.Long, 8)[1]
	for _, s := range o.Sections {
		for v := step; v <= s.Long-step/2; v += step {
			p.Along = append(p.Along, sheet.PlotTick{At: o.x(s.At + v), Text: words.Moment(v), Minor: math.Mod(math.Round(v/step), 2) != 0})
		}
	}
}
