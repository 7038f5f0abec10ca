package words

import (
	"math"
	"strconv"
	"strings"
)

// Digits writes v with at most n decimals and no zeros at their end: 1,204.5.
func Digits(v float64, n int) string {
	text := fixed(v, n)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// up makes a half just more than one: a float may hold it a little too small, and
// strconv rounds it to even.
const up = 1 + 0x1p-52

// fixed writes v with n decimals, a half rounded up.
func fixed(v float64, n int) string { return grouped(strconv.FormatFloat(v*up, 'f', n, 64)) }

// grouped puts commas between the thousands of a decimal number.
func grouped(text string) string {
	whole, decimals, point := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		return whole + "." + decimals
	}
	return whole
}

// Given writes a number as it was given, to four digits, or to all that are whole:
// 8, 0.25, 12.75, 1,500.
func Given(v float64) string {
	decimals := 3
	if v != 0 {
		decimals = max(3-int(math.Floor(math.Log10(math.Abs(v)))), 0)
	}
	return Digits(v, decimals)
}

// Count writes a whole number: 1,204.
func Count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// Number writes a count with its noun: 1 worker, 9 workers, 3 dependencies.
func Number(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + plural(noun)
}

// Amount writes a number of things that need not be whole, with their noun: 1
// worker, 2.5 workers.
func Amount(v float64, noun string) string {
	if text := Things(v); text != "1" {
		return text + " " + plural(noun)
	}
	return "1 " + noun
}

// plural is the plural of a regular noun.
func plural(noun string) string {
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(stem, "a") && !strings.HasSuffix(stem, "e") && !strings.HasSuffix(stem, "o") {
		return stem + "ies"
	}
	return noun + "s"
}

// Either is what agrees with a count: of 1 the first, of any other the second, as
// is and are.
func Either(n int64, one, others string) string {
	if n == 1 {
		return one
	}
	return others
}

// Things writes a number of things that need not be whole, such as workers that
// were busy on average, to a tenth: 2.5, 4, 120.
func Things(v float64) string {
	if math.Abs(v) >= 99.95 {
		return Digits(v, 0)
	}
	return Digits(v, 1)
}

// Calls writes how many calls a request makes on average, to a hundredth: 1, 0.33.
func Calls(v float64) string { return Digits(v, 2) }

// PerS writes a rate that was measured, or worked out: 0.25/s, 8.0/s, 412/s.
// Only none is 0/s.
func PerS(hz float64) string {
	switch {
	case hz == 0:
		return "0/s"
	case hz < 0.005:
		return "<0.01/s"
	case hz < 0.995:
		return fixed(hz, 2) + "/s"
	case hz < 99.95:
		return fixed(hz, 1) + "/s"
	}
	return fixed(hz, 0) + "/s"
}

// Asked writes a rate that was asked for, as it was given: 8/s, 0.25/s, 1,500/s.
func Asked(hz float64) string { return Given(hz) + "/s" }

// Percent writes a ratio: 0.05%, 4.4%, 71%, 99.5%. Only none is 0% and only all
// is 100%; the less is left of either, the more digits tell how much.
func Percent(ratio float64) string {
	p := ratio * 100
	switch {
	case p <= 0 || p >= 100:
		return Digits(p, 0) + "%"
	case p < 0.01:
		return "<0.01%"
	case p > 99.99:
		return ">99.99%"
	case p < 0.095 || p > 99.9:
		return Digits(p, 2) + "%"
	case p < 9.95 || p > 90:
		return Digits(p, 1) + "%"
	}
	return Digits(p, 0) + "%"
}

// Confidence writes how sure a cause is, 0..1: 0.97, 1.00.
func Confidence(c float64) string { return fixed(c, 2) }

// Bytes writes a number of bytes: 512 B, 1.2 kB, 34 MB.
func Bytes(n int64) string {
	if n < 1000 {
		return Count(n) + " B"
	}
	v, units := float64(n)/1000, []string{"kB", "MB", "GB"}
	i := 0
	for v >= 999.5 && i+1 < len(units) {
		v, i = v/1000, i+1
	}
	if v < 9.95 {
		return Digits(v, 1) + " " + units[i]
	}
	return Digits(v, 0) + " " + units[i]
}

// Measured writes a value in the unit that a report gives an objective: "s",
// "ratio", "/s", or a count where it is another.
func Measured(v float64, unit string) string {
	switch unit {
	case "s":
		return Span(v)
	case "ratio":
		return Percent(v)
	case "/s":
		return PerS(v)
	}
	return Digits(v, 3)
}
