package sheet

import (
	"html/template"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// Functions are what the templates of all pages may call. Those of a figure take
// a pointer, since the template takes the address of a plain one and nil is unknown.
func Functions() template.FuncMap {
	return template.FuncMap{
		"seconds":   func(v *float64) string { return words.Known(v, words.Span) },
		"moment":    func(v *float64) string { return words.Known(v, words.Moment) },
		"rate":      func(v *float64) string { return words.Known(v, words.PerS) },
		"asked":     func(v *float64) string { return words.Known(v, words.Asked) },
		"percent":   func(v *float64) string { return words.Known(v, words.Percent) },
		"count":     func(v *int64) string { return words.Known(v, words.Count) },
		"atMost":    func(v *float64) string { return words.Known(v, words.Limit) },
		"lasted":    words.Lasted,
		"date":      func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
		"iso":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"verdict":   Verdict,
		"sign":      Sign,
		"first":     func(summary string) string { f, _ := Parted(summary); return f },
		"rest":      func(summary string) string { _, r := Parted(summary); return r },
		"listing":   NewListing,
		"breakable": Breakable,
		"glued":     Glued,
		"along":     along,
		"anchor":    anchor,
	}
}

// Verdict is a run's verdict as people read it.
func Verdict(v reports.Verdict) string {
	if v == reports.None {
		return "NO OBJECTIVES"
	}
	return strings.ToUpper(string(v))
}

// Sign is a verdict's shape, so that it does not rest on colour.
func Sign(v reports.Verdict) string {
	return map[reports.Verdict]string{reports.Pass: "✓", reports.Fail: "✕", reports.Inconclusive: "?", reports.None: "–"}[v]
}

// Parted returns the first sentence of a summary and what follows it.
func Parted(summary string) (first, rest string) {
	for i := 0; i+2 < len(summary); i++ {
		end, next := summary[i], summary[i+2]
		if (end == '.' || end == '?') && summary[i+1] == ' ' && (next >= 'A' && next <= 'Z' || next >= '0' && next <= '9') {
			return summary[:i+1], summary[i+2:]
		}
	}
	return summary, ""
}

// Screenful is how many lines of a table a screen shows: one that has more is folded.
const Screenful = 20

// Listing is how a table of a page begins.
type Listing struct {
	Caption string // for those who hear the page: the heading above says it to the others
	Class   string
	Folded  string // what is written where the table is folded; "" where it is not
}

// NewListing is a table of so many lines. Where they are more than a screen shows,
// it is folded, and about says in its place what is in it.
func NewListing(caption, class string, lines int, about ...string) Listing {
	l := Listing{Caption: caption, Class: class}
	if lines > Screenful {
		l.Folded = words.Number(int64(lines), "line")
		if len(about) > 0 {
			l.Folded = about[0]
		}
	}
	return l
}

// mayBreak are the characters of a name after which a line may end, and unbroken
// how many letters have room on one line of a narrow screen's first column.
const (
	mayBreak = ".:/?&=_-@"
	unbroken = 17
)

// Breakable is a name that may have no spaces, such as a host, with the places
// marked at which it may go over two lines: none where it has room on one.
func Breakable(name string) template.HTML {
	var b strings.Builder
	line := 0
	for part := range parts(name) {
		n := utf8.RuneCountInString(part)
		if line > 0 && line+n > unbroken {
			b.WriteString("<wbr>")
			line = 0
		}
		b.WriteString(template.HTMLEscapeString(part))
		line += n
	}
	return template.HTML(b.String())
}

// parts are the pieces of a name, each with the character after which it may end.
func parts(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name != "" {
			end := strings.IndexAny(name, mayBreak) + 1
			if end == 0 {
				end = len(name)
			}
			if !yield(name[:end]) {
				return
			}
			name = name[end:]
		}
	}
}

// Glued keeps each figure on one line with its unit.
func Glued(text string) string {
	all := strings.Split(text, " ")
	var b strings.Builder
	for i, word := range all {
		switch {
		case i > 0 && words.UnitOf(all[i-1], word):
			b.WriteString("\u00a0")
		case i > 0:
			b.WriteString(" ")
		}
		b.WriteString(word)
	}
	return b.String()
}
