// Package words writes figures for reading. Each form is written here once, and
// is named by what it writes: a time that was measured, a timeout, a moment of
// the run, a rate, a ratio, a count. So a figure reads the same in a sentence, a
// table, a chart and a prediction. Halves are rounded up; thousands are set apart
// by commas.
package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Join writes "a", "a and b", "a, b and c".
func Join(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// Capital makes the first letter of a sentence a capital.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// Both are two remarks, either of which may be empty.
func Both(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
