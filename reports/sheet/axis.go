package sheet

import (
	"math"
	"slices"
)

// LogAxis is a logarithmic axis from one value to another, drawn from left to
// right in percents of its picture's width.
type LogAxis struct{ From, To, Left, Right float64 }

// logAxisPad is how far an axis goes beyond its first and last value, as a factor.
const logAxisPad = 1.12

// The least and the most that an axis reaches: a value beyond is no rate and no
// time, and lies at the end.
const (
	leastOnAxis = 1e-6
	mostOnAxis  = 1e9
)

// LogAxisOver is one that reaches over every value that is more than 0.
func LogAxisOver(left, right float64, values []float64) LogAxis {
	a := LogAxis{math.Inf(1), 0, left, right}
	for _, v := range values {
		if v > 0 {
			v = min(max(v, leastOnAxis), mostOnAxis)
			a.From, a.To = min(a.From, v/logAxisPad), max(a.To, v*logAxisPad)
		}
	}
	return a
}

// X is where a value lies.
func (a LogAxis) X(v float64) float64 {
	share := math.Log(v/a.From) / math.Log(a.To/a.From)
	return Round(a.Left + (a.Right-a.Left)*min(max(share, 0), 1))
}

// Ticks are round values on the axis, most at most: as many of 1, 2, 5, 10, ... as
// there is room for, or evenly spaced ones where it is short.
func (a LogAxis) Ticks(most int) []float64 {
	for _, digits := range [][]float64{{1, 2, 5}, {1, 5}, {1}} {
		ticks := a.decades(digits)
		if len(ticks) < 3 {
			return slices.DeleteFunc(LinearTicks(a.To, 4*int(math.Ceil(a.To/(a.To-a.From)))), func(v float64) bool { return v < a.From || v > a.To })
		}
		if len(ticks) <= most {
			return ticks
		}
	}
	return a.decades([]float64{1})
}

// decades are the values on the axis that are one of the digits times a power of 10.
func (a LogAxis) decades(digits []float64) (ticks []float64) {
	for e := math.Floor(math.Log10(a.From)); e <= math.Log10(a.To); e++ {
		for _, d := range digits {
			if v := d * math.Pow(10, e); v >= a.From && v <= a.To {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// LinearTicks are round numbers from 0 up to most, about n of them.
func LinearTicks(most float64, n int) []float64 {
	raw := most / float64(n)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= raw {
			step = m * unit
			break
		}
	}
	var ticks []float64
	for i := 0; float64(i)*step <= most*1.0001; i++ {
		ticks = append(ticks, math.Round(float64(i)*step/unit)*unit)
	}
	return ticks
}
