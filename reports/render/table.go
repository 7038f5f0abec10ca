package render

import (
	"strings"
	"unicode/utf8"

	"github.com/tailback/tailback/reports/words"
)

// width is how many columns the text report may take.
const width = words.Columns

// style is how a piece of text is painted. Colour is a layer over the same text.
type style int

const (
	plain style = iota
	bold
	faint
	good
	bad
)

// painter paints a piece of text, or leaves it as it is.
type painter func(style, string) string

func unpainted(_ style, s string) string { return s }

// ansi paints with the terminal's own palette, so that light and dark both work.
func ansi(st style, s string) string {
	code := [...]string{plain: "", bold: "1", faint: "2", good: "32", bad: "1;31"}[st]
	if code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// cell is one field of a text table.
type cell struct {
	text  string
	style style
}

// writeTable lays rows out in columns: the first left, the others right.
func writeTable(b *strings.Builder, paint painter, rows [][]cell) {
	widths := widthsOf(rows)
	for _, row := range rows {
		b.WriteString("  ")
		for i, c := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text))
			if i == 0 {
				b.WriteString(paint(c.style, c.text))
				if len(row) > 1 {
					b.WriteString(pad)
				}
				continue
			}
			b.WriteString("  " + pad + paint(c.style, c.text))
		}
		b.WriteString("\n")
	}
}

func widthsOf(rows [][]cell) []int {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	return widths
}

// overLast makes a title that ends where the last column of rows does.
func overLast(rows [][]cell, title string) string {
	return strings.Repeat(" ", max(tableWidth(rows)-utf8.RuneCountInString(title), 0)) + title
}

// tableWidth is how many columns writeTable takes for rows.
func tableWidth(rows [][]cell) int {
	sum := 0
	for _, w := range widthsOf(rows) {
		sum += w + 2
	}
	return sum
}

// shorten cuts a name to n columns.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
