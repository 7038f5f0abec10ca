package ci

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
)

// A summary takes a screen: 40 lines of a run with four phases and five objectives.
func TestMarkdownIsOneScreen(t *testing.T) {
	got := written(t, Markdown, OfRun(hang()))
	if n := strings.Count(got, "\n"); n > 40 {
		t.Errorf("%d lines:\n%s", n, got)
	}
	for _, want := range []string{"## FAIL: checkout\n", "502s began 2.6 s after the fault", "| MISSED | hang: errors &lt; 1% | 57 of 80 requests failed | load/checkout.yaml:22 |",
		"53 × 502, 1 × 504, 3 × client timeout", "- Give calls to payments a timeout of at most 0.40 s (4 workers hold 8/s with it)", "report.html"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}

// A run that can't be relied on says why, though all its objectives were met.
func TestMarkdownSaysWhyNot(t *testing.T) {
	got := written(t, Markdown, OfRun(untouched()))
	if !strings.Contains(got, "**It can't be relied on:** the fault on payments (hang) touched no request") {
		t.Error(got)
	}
}

// The summary is where a run says why it is inconclusive: it is not said twice.
func TestMarkdownSaysItOnce(t *testing.T) {
	r := untouched()
	r.Summary = "The" + r.VerdictWhy[3:] + ". All 200 requests were answered."
	if got := written(t, Markdown, OfRun(r)); strings.Count(got, "touched no request") != 1 || strings.Index(got, "The fault") != strings.Index(got, "\n\n")+2 {
		t.Errorf("the reason is not the first and only thing that is said:\n%s", got)
	}
}

// What a site or a file says stays in its place, and links to nobody.
func TestMarkdownHoldsTexts(t *testing.T) {
	got := written(t, Markdown, OfRun(hostile()))
	for _, bad := range []string{"<img", "@octocat", "#12", "!34", "[x](", "://evil", "www.evil", "\x1b", "\u202e", "\n::error", "\n| a |", "$a$"} {
		if strings.Contains(got, bad) {
			t.Errorf("there is %q in\n%s", bad, got)
		}
	}
	if m := regexp.MustCompile("(?m)(^|[^\\\\])`b").FindString(got); m != "" {
		t.Errorf("a backtick begins code: %q", m)
	}
}

// Signs that begin a list or a heading begin none in a sentence.
func TestParagraphsAreNoLists(t *testing.T) {
	for text, want := range map[string]string{"- is called": `\- is called`, "1. x": `1\. x`, "12) x": `12\) x`, "# x": `\# x`, "=== x": `\=== x`, "+1": `\+1`, "1 of 2": "1 of 2", "> x": "&gt; x"} {
		if got := paragraph(text); got != want {
			t.Errorf("%q is written %q, want %q", text, got, want)
		}
	}
}

// GitHub refuses a comment of 65,536 characters or more.
func TestMarkdownIsBounded(t *testing.T) {
	r := hang()
	for i := range 3000 {
		o := r.Objectives[1]
		o.Text, o.Why = fmt.Sprintf("%d: ", i)+strings.Repeat("&@#1|", 400), strings.Repeat("\u00e9<", 2000)
		r.Objectives = append(r.Objectives, o)
		p := r.Phases[2]
		p.Name = o.Text
		r.Phases = append(r.Phases, p)
		r.Advice = append(r.Advice, reports.Advice{Text: o.Text, Because: o.Why})
	}
	got := written(t, Markdown, OfRun(r))
	if len(got) >= 65_536 || !strings.Contains(got, "Cut here") || strings.Count(got, "Cut here") != 1 {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-200:])
	}
}

// Whatever the texts are, each stays in its line, the whole is below the bound, and
// a table's rows have as many cells as its head.
func FuzzMarkdown(f *testing.F) {
	f.Add("hang: errors < 1%", "57 of 80 | `x` \\", 3)
	f.Add("\n\n# x\r| --- |", "@a <b> \u2028 \x85", 40)
	f.Fuzz(func(t *testing.T, name, message string, n int) {
		s := &Suite{Name: name, Summary: message, Verdict: "FAIL", Cases: []Case{{Whole: true}}}
		for range min(max(n, 1), 50) {
			s.Cases = append(s.Cases, Case{Name: "x" + name, State: Failed, Message: "x" + message, File: "x" + name, Line: 1})
			s.Advice = append(s.Advice, reports.Advice{Text: message, Because: name})
		}
		got := written(t, Markdown, s)
		if len(got) >= 65_536 || !utf8.ValidString(got) {
			t.Fatalf("%d bytes, valid: %v", len(got), utf8.ValidString(got))
		}
		rows := 0
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "|") {
				rows++
				if n := len(regexp.MustCompile(`(^|[^\\])(\\\\)*\|`).FindAllString(line, -1)); n != 5 {
					t.Errorf("a row of %d cells: %q", n-1, line)
				}
			}
		}
		if !strings.Contains(got, "Cut here") && rows != min(len(s.Cases)-1, maxRows)+2 {
			t.Errorf("%d rows of a table for %d cases", rows, len(s.Cases)-1)
		}
	})
}

// Each sign with a meaning is shown as it is.
func TestSignsAreShown(t *testing.T) {
	for in, want := range map[string]string{"*a*": `\*a\*`, "_a_": `\_a\_`, "~~a~~": `\~\~a\~\~`, "[a]": `\[a\]`, `\`: `\\`, "a|b": `a\|b`, "`a`": "\\`a\\`", "#": `\#`,
		"a & b": "a &amp; b", "<a>": "&lt;a&gt;", "$a$": "&#36;a&#36;", "a\n\tb": "a b", "é \xff": "é"} {
		if got := text(in); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
	}
	if got := []rune(plain(strings.Repeat("é", 601))); len(got) != 600 || got[599] != '…' {
		t.Errorf("a long text has %d characters, and ends in %q", len(got), got[len(got)-1])
	}
	if got := plain(strings.Repeat("é", 600)); strings.HasSuffix(got, "…") {
		t.Error("a text that is just as long as it may be is cut")
	}
}

// A long table says how much more there is, and where; a column without anything in it is left out.
func TestTables(t *testing.T) {
	table := Table{Title: "Things", Head: []string{"a", "b", "c"}, More: "the page"}
	for i := range maxRows + 5 {
		table.Rows = append(table.Rows, []string{fmt.Sprint(i), unknown, ""})
	}
	m := &summary{}
	m.table(table)
	if got := m.String(); !strings.HasPrefix(got, "**Things**\n\n| a |\n|---|\n| 0 |\n") || !strings.HasSuffix(got, "| 19 |\n\nand 5 more, in the page\n") {
		t.Errorf("got\n%s", got)
	}
	table.Rows = table.Rows[:maxRows]
	m = &summary{}
	if m.table(table); !strings.HasSuffix(m.String(), "| 19 |\n") {
		t.Errorf("got\n%s", m)
	}
}
