package render

import (
	"math"
	"slices"
)

// logAxis is a logarithmic axis from one value to another, drawn from left to
// right in percents of its picture's width.
type logAxis struct{ from, to, left, right float64 }

// logAxisPad is how far an axis goes beyond its first and last value, as a factor.
const logAxisPad = 1.12

// The least and the most that an axis reaches: a value beyond is no rate and no
// time, and lies at the end.
const (
	leastOnAxis = 1e-6
	mostOnAxis  = 1e9
)

// logAxisOver reaches over every value that is more than 0.
func logAxisOver(left, right float64, values []float64) logAxis {
	a := logAxis{math.Inf(1), 0, left, right}
	for _, v := range values {
		if v > 0 {
			v = min(max(v, leastOnAxis), mostOnAxis)
			a.from, a.to = min(a.from, v/logAxisPad), max(a.to, v*logAxisPad)
		}
	}
	return a
}

// x is where a value lies.
func (a logAxis) x(v float64) float64 {
	share := math.Log(v/a.from) / math.Log(a.to/a.from)
	return round(a.left + (a.right-a.left)*min(max(share, 0), 1))
}

// ticks are round values on the axis, most at most: as many of 1, 2, 5, 10, ... as
// there is room for, or evenly spaced ones where it is short.
func (a logAxis) ticks(most int) []float64 {
	for _, digits := range [][]float64{{1, 2, 5}, {1, 5}, {1}} {
		ticks := a.decades(digits)
		if len(ticks) < 3 {
			return slices.DeleteFunc(linearTicks(a.to, 4*int(math.Ceil(a.to/(a.to-a.from)))), func(v float64) bool { return v < a.from || v > a.to })
		}
		if len(ticks) <= most {
			return ticks
		}
	}
	return a.decades([]float64{1})
}

// decades are the values on the axis that are one of the digits times a power of 10.
func (a logAxis) decades(digits []float64) (ticks []float64) {
	for e := math.Floor(math.Log10(a.from)); e <= math.Log10(a.to); e++ {
		for _, d := range digits {
			if v := d * math.Pow(10, e); v >= a.from && v <= a.to {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}
