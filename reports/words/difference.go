package words

import "math"

// Figure writes a figure that is compared, in its unit: a timeout as timeouts are
// written, and all else as Measured does.
func Figure(v float64, name, unit string) string {
	if name == "timeout" || name == "budget" {
		return Timeout(v)
	}
	return Measured(v, unit)
}

// Points writes a difference of ratios in percentage points: 1.5 points.
func Points(v float64) string {
	if math.Abs(v) > 0 && math.Abs(v) < 0.0005 {
		return "<0.1 points"
	}
	return Digits(v*100, 1) + " points"
}

// Difference writes a difference in the unit of what differs, with its sign: +12 ms,
// -1.5 points, 0 s. Of counts it is a number.
func Difference(d float64, unit string) string {
	text := Measured(math.Abs(d), unit)
	if unit == "ratio" {
		text = Points(math.Abs(d))
	}
	return sign(d) + text
}

// By writes by how much a figure went from before to after: in percent of what was
// before, +9.5%, of ratios in points, and of counts, and from nothing, as Difference does.
func By(before, after float64, unit string) string {
	d := after - before
	if unit == "ratio" || unit == "count" || before == 0 {
		return Difference(d, unit)
	}
	return Part(d / before)
}

// Part writes a difference as a part of what was before, with its sign: +9.5%, -100%,
// +240%.
func Part(ratio float64) string {
	if p := math.Abs(ratio) * 100; p >= 9.95 {
		return sign(ratio) + Digits(p, 0) + "%"
	}
	return sign(ratio) + Percent(math.Abs(ratio))
}

func sign(d float64) string {
	switch {
	case d > 0:
		return "+"
	case d < 0:
		return "-"
	}
	return ""
}
