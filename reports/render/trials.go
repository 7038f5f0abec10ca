package render

import (
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// trialStrips are a search's trials as pictures, one for each fault, on one axis
// of rates: those that held on the first lane, those that did not below. Places
// along the axis are percents of the picture's width, so that its letters stay
// as large on a small screen; heights are pixels.
type trialStrips struct {
	Lanes              []trialLane
	Axis, Foot, Height float64 // where the axis is, and the letters below it
	All                []trialStrip
}

type trialLane struct {
	Y    float64
	Name string
}

// trialStrip is what was tried under one fault.
type trialStrip struct {
	Name, Found string
	Between     *trialBand // where the answer lies
	Ticks       []trialTick
	Marks       []trialMark
}

type trialBand struct{ X, Width float64 }

type trialTick struct {
	X    float64
	Text string
}

// trialMark is one trial.
type trialMark struct {
	X, Y               float64
	Class, Link, Title string
}

// Geometry of a strip.
const (
	stripLeft  = 15.0 // percent
	stripRight = 97.0
	stripLane  = 24.0 // pixels
	stripFoot  = 18.0
	stripTicks = 7 // at most
)

// newTrialStrips lays out the trials of a search.
func newTrialStrips(c *reports.Capacity) trialStrips {
	axis, lanes := rateAxisOf(c), []string{"held", "did not"}
	if slices.ContainsFunc(c.Figures, func(f reports.CapacityFigure) bool {
		return slices.ContainsFunc(f.Trials, func(t reports.CapacityTrial) bool { return t.Void != "" })
	}) {
		lanes = append(lanes, "void")
	}
	s := trialStrips{Axis: stripLane * float64(len(lanes))}
	s.Foot, s.Height = s.Axis+14, s.Axis+stripFoot
	for i, name := range lanes {
		s.Lanes = append(s.Lanes, trialLane{stripLane * (float64(i) + 0.5), name})
	}
	for i := range c.Figures {
		if f := &c.Figures[i]; len(f.Trials) > 0 {
			s.All = append(s.All, newTrialStrip(c, f, axis))
		}
	}
	return s
}

func newTrialStrip(c *reports.Capacity, f *reports.CapacityFigure, axis sheet.LogAxis) trialStrip {
	strip := trialStrip{Name: faultOf(*f), Found: carries(c, f)}
	if f.Why != "" {
		strip.Found = carried(c, *f) // why stands in the table above
	}
	if f.LowHz != nil && f.HighHz != nil {
		from := axis.X(*f.LowHz)
		strip.Between = &trialBand{from, sheet.Round(axis.X(*f.HighHz) - from)}
	}
	for _, v := range axis.Ticks(stripTicks) {
		strip.Ticks = append(strip.Ticks, trialTick{axis.X(v), words.Asked(v)})
	}
	for _, t := range f.Trials {
		m := trialMark{X: axis.X(t.RateHz), Link: sheet.ReportLink(t.Dir), Title: words.PerS(t.RateHz) + " for " + words.Lasted(t.LoadS) + ": " + t.Verdict()}
		lane := 0
		switch {
		case t.Void != "":
			m.Class, lane = "void", 2
		case t.Held:
			m.Class = "held"
		default:
			m.Class, lane = "broke", 1
		}
		m.Y = stripLane * (float64(lane) + 0.5)
		strip.Marks = append(strip.Marks, m)
	}
	return strip
}

// rateAxisOf reaches over every rate that was tried, and every bound.
func rateAxisOf(c *reports.Capacity) sheet.LogAxis {
	var rates []float64
	for _, f := range c.Figures {
		for _, t := range f.Trials {
			rates = append(rates, t.RateHz)
		}
		if f.HighHz != nil {
			rates = append(rates, *f.HighHz)
		}
	}
	return sheet.LogAxisOver(stripLeft, stripRight, rates)
}
