// Package words writes figures for reading: a time, a rate, a ratio, a count.
// Each is written here once, so that it reads the same in a sentence, a table
// and a prediction.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Percent writes a ratio for reading. Only all is 100% and only none is 0%.
func Percent(ratio float64) string {
	p := ratio * 100
	digits := 0
	if p > 0 && p < 1 || p > 99 && p < 100 {
		digits = 1
	}
	switch text := strconv.FormatFloat(p, 'f', digits, 64); {
	case p > 0 && text == "0.0":
		return "less than 0.1%"
	case p < 100 && text == "100.0":
		return "more than 99.9%"
	default:
		return text + "%"
	}
}

// Span writes a time in seconds with the two or three digits that matter.
func Span(seconds float64) string {
	switch s := math.Abs(seconds); {
	case s == 0:
		return "0 s"
	case s < 0.00095:
		return Digits(seconds*1e6, 0) + " µs"
	case s < 0.00995:
		return Digits(seconds*1e3, 1) + " ms"
	case s < 0.9995:
		return Digits(seconds*1e3, 0) + " ms"
	case s < 99.95:
		return Digits(seconds, 1) + " s"
	default:
		return Digits(seconds, 0) + " s"
	}
}

// Digits writes v with at most n decimals and no zeros at their end.
func Digits(v float64, n int) string {
	text := strconv.FormatFloat(v, 'f', n, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Count writes a whole number with commas.
func Count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Requests writes "1 request", "200 requests".
func Requests(n int64) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%s requests", Count(n))
}

// Join writes "a", "a and b", "a, b and c".
func Join(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// Limit writes the longest time that still holds: rounded down, unless it lies
// within 1% of the next step, which is no more than was measured.
func Limit(seconds float64) string {
	step := 0.01
	switch {
	case seconds >= 9.95:
		step = 1
	case seconds >= 0.995:
		step = 0.1
	case seconds < 0.0995:
		step = 0.001
	}
	return Held(max(math.Floor(seconds*1.01/step), 1) * step)
}

// Held writes how long a call was waited for, with two digits or more: 85 ms, 0.35 s, 1.0 s, 12 s.
func Held(seconds float64) string {
	switch {
	case seconds < 0.0995:
		return Digits(seconds*1e3, 0) + " ms"
	case seconds < 0.995:
		return strconv.FormatFloat(seconds, 'f', 2, 64) + " s"
	case seconds < 9.95:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	}
	return Digits(seconds, 1) + " s"
}

// PerS writes a rate that was measured, such as 8.0/s; asked rates are round.
func PerS(hz float64) string {
	switch {
	case hz < 0.995:
		return strconv.FormatFloat(hz, 'f', 2, 64) + "/s"
	case hz < 99.5:
		return strconv.FormatFloat(hz, 'f', 1, 64) + "/s"
	}
	return Count(int64(math.Round(hz))) + "/s"
}

// Number writes "1 worker", "9 workers".
func Number(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Capital makes the first letter of a sentence a capital.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// Both are two remarks, either of which may be empty.
func Both(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
