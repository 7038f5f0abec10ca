package words

import (
	"math"
	"strings"
)

// Span writes a time that was measured, in seconds, with the two or three digits
// that some hundred requests can tell: 0.4 ms, 102 ms, 8.4 s, 10 s, 1,234 s.
func Span(seconds float64) string {
	switch s := math.Abs(seconds); {
	case s == 0:
		return "0 s"
	case s < 0.00005:
		return "<0.1 ms"
	case s < 0.00995:
		return Digits(seconds*1e3, 1) + " ms"
	case s < 0.9995:
		return Digits(seconds*1e3, 0) + " ms"
	case s < 99.95:
		return Digits(seconds, 1) + " s"
	}
	return Digits(seconds, 0) + " s"
}

// Moment writes when something was, in seconds since the run began, to a tenth:
// 7.6 s, 15 s.
func Moment(seconds float64) string { return Digits(seconds, 1) + " s" }

// After writes how long after something else an event came, in seconds: +2.6 s, at once.
func After(seconds float64) string {
	if seconds == 0 {
		return "at once"
	}
	return "+" + Span(seconds)
}

// Lasted writes how long a run took, in seconds: 25 s, 12 min 5 s, 1 h 30 min.
func Lasted(seconds float64) string {
	whole := int64(math.Round(seconds))
	switch {
	case seconds < 120:
		return Moment(seconds)
	case whole < 3600:
		return Count(whole/60) + " min " + Count(whole%60) + " s"
	}
	minutes := (whole + 30) / 60
	return Count(minutes/60) + " h " + Count(minutes%60) + " min"
}

// Held writes a timeout that was seen, or another time for which a call held its
// worker, in seconds, with two digits or more: 85 ms, 0.35 s, 1.0 s, 12 s.
func Held(seconds float64) string {
	switch {
	case seconds < 0.0995:
		return Digits(seconds*1e3, 0) + " ms"
	case seconds < 0.995:
		return fixed(seconds, 2) + " s"
	case seconds < 9.95:
		return fixed(seconds, 1) + " s"
	}
	return Digits(seconds, 1) + " s"
}

// Timeout writes a timeout that was given, or is one to choose, in seconds: what
// Held writes, without zeros that nobody measured: 85 ms, 0.1 s, 0.35 s, 1 s.
func Timeout(seconds float64) string {
	number, unit, _ := strings.Cut(Held(seconds), " ")
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return number + " " + unit
}

// Limit writes the longest time that still holds, in seconds, as Held does but
// rounded down, unless it lies within 1% of the next step: no figure of a site is
// known better than that.
func Limit(seconds float64) string { return Held(LimitS(seconds)) }

// LimitS is the figure that Limit writes, seconds.
func LimitS(seconds float64) float64 {
	step := 0.01
	switch {
	case seconds >= 9.95:
		step = 1
	case seconds >= 0.995:
		step = 0.1
	case seconds < 0.0995:
		step = 0.001
	}
	return max(math.Floor(seconds*1.01/step), 1) * step
}
