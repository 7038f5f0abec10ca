package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// mostRows bounds the rows of a table in Markdown: it goes into a comment, which
// may have 65,536 characters.
const mostRows = 50

// ComparisonMarkdown writes c as one screen of Markdown, for a comment or a ticket.
func ComparisonMarkdown(w io.Writer, c *reports.Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s: %s\n\n%s\n\n", inMarkdown(c.After.Runs[0].Name), c.Verdict, inMarkdown(c.Summary))
	for _, d := range c.Differences[:min(len(c.Differences), mostRows)] {
		fmt.Fprintf(&b, "- The experiments differ in %s\n", inMarkdown(differs(d)))
	}
	if len(c.Differences) > 0 {
		b.WriteString("\n")
	}
	var rows []string
	for _, change := range toldChanges {
		for _, f := range figuresOf(c, change) {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", inMarkdown(f.Name()), sideOf(f, f.Before), sideOf(f, f.After), byHow(f), rangeOf(f), change))
		}
	}
	if len(rows) > 0 {
		b.WriteString("| figure | before | after | by | at least, at most | |\n|---|--:|--:|--:|--:|---|\n")
		b.WriteString(strings.Join(rows[:min(len(rows), mostRows)], ""))
		if more := len(rows) - mostRows; more > 0 {
			fmt.Fprintf(&b, "\nand %s more\n", words.Count(int64(more)))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%s %s\n", rest(c), terms(c))
	for _, warning := range c.Warnings[:min(len(c.Warnings), mostRows)] {
		fmt.Fprintf(&b, "\n> %s\n", inMarkdown(warning))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the comparison: %w", err)
	}
	return nil
}

// longestMarkdown bounds a text from a file or a target, in characters.
const longestMarkdown = 2000

// inMarkdown makes text from a file or a target safe in Markdown: no markup, no
// HTML, no cell of a table, no mention, no line break.
func inMarkdown(s string) string {
	var b strings.Builder
	for _, r := range shorten(oneLine(s), longestMarkdown) {
		switch r {
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		case '@':
			b.WriteString("&#64;")
		case '\\', '`', '*', '_', '[', ']', '|', '#', '~', '!':
			b.WriteString("\\" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
