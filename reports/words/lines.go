package words

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Columns is how wide text for a terminal is at most.
const Columns = 80

// Paragraph writes text in lines of at most width columns that end in a line
// break, the first of them behind first, the others behind others.
func Paragraph(first, others, text string, width int) string {
	lines := Lines(text, width-utf8.RuneCountInString(first), width-utf8.RuneCountInString(others))
	var b strings.Builder
	for i, line := range lines {
		prefix := others
		if i == 0 {
			prefix = first
		}
		b.WriteString(strings.TrimRight(prefix+line, " ") + "\n")
	}
	return b.String()
}

// Lines breaks text between words into lines: the first of at most first columns,
// the others of at most others. A figure keeps its unit. A word is never broken:
// one that is longer than a line, as a path may be, goes over its end.
func Lines(text string, first, others int) []string {
	var lines []string
	line, room := "", first
	for _, word := range figures(strings.Fields(text)) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= room:
			line += " " + word
		default:
			lines, line, room = append(lines, line), word, others
		}
	}
	return append(lines, line)
}

// figures joins a figure and its unit into one word.
func figures(words []string) []string {
	var joined []string
	for i, word := range words {
		if i > 0 && UnitOf(words[i-1], word) {
			joined[len(joined)-1] += " " + word
			continue
		}
		joined = append(joined, word)
	}
	return joined
}

// UnitOf reports whether a word, with what ends a clause or a quote after it, is the
// unit of the figure before it: such two stay on one line.
func UnitOf(figure, word string) bool {
	digits := strings.TrimLeft(figure, "(<-\"“")
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return false
	}
	return slices.Contains([]string{"s", "ms", "min", "h", "B", "kB", "MB", "GB"}, strings.TrimRight(word, ",;:.)?\"”"))
}
