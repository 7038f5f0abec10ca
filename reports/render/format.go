package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/tailback/tailback/reports"
)

// unknown stands for a figure that was not measured. It is never 0.
const unknown = "–"

// known formats *v, or says that it is unknown.
func known[T any](v *T, format func(T) string) string {
	if v == nil {
		return unknown
	}
	return format(*v)
}

// seconds writes a response time: 0.4 ms, 102 ms, 8.4 s. Two to three digits
// are what a run of some hundred hits can tell.
func seconds(s float64) string {
	switch {
	case s < 0:
		return "-" + seconds(-s)
	case s == 0:
		return "0 ms"
	case s < 0.00005:
		return "<0.1 ms"
	case s < 0.00995:
		return fmt.Sprintf("%.1f ms", s*1000)
	case s < 0.9995:
		return fmt.Sprintf("%.0f ms", s*1000)
	case s < 99.95:
		return fmt.Sprintf("%.1f s", s)
	}
	return grouped(fmt.Sprintf("%.0f", s)) + " s"
}

// delay writes how long after something an event came, to a tenth of a second
// unless it came sooner than that.
func delay(s float64) string {
	if s < 0.0995 {
		return seconds(s)
	}
	return moment(s)
}

// after writes how long after something an event came, in a table: +2.6 s, at once.
func after(s float64) string {
	if s == 0 {
		return "at once"
	}
	return "+" + delay(s)
}

// moment writes a time since the run began, to a tenth of a second.
func moment(s float64) string {
	return grouped(fmt.Sprintf("%.1f", s)) + " s"
}

// span writes how long a run took: 25.0 s, 12 min 5 s, 1 h 30 min.
func span(s float64) string {
	whole := int64(s + 0.5)
	switch {
	case s < 120:
		return moment(s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", whole/60, whole%60)
	}
	return fmt.Sprintf("%d h %d min", whole/3600, whole%3600/60)
}

// rate writes a rate per second: 0.25/s, 8.0/s, 412/s.
func rate(hz float64) string {
	switch {
	case hz > 0 && hz < 0.995:
		return fmt.Sprintf("%.2f/s", hz)
	case hz < 99.95:
		return fmt.Sprintf("%.1f/s", hz)
	}
	return grouped(fmt.Sprintf("%.0f", hz)) + "/s"
}

// percent writes a ratio. It says 0% and 100% only of none and of all.
func percent(ratio float64) string {
	p := ratio * 100
	switch {
	case p <= 0 || p >= 100:
		return fmt.Sprintf("%.0f%%", p)
	case p < 0.01:
		return "<0.01%"
	case p > 99.99:
		return ">99.99%"
	case p < 0.095 || p > 99.9:
		return fmt.Sprintf("%.2f%%", p)
	case p < 9.95 || p > 90:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", p), ".0") + "%"
	}
	return fmt.Sprintf("%.0f%%", p)
}

// count writes a whole number with its thousands apart.
func count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// grouped puts commas between the thousands of a decimal number.
func grouped(s string) string {
	whole, frac, dot := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		return whole + "." + frac
	}
	return whole
}

// plural writes a count with its noun: 1 request, 21 requests.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// size writes a number of bytes: 512 B, 1.2 kB, 3.4 MB.
func size(n int64) string {
	f, units := float64(n), []string{"kB", "MB", "GB"}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	i := -1
	for f >= 999.5 && i+1 < len(units) {
		f, i = f/1000, i+1
	}
	if f < 9.95 {
		return fmt.Sprintf("%.1f %s", f, units[i])
	}
	return fmt.Sprintf("%.0f %s", f, units[i])
}

// observed writes what an objective saw, in the unit of its metric.
func observed(o reports.Objective) string {
	format := map[string]func(float64) string{"s": seconds, "ratio": percent, "/s": rate}[o.Unit]
	if format == nil {
		format = func(f float64) string { return grouped(strconv.FormatFloat(f, 'f', -1, 64)) }
	}
	return known(o.Observed, format)
}

// verdict is the verdict as people read it.
func verdict(v reports.Verdict) string {
	if v == reports.None {
		return "NO OBJECTIVES"
	}
	return strings.ToUpper(string(v))
}

// befell says in the past tense what a fault did to its dependency.
func befell(f *reports.Fault) string {
	switch {
	case f == nil:
		return "met a fault"
	case f.Past == "": // a report of an older version
		return "met " + kindWords(f.Kind)
	}
	return f.Past
}

// kindWords is a kind or a class as words: client_timeout is client timeout.
func kindWords(name string) string { return strings.ReplaceAll(name, "_", " ") }

// sortedKeys returns the keys of m whose value is not 0, in order.
func sortedKeys(m map[string]int64) []string {
	var keys []string
	for k, n := range m {
		if n != 0 {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// oneLine makes text from a file or a target safe for a terminal: no control
// character, no change of writing direction, no line break.
func oneLine(s string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return unicode.ReplacementChar
		}
		return r
	}, s)
	return strings.Join(strings.Fields(clean), " ")
}
