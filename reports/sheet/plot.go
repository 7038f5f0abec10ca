package sheet

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/tailback/tailback/reports/words"
)

// A Plot is a small chart that is as wide as there is room, while its letters and
// lines keep their size: on a phone it needs no scrolling. Places along it are
// 0..PlotWide, heights are pixels from the top of its box.
type Plot struct {
	Label string  // the plot in words, for those who can't see it
	Top   float64 // pixels above the box, for the names of what is in it
	High  float64 // of the box
	Low   float64 // of it, below the lowest value
	Foot  float64 // pixels below the box, for the ticks of its axis
	Bands []PlotBand
	Lines []PlotLine
	Ticks []PlotTick // at heights
	Along []PlotTick // at places along the axis
	Names []PlotName // in the room above the box
}

// PlotWide is the place at which a plot ends.
const PlotWide = 1000.0

// Letters of a plot are at most so wide, and its box is at least as wide on a
// phone and on a desktop, in pixels.
const (
	letter     = 6.6
	letterHigh = 14.0
	Narrow     = 330.0
	Broad      = 900.0
)

// PlotBand is a stretch of the axis, over the height of the box.
type PlotBand struct {
	Class    string
	At, Wide float64
}

// PlotLine is a path in the box.
type PlotLine struct{ Class, D string }

// PlotTick is a labelled place. Minor is one that a phone has no room for.
type PlotTick struct {
	At    float64
	Text  string
	Minor bool
}

// PlotName names a stretch or a moment. Key stands for it where there is no room:
// on a phone when Fits is "broad", everywhere when it is "".
type PlotName struct {
	Class     string
	At, Wide  float64
	Row       float64 // pixels from the top
	Text, Key string
	Fits      string  // "narrow", "broad" or ""
	End       bool    // the text ends at the place, and does not begin there
	Bar       float64 // how long a bar behind it is; 0 is none
}

// Whole is the height of all.
func (p Plot) Whole() float64 { return p.Top + p.High + p.Foot }

// Bottom is where the box ends.
func (p Plot) Bottom() float64 { return p.Top + p.High }

// Rise is how far below its line in the box the letters of a tick stand in the picture.
func (p Plot) Rise() float64 { return p.Top + 4 }

// along is a place along a plot as letters need it.
func along(at float64) string { return strconv.FormatFloat(Tenth(at)/PlotWide*100, 'f', -1, 64) }

// anchor keeps the letters of a tick within the plot.
func anchor(at float64) string {
	switch {
	case at < PlotWide*0.03:
		return "begin"
	case at > PlotWide*0.97:
		return "end"
	}
	return "x"
}

// Linear sets the ticks of values from 0 to most, and returns the scale.
func (p *Plot) Linear(most float64, write func(float64) string) func(float64) float64 {
	if !(most > 0) || math.IsInf(most, 0) {
		most = 1
	}
	bottom := p.High - p.Low
	scale := func(v float64) float64 { return bottom - (bottom-1)*min(max(v/(most*1.08), 0), 1) }
	p.ticks(LinearTicks(most*1.08, 3), scale, write)
	return scale
}

// Logarithmic sets the ticks of a scale over all values that are more than 0.
func (p *Plot) Logarithmic(values []float64, write func(float64) string) func(float64) float64 {
	axis := LogAxisOver(p.High-p.Low-1, 3, values)
	if axis.To == 0 {
		axis = LogAxis{0.01, 1, p.High - p.Low - 1, 3}
	}
	axis.From, axis.To = axis.From/1.25, axis.To*1.25 // no line along an edge
	scale := func(v float64) float64 { return axis.X(max(v, leastOnAxis)) }
	p.ticks(axis.Ticks(4), scale, write)
	return scale
}

// ticks sets those of values, every other one where all would cover each other.
func (p *Plot) ticks(values []float64, scale func(float64) float64, write func(float64) string) {
	p.Ticks = nil
	for i, v := range values {
		at := Tenth(scale(v))
		if i > 0 && math.Abs(at-p.Ticks[len(p.Ticks)-1].At) < letterHigh {
			p.ticks(every(2, values), scale, write)
			return
		}
		p.Ticks = append(p.Ticks, PlotTick{At: at, Text: write(v)})
	}
}

func every[T any](k int, list []T) (some []T) {
	for i := 0; i < len(list); i += k {
		some = append(some, list[i])
	}
	return some
}

// Fits says on which screens a text has room on a stretch of the axis.
func Fits(text string, wide float64) string {
	need := letter*float64(utf8.RuneCountInString(text)) + 6
	switch share := wide / PlotWide; {
	case need <= share*Narrow:
		return "narrow"
	case need <= share*Broad:
		return "broad"
	}
	return ""
}

// Pin places the text of a moment beside it, in the first row below from, of at
// most rows, in which it covers none of those placed before on any screen.
// Without a row, or where it is wider than the plot, it is left out.
func (p *Plot) Pin(class string, at float64, text string, from float64, rows int) {
	wide := (letter*float64(utf8.RuneCountInString(text)) + 10) / Narrow * PlotWide
	n := PlotName{Class: class, At: at, Wide: wide, Text: text, Fits: "narrow", End: at+wide > PlotWide}
	if left, right := n.span(); left < 0 || right > PlotWide {
		return
	}
	for row := range rows {
		n.Row = from + RowHigh*float64(row)
		if !slices.ContainsFunc(p.Names, n.covers) {
			p.Names = append(p.Names, n)
			return
		}
	}
}

// RowHigh is the height of a row of names.
const RowHigh = 17.0

func (n PlotName) covers(o PlotName) bool {
	from, to := n.span()
	left, right := o.span()
	return n.Row == o.Row && from < right && left < to
}

func (n PlotName) span() (from, to float64) {
	if n.End {
		return n.At - n.Wide, n.At
	}
	return n.At, n.At + n.Wide
}

// Clock sets the ticks along an axis on which a moment, in seconds, lies at x.
func (p *Plot) Clock(from, to float64, x func(float64) float64) {
	if !(to > from) {
		return
	}
	step := LinearTicks(to-from, 7)[1]
	for k := math.Ceil(from/step - 1e-9); k*step <= to*(1+1e-9); k++ {
		text := words.Moment(k * step)
		if from < 0 && k > 0 {
			text = "+" + text
		}
		p.Along = append(p.Along, PlotTick{At: Tenth(x(k * step)), Text: text, Minor: math.Mod(k, 2) != 0})
	}
}
