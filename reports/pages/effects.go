package pages

import (
	"math"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// effects is by how much each figure changed, as a share of what it was before, on
// one axis: what lies within the shaded band is too little to be told. Places
// along the axis are percents of the picture's width.
type effects struct {
	Band struct{ X, Width float64 }
	None float64 // where nothing changed
	All  []effect
	Axis []effectTick
	More int // figures that are not drawn
}

type effect struct {
	Name, Text     string
	Change         reports.Change
	X, From, Width float64 // of the change, and of its interval
}

type effectTick struct {
	X    float64
	Text string
}

// A figure's change is drawn from a quarter of what it was to four times of it.
const (
	leastEffect = 0.25
	mostEffect  = 4.0
	mostEffects = 24
)

// newEffects lays out the figures whose change has an interval and something to be a share of.
func newEffects(c *reports.Comparison) *effects {
	var list []reports.Compared
	for _, change := range []reports.Change{reports.Worse, reports.Improved, reports.Changed, reports.CantTell, reports.Same} {
		for _, f := range c.Figures {
			if f.Change == change && f.Before != nil && *f.Before > 0 && f.After != nil && f.Low != nil && f.High != nil {
				list = append(list, f)
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	e := &effects{More: max(len(list)-mostEffects, 0)}
	list = list[:min(len(list), mostEffects)]
	reach := []float64{1 / (1 + 3*c.MinEffect), 1 + 3*c.MinEffect}
	for _, f := range list {
		for _, v := range []float64{*f.Low, *f.High, *f.After - *f.Before} {
			reach = append(reach, min(max(1+v/(*f.Before), leastEffect), mostEffect))
		}
	}
	axis := sheet.LogAxisOver(1, 99, reach)
	e.None = axis.X(1)
	e.Band.X = axis.X(1 - c.MinEffect)
	e.Band.Width = sheet.Round(axis.X(1+c.MinEffect) - e.Band.X)
	for _, f := range list {
		e.All = append(e.All, newEffect(f, axis))
	}
	e.Axis = effectTicks(axis)
	return e
}

func newEffect(f reports.Compared, axis sheet.LogAxis) effect {
	share := func(v float64) float64 { return 1 + v/(*f.Before) }
	low, high := share(*f.Low), share(*f.High)
	e := effect{Name: f.Name(), Text: part(*f.After / *f.Before), Change: f.Change,
		X: axis.X(max(share(*f.After-*f.Before), axis.From)), From: axis.X(max(low, axis.From))}
	e.Width = sheet.Round(max(axis.X(max(high, axis.From))-e.From, 0.3))
	return e
}

// part writes a factor as what it adds, to a tenth of a percent.
func part(factor float64) string { return words.Part(math.Round((factor-1)*1000) / 1000) }

// effectTicks are as many round shares as have room.
func effectTicks(axis sheet.LogAxis) (ticks []effectTick) {
	const room = 14.0 // percent, for the letters of one on a phone
	for _, factor := range []float64{1, 2, 0.5, 4, 0.25, 1.5, 1.2, 0.8, 1.1, 0.9, 1.05, 0.95} {
		x := axis.X(factor)
		free := factor >= axis.From && factor <= axis.To && x > 4 && x < 96
		for _, t := range ticks {
			free = free && math.Abs(t.X-x) >= room
		}
		if free {
			ticks = append(ticks, effectTick{x, part(factor)})
		}
	}
	return ticks
}
