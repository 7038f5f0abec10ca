package sheet

import (
	"math"
	"strconv"
	"strings"
)

// Steps draws vs as a line of steps, one from each edge to the next, with a gap
// where a value is unknown. There is one edge more than values.
func Steps(edges []float64, vs []*float64, x, y func(float64) float64) string {
	var b strings.Builder
	open := false
	for i := range len(edges) - 1 {
		if i >= len(vs) || vs[i] == nil {
			open = false
			continue
		}
		to := y(*vs[i])
		if open {
			b.WriteString("V" + Coordinate(to))
		} else {
			b.WriteString("M" + Coordinate(x(edges[i])) + " " + Coordinate(to))
		}
		b.WriteString("H" + Coordinate(x(edges[i+1])))
		open = true
	}
	return b.String()
}

// Area draws what lies between two lines of steps.
func Area(edges, under, over []float64, x, y func(float64) float64) string {
	var b strings.Builder
	n := len(edges) - 1
	for i := 0; i < n; i++ {
		if over[i] <= under[i] {
			continue
		}
		last := i
		for last+1 < n && over[last+1] == over[i] && under[last+1] == under[i] {
			last++
		}
		b.WriteString("M" + Coordinate(x(edges[i])) + " " + Coordinate(y(over[i])) +
			"H" + Coordinate(x(edges[last+1])) + "V" + Coordinate(y(under[i])) + "H" + Coordinate(x(edges[i])) + "z")
		i = last
	}
	return b.String()
}

// Coordinate writes a place in a picture, to a tenth of a unit.
func Coordinate(v float64) string {
	return strconv.FormatFloat(Tenth(v), 'f', -1, 64)
}

// Tenth rounds to a tenth of a unit, finer than can be seen.
func Tenth(v float64) float64 { return math.Round(v*10) / 10 }

// Round keeps four significant digits below 1, and 0.1 ms above: more than a
// chart can show, and it keeps the page small.
func Round(v float64) float64 {
	if v == 0 || math.Abs(v) >= 1 {
		return math.Round(v*1e4) / 1e4
	}
	unit := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*unit) / unit
}
