package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/tailback/tailback/reports/words"
)

// tell writes a message for people. On a terminal its lines break between words;
// elsewhere they are left whole, for those who search them.
func tell(w io.Writer, text string) {
	if isTerminal(w) {
		text = broken(text, columnsOf(w))
	} else {
		text += "\n"
	}
	fmt.Fprint(w, text)
}

// broken breaks the lines of text that are wider than so many columns; the others,
// and what stands before a line, stay as they are.
func broken(text string, width int) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if len([]rune(line)) <= width {
			b.WriteString(line + "\n")
			continue
		}
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		b.WriteString(words.Paragraph(indent, indent+"  ", line, width))
	}
	return b.String()
}
