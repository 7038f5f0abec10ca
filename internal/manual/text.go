package manual

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tailback/tailback/reports/words"
)

// Text lays Markdown as Page returns it out for a terminal of that many columns:
// text is wrapped between words, blocks stay as they are, tables become lists.
func Text(markdown string, columns int) string {
	t := layout{columns: columns}
	lines := strings.Split(strings.TrimSpace(markdown), "\n")
	for len(lines) > 0 {
		lines = t.block(lines)
	}
	return strings.Join(t.lines, "\n") + "\n"
}

// layout is a page as far as it is laid out.
type layout struct {
	columns int
	lines   []string
	listed  bool // the last block is an item of a list
}

const margin = "  "

var item = regexp.MustCompile(`^(- |[0-9]+\. )(.*)`)

// block lays out what the lines begin with, and returns the rest of them.
func (t *layout) block(lines []string) (rest []string) {
	first := lines[0]
	before := t.listed
	t.listed = false
	switch {
	case first == "":
		t.listed = before
		return lines[1:]
	case strings.HasPrefix(first, "#"):
		t.space()
		t.lines = append(t.lines, inline(strings.TrimLeft(first, "# ")))
		return lines[1:]
	case strings.HasPrefix(first, "```"):
		t.space()
		end := 1
		for ; end < len(lines) && !strings.HasPrefix(lines[end], "```"); end++ {
			t.lines = append(t.lines, strings.TrimRight(margin+margin+lines[end], " "))
		}
		return lines[min(end+1, len(lines)):]
	case strings.HasPrefix(first, "|"):
		return t.table(lines)
	}
	n := 1
	for n < len(lines) && lines[n] != "" && !item.MatchString(lines[n]) && !strings.HasPrefix(lines[n], "```") {
		n++
	}
	text := strings.Join(strings.Fields(strings.Join(lines[:n], " ")), " ")
	if m := item.FindStringSubmatch(text); m != nil {
		if t.listed = true; !before {
			t.space()
		}
		t.wrap(m[2], margin+m[1], margin+strings.Repeat(" ", len(m[1])))
		return lines[n:]
	}
	t.space()
	t.wrap(text, margin, margin)
	return lines[n:]
}

// space leaves a line free before what comes, unless it comes first.
func (t *layout) space() {
	if n := len(t.lines); n > 0 && t.lines[n-1] != "" {
		t.lines = append(t.lines, "")
	}
}

// narrow is how wide the first column of a table may be to stand beside the second.
const narrow = 22

// table lays out a table of two columns as such where the first is narrow, and
// else each row as its first cell with the others under it.
func (t *layout) table(lines []string) (rest []string) {
	var rows [][]string
	for len(lines) > 0 && strings.HasPrefix(lines[0], "|") {
		rows = append(rows, cells(lines[0]))
		lines = lines[1:]
	}
	head, rows := rows[0], rows[2:]
	widest := 0
	for _, row := range rows {
		widest = max(widest, utf8.RuneCountInString(row[0]))
	}
	t.space()
	for i, row := range rows {
		if len(row) == 2 && widest <= narrow {
			t.wrap(row[1], margin+row[0]+strings.Repeat(" ", widest-utf8.RuneCountInString(row[0])+2), margin+strings.Repeat(" ", widest+2))
			continue
		}
		if i > 0 {
			t.space()
		}
		t.row(head, row)
	}
	return lines
}

// short is how long a cell may be to stand in one line with others.
const short = 50

// row lays out a row of a table as a list of its cells.
func (t *layout) row(head, row []string) {
	const indent = margin + margin + margin
	t.wrap(row[0], margin, margin+margin)
	var together []string // short ones that stand beside each other
	flush := func() {
		if len(together) > 0 {
			t.wrap(strings.Join(together, "; "), indent, indent)
			together = nil
		}
	}
	for c, cell := range row[1:] {
		name := head[c+1]
		switch {
		case cell == "":
		case len(row) == 2 || name == "":
			t.wrap(cell, indent, indent)
		case len(cell) <= short:
			together = append(together, name+": "+cell)
		default:
			flush()
			t.wrap(name+": "+cell, indent, indent)
		}
	}
	flush()
}

// cells returns the cells of a table's row; the first without backquotes.
func cells(line string) []string {
	const bar = "\x00"
	line = strings.ReplaceAll(strings.Trim(strings.TrimSpace(line), "|"), `\|`, bar)
	all := strings.Split(line, "|")
	for i := range all {
		all[i] = strings.ReplaceAll(strings.TrimSpace(all[i]), bar, "|")
	}
	all[0] = strings.ReplaceAll(all[0], "`", "")
	return all
}

// wrap adds a text in lines of at most so many columns, as words.Lines breaks it.
func (t *layout) wrap(text, first, others string) {
	for line := range strings.Lines(words.Paragraph(first, others, inline(text), t.columns)) {
		t.lines = append(t.lines, strings.TrimSuffix(line, "\n"))
	}
}

var (
	link  = regexp.MustCompile(`\[([^]]+)\]\(([^)]+)\)`)
	place = regexp.MustCompile(`^https?://`)
)

// inline writes bold text plain, and a link as its text, with its address if
// that leads out of the manual.
func inline(text string) string {
	text = link.ReplaceAllStringFunc(text, func(l string) string {
		m := link.FindStringSubmatch(l)
		if place.MatchString(m[2]) {
			return m[1] + " (" + m[2] + ")"
		}
		return m[1]
	})
	return strings.ReplaceAll(text, "**", "")
}
