package render

import (
	"fmt"
	"html/template"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// screenful is how many lines of a table a screen shows: one that has more is folded.
const screenful = 20

// listing is how a table of a page begins.
type listing struct {
	Caption string // for those who hear the page: the heading above says it to the others
	Class   string
	Folded  string // what is written where the table is folded; "" where it is not
}

// newListing is a table of so many lines. Where they are more than a screen shows,
// it is folded, and about says in its place what is in it.
func newListing(caption, class string, lines int, about ...string) listing {
	l := listing{Caption: caption, Class: class}
	if lines > screenful {
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

// breakable is a name that may have no spaces, such as a host, with the places
// marked at which it may go over two lines: none where it has room on one.
func breakable(name string) template.HTML {
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

// glued keeps each figure on one line with its unit.
func glued(text string) string {
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

// mixLines are how many lines a table has with one for each request of each phase.
func mixLines(phases []reports.Phase) (n int) {
	for _, p := range phases {
		n += len(p.Requests)
	}
	return n
}

// mixAbout says what such a table holds, and where it was worst.
func mixAbout(phases []reports.Phase) string {
	kinds := map[string]bool{}
	worst, where := 1.0, ""
	for _, p := range phases {
		for _, q := range p.Requests {
			kinds[q.Name] = true
			if q.OKRatio != nil && *q.OKRatio < worst {
				worst, where = *q.OKRatio, oneLine(q.Name)+" in "+oneLine(p.Name)
			}
		}
	}
	about := words.Number(int64(len(kinds)), "request") + " in " + words.Number(int64(len(phases)), "phase")
	if where == "" {
		return about
	}
	return fmt.Sprintf("%s; the worst: %s, %s ok", about, where, words.Percent(worst))
}

// link leads to a section of the page.
type link struct{ ID, Name string }

// contents are the sections of a report's page, in their order.
func contents(p *page) (list []link) {
	r := p.Report
	for _, s := range []struct {
		link
		there bool
	}{
		{link{"advice", "What to do"}, len(r.Advice) > 0},
		{link{"trust", "Can it be trusted?"}, r.Fidelity.OK},
		{link{"objectives", "Objectives"}, len(r.Objectives) > 0},
		{link{"what-happened", "What happened"}, true},
		{link{"why", "Why"}, hasWhy(r)},
		{link{"site", "The site"}, len(siteFigures(r.Pool)) > 0},
		{link{"timeouts", "Timeouts"}, len(r.Timeouts)+len(r.Budget) > 0},
		{link{"dose", "Dose"}, len(r.Dose) > 0},
		{link{"phases", "Phases"}, len(r.Phases) > 0},
		{link{"requests", "Requests"}, mixed(r.Phases)},
		{link{"dependencies", "Dependencies"}, len(r.Dependencies) > 0},
		{link{"outgoing", "Outgoing calls"}, r.SelfRequests != nil},
		{link{"not-known", "Not known"}, len(r.NotKnown) > 0},
		{link{"evidence", "Logs"}, len(r.Evidence) > 0},
		{link{"reproduce", "How to reproduce"}, true},
	} {
		if s.there {
			list = append(list, s.link)
		}
	}
	return list
}
