package render

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// A still is the charts as pictures, for print and for where scripts are off:
// the same panels on the same time axis, as paths in user units of the SVG.
type still struct {
	Width, Left, Right float64
	Panels             []panel
	Phases, Faults     []bar
	Keys               []keys
	Marks              []pin
	Ticks              []tick
	Rule               float64 // where the row of marks begins
}

// panel is one chart of a still.
type panel struct {
	ID, Title           string
	Height, Top, Bottom float64 // of the picture; where the plot begins and ends in it
	Room                float64 // Bottom - Top
	First, Last         bool
	Use                 bool // of a dependency
	Whole               bool // counts things: there is no half a request
	Paths               []path
	Ticks               []tick
	Levels              []tick
	Dots                []dot
}

// dot is a reading at a moment.
type dot struct {
	X, Y  float64
	Class string
}

type path struct{ Class, Fill, D string }

// bar is a phase or a fault drawn along the top.
type bar struct {
	X, Y, Width float64
	Name        string
}

// keys names what has no room for its name in its place.
type keys struct {
	Of  string
	All []stretch
}

// pin is a labelled moment.
type pin struct {
	X, Y  float64
	Label string
	Class string
	End   bool // the label stands before the moment, not after it
}

type tick struct {
	At    float64
	Label string
}

// Geometry of a still, in user units.
const (
	stillWidth = 960.0
	stillLeft  = 56.0
	stillRight = 944.0
	rowHeight  = 18.0
	letter     = 6.3 // width of a letter of the labels, on the safe side
	maxColumns = 480 // more buckets than this are drawn together
	maxRows    = 6   // of marks' labels
)

func newStill(c chart) *still {
	c = c.coarse(maxColumns)
	s := &still{Width: stillWidth, Left: stillLeft, Right: stillRight}
	s.Phases = s.bars(c, "Phases", c.Phases, 0)
	s.Faults = s.bars(c, "Faults", c.Faults, rowHeight)
	s.Rule = rowHeight * float64(1+c.Lanes)
	rows := s.flags(c)
	top := s.Rule + rowHeight*float64(rows) + 6
	s.Panels = []panel{c.ratePanel(top), c.timePanel(), c.sitePanel()}
	for i, u := range c.Uses {
		s.Panels = append(s.Panels, c.usePanel(fmt.Sprintf("use%d", i), u))
	}
	last := &s.Panels[len(s.Panels)-1]
	last.Last, last.Height = true, last.Bottom+22
	for _, v := range sheet.LinearTicks(c.End-c.Starts[0], 8) {
		s.Ticks = append(s.Ticks, tick{c.x(c.Starts[0] + v), words.Moment(c.Starts[0] + v)})
	}
	return s
}

// x is where a moment lies.
func (c chart) x(at float64) float64 {
	share := (at - c.Starts[0]) / (c.End - c.Starts[0])
	return sheet.Tenth(stillLeft + (stillRight-stillLeft)*math.Min(math.Max(share, 0), 1))
}

// bars draws phases or faults in rows from y on. Where one has no room for its
// name all show their keys, and the names are listed below the chart.
func (s *still) bars(c chart, of string, all []stretch, y float64) []bar {
	fits := func(text string, b stretch) bool {
		return letter*float64(utf8.RuneCountInString(text))+8 <= c.x(b.Room)-c.x(b.From)
	}
	keyed := slices.ContainsFunc(all, func(b stretch) bool { return !fits(b.Name, b) })
	if keyed {
		s.Keys = append(s.Keys, keys{of, all})
	}
	var bars []bar
	for _, b := range all {
		name := b.Name
		if keyed {
			name = b.Key + " " + b.Name
		}
		if keyed && !fits(name, b) {
			name = b.Key
		}
		from := c.x(b.From)
		bars = append(bars, bar{X: from, Y: y + rowHeight*float64(b.Lane), Width: sheet.Tenth(math.Max(c.x(b.To)-from, 1)), Name: name})
	}
	return bars
}

// flags places the marks' labels, and returns how many rows they take.
func (s *still) flags(c chart) int {
	wide := make([]float64, len(c.Marks))
	for i, m := range c.Marks {
		wide[i] = letter*float64(utf8.RuneCountInString(m.Label)) + 16
	}
	rows, most := c.rows(wide), 0
	for i, m := range c.Marks {
		f := pin{X: c.x(m.At), Label: m.Label, Class: "well"}
		if m.Bad {
			f.Class = "ill"
		}
		if m.Minor {
			f.Class += " minor"
		}
		f.End = f.X+wide[i] > stillRight
		f.Y = s.Rule
		if rows[i] < 0 {
			f.Label = ""
		} else {
			f.Y += rowHeight * float64(rows[i])
		}
		s.Marks = append(s.Marks, f)
		most = max(most, rows[i]+1)
	}
	return most
}

