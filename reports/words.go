package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// percent writes a ratio for reading. Only all is 100% and only none is 0%.
func percent(ratio float64) string {
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

// span writes a time in seconds with the two or three digits that matter.
func span(seconds float64) string {
	switch s := math.Abs(seconds); {
	case s == 0:
		return "0 s"
	case s < 0.00095:
		return digits(seconds*1e6, 0) + " µs"
	case s < 0.00995:
		return digits(seconds*1e3, 1) + " ms"
	case s < 0.9995:
		return digits(seconds*1e3, 0) + " ms"
	case s < 99.95:
		return digits(seconds, 1) + " s"
	default:
		return digits(seconds, 0) + " s"
	}
}

// digits writes v with at most n decimals and no zeros at their end.
func digits(v float64, n int) string {
	text := strconv.FormatFloat(v, 'f', n, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// count writes a whole number with commas.
func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// requests writes "1 request", "200 requests".
func requests(n int64) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%s requests", count(n))
}

// join writes "a", "a and b", "a, b and c".
func join(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
