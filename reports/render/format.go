package render

import (
	"slices"
	"strings"
	"unicode"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// observed writes what an objective saw, in the unit of its metric.
func observed(o reports.Objective) string {
	if o.Seen != "" {
		return oneLine(o.Seen)
	}
	return words.Known(o.Observed, func(v float64) string { return words.Measured(v, o.Unit) })
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