// rows gives each mark's label, wide units, the first row in which it covers no
// other: those that a fault brought before the minor ones. Beyond maxRows a mark
// stays without its label, at -1.
func (c chart) rows(wide []float64) []int {
	type span struct{ from, to float64 }
	rows, taken := make([]int, len(c.Marks)), [maxRows][]span{}
	place := func(i int) int {
		at := c.x(c.Marks[i].At)
		own := span{at, at + wide[i]}
		if own.to > stillRight {
			own = span{at - wide[i], at}
		}
		for row := range taken {
			if !slices.ContainsFunc(taken[row], func(o span) bool { return own.from < o.to && o.from < own.to }) {
				taken[row] = append(taken[row], own)
				return row
			}
		}
		return -1
	}
	for _, minor := range []bool{false, true} {
		for i, m := range c.Marks {
			if m.Minor == minor {
				rows[i] = place(i)
			}
		}
	}
	return rows
}

func (c chart) ratePanel(top float64) panel {
	p := panel{ID: "rate", Title: "Requests per second", First: true, Top: top, Bottom: top + 200, Room: 200, Height: top + 204}
	base, most := make([]float64, len(c.Starts)), 1e-9
	var tops [][]float64
	for _, l := range c.Layers {
		next := make([]float64, len(base))
		for i := range base {
			next[i] = base[i] + sheet.At(l.Hz, i)
		}
		tops = append(tops, next)
		base = next
	}
	for i := range base {
		most = math.Max(most, math.Max(base[i], *cmp.Or(c.Asked[i], &most)))
	}
	if c.Model != nil {
		most = *sheet.GreatestKnown(append(slices.Clone(c.Model.OK), &most))
	}
	y := p.linear(most)
	under := make([]float64, len(base))
	for i, l := range c.Layers {
		p.Paths = append(p.Paths, path{"layer", l.Fill, c.area(under, tops[i], y)})
		under = tops[i]
	}
	p.Paths = append(p.Paths, path{"asked", "", c.line(c.Asked, y)})
	if c.Model != nil {
		p.Paths = append(p.Paths, path{"predicted", "", c.line(c.Model.OK, y)})
	}
	return p
}

func (c chart) timePanel() panel {
	p := panel{ID: "time", Title: "Response time", Top: 8, Bottom: 134, Room: 126, Height: 138}
	y := p.logarithmic(c)
	p.Paths = []path{{"max", "", c.line(c.Max, y)}, {"p95", "", c.line(c.P95, y)}, {"p50", "", c.line(c.P50, y)}}
	for _, l := range c.Levels {
		p.Levels = append(p.Levels, tick{sheet.Tenth(y(l.At)), l.Label})
	}
	return p
}

// linear sets p's ticks for values from 0 to most and returns their scale.
func (p *panel) linear(most float64) func(float64) float64 {
	y := func(v float64) float64 { return p.Bottom - (p.Bottom-p.Top)*v/(most*1.06) }
	for _, v := range sheet.LinearTicks(most*1.06, 4) {
		if p.Whole && v != math.Trunc(v) {
			continue
		}
		p.Ticks = append(p.Ticks, tick{sheet.Tenth(y(v)), words.Digits(v, 6)})
	}
	return y
}

// logarithmic sets p's ticks at the powers of ten around all of c's times and
// returns their scale.
func (p *panel) logarithmic(c chart) func(float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, vs := range [][]*float64{c.P50, c.P95, c.Max} {
		for _, v := range vs {
			if v != nil {
				low, high = math.Min(low, math.Max(*v, 1e-4)), math.Max(high, math.Max(*v, 1e-4))
			}
		}
	}
	for _, l := range c.Levels {
		low, high = math.Min(low, math.Max(l.At, 1e-4)), math.Max(high, l.At)
	}
	if low > high {
		low, high = 0.01, 1
	}
	from, to := math.Floor(math.Log10(low/1.3)), math.Ceil(math.Log10(high*1.3)) // no line along an edge
	y := func(v float64) float64 {
		return p.Bottom - (p.Bottom-p.Top)*(math.Log10(math.Max(v, 1e-4))-from)/(to-from)
	}
	for e := from; e <= to; e++ {
		v := math.Pow(10, e)
		p.Ticks = append(p.Ticks, tick{sheet.Tenth(y(v)), words.Span(v)})
	}
	return y
}
