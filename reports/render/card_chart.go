package render

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// cardChart is the good answers and the errors over time.
type cardChart struct {
	Good, Degraded string
	Bad, Asked     string
	Bands          []cardBand
	Marks          []pin
	Y, X           []tick
	Keys           []cardKey
}

// cardKey says what a colour is.
type cardKey struct {
	X, TextX   float64
	Fill, Text string // the fill of "" is the line
}

// cardBand is a fault.
type cardBand struct {
	X, Width float64
	Name     string // "" where there is no room for it
}

// newCardChart stacks errors on good answers; nil when nothing was recorded.
func newCardChart(r *reports.Report) *cardChart {
	c := newChart(r)
	if len(c.Starts) == 0 {
		return nil
	}
	c = c.coarse(240)
	n, most := len(c.Starts), 1e-9
	none, whole, good, all := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for _, l := range c.Layers {
		for i := range n {
			v := sheet.At(l.Hz, i)
			switch l.Fill {
			case "ok":
				whole[i] += v
				fallthrough
			case "degraded":
				good[i] += v
			}
			all[i] += v
			most = max(most, all[i])
		}
	}
	if asked := sheet.GreatestKnown(c.Asked); asked != nil {
		most = max(most, *asked)
	}
	x := func(at float64) float64 {
		return sheet.Tenth(cardLeft + (c.x(at)-stillLeft)*(cardRight-cardLeft)/(stillRight-stillLeft))
	}
	y := func(v float64) float64 { return cardBottom - (cardBottom-cardTop)*v/(most*1.06) }
	d := &cardChart{Good: sheet.Area(c.edges(), none, whole, x, y), Degraded: sheet.Area(c.edges(), whole, good, x, y), Bad: sheet.Area(c.edges(), good, all, x, y),
		Asked: sheet.Steps(c.edges(), c.Asked, x, y), Bands: cardBands(c, x), Marks: cardMarks(c, x)}
	d.keys()
	for _, v := range sheet.LinearTicks(most*1.06, 3)[1:] { // 0 is the axis
		d.Y = append(d.Y, tick{sheet.Tenth(y(v)), words.Digits(v, 6)})
	}
	for _, v := range sheet.LinearTicks(c.End-c.Starts[0], 8) {
		d.X = append(d.X, tick{x(c.Starts[0] + v), words.Moment(c.Starts[0] + v)})
	}
	return d
}

// keys lists what is drawn.
func (d *cardChart) keys() {
	x := cardLeft
	for _, k := range []struct{ drawn, fill, text string }{
		{"always", "#6a9fc4", "good answers per second"}, {d.Degraded, "url(#card-degraded)", "degraded"}, {d.Bad, "#c2410c", "errors"}, {d.Asked, "", "asked"},
	} {
		if k.drawn != "" {
			d.Keys = append(d.Keys, cardKey{x, x + 24, k.fill, k.text})
			x = sheet.Tenth(x + 24 + lettersWide(k.text, 15) + 24)
		}
	}
}

// cardBands are the faults, each with as much of its name as has room before the next.
func cardBands(c chart, x func(float64) float64) (bands []cardBand) {
	for _, f := range c.Faults {
		b := cardBand{X: x(f.From), Width: sheet.Tenth(math.Max(x(f.To)-x(f.From), 2))}
		room := cardRight
		for _, next := range c.Faults {
			if at := x(next.From); at > b.X {
				room = min(room, at)
			}
		}
		again := slices.ContainsFunc(bands, func(o cardBand) bool { return o.X == b.X }) // one name stands there
		if name := fitting(drawn(f.Name), 17, room-b.X-12); !again && utf8.RuneCountInString(name) > leastName {
			b.Name = name
		}
		bands = append(bands, b)
	}
	return bands
}

// leastName is of how many letters a part of a name tells nothing.
const leastName = 4

// cardMarks are what the faults brought, with the labels that have room.
func cardMarks(c chart, x func(float64) float64) (pins []pin) {
	type span struct{ from, to float64 }
	var taken [cardRows][]span
	for _, m := range c.Marks {
		if m.Minor {
			continue
		}
		p := pin{X: x(m.At), Class: "#24628a"}
		if m.Bad {
			p.Class = "#a8380a"
		}
		wide := lettersWide(m.Label, 17) + 12
		own := span{p.X, p.X + wide}
		if p.End = own.to > cardRight; p.End {
			own = span{p.X - wide, p.X}
		}
		for row := range taken {
			if !slices.ContainsFunc(taken[row], func(o span) bool { return own.from < o.to && o.from < own.to }) {
				taken[row] = append(taken[row], own)
				p.Label, p.Y = drawn(m.Label), cardTop-7-cardRow*float64(cardRows-1-row)
				break
			}
		}
		pins = append(pins, p)
	}
	return pins
}

// mostFigures is how many figures have room on a card.
const mostFigures = 4
