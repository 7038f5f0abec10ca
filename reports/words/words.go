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
func Join(parts []string) string { return joined(parts, " and ") }

// Or writes "a", "a or b", "a, b or c".
func Or(parts []string) string { return joined(parts, " or ") }

func joined(parts []string, before string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + before + parts[last]
}

// Sentences writes one text after another as sentences: "a. B. C". The first may
// follow something, so that its own capital, and the last full stop, are left to others.
func Sentences(parts []string) string {
	text := ""
	for _, part := range parts {
		switch {
		case part == "":
		case text == "":
			text = part
		default:
			text = Stop(text) + " " + Capital(part)
		}
	}
	return text
}

// Sentence makes text one: with a capital, and a full stop unless it ends in a mark.
func Sentence(text string) string { return Stop(Capital(text)) }

// Stop ends a sentence with a full stop, unless it is empty or ends in a mark.
func Stop(text string) string {
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".?!") {
		return text
	}
	return text + "."
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

// Unknown stands for a figure that was not measured. It is never 0.
const Unknown = "–"

// Known writes *v, or of nil that it is unknown.
func Known[T any](v *T, write func(T) string) string {
	if v == nil {
		return Unknown
	}
	return write(*v)
}
