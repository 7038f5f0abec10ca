package words_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tailback/tailback/reports/words"
)

func TestLinesBreakBetweenWords(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"at the last blank", "one two three", "one two|three"},
		{"a figure keeps its unit", "after 10 s, then 5 min", "after|10 s, then|5 min"},
		{"a word too long for a line", "an /abcdefghijklm/nopq is", "an|/abcdefghijklm/nopq|is"},
		{"a long word first", "/abcdefghijklm/nopq is", "/abcdefghijklm/nopq|is"},
		{"a figure in brackets or quotes", "after all (10 s) “5 min”", "after all|(10 s)|“5 min”"},
		{"an s that is no unit", "nine tens s", "nine tens|s"},
		{"letters of more than a byte", "für naïve Ä", "für naïve|Ä"},
		{"nothing", "", ""},
	} {
		if got := strings.Join(words.Lines(c.text, 10, 10), "|"); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	if got := strings.Join(words.Lines("one two three four", 4, 10), "|"); got != "one|two three|four" {
		t.Errorf("lines of different lengths: %s", got)
	}
}

func TestParagraph(t *testing.T) {
	if got, want := words.Paragraph("x  ", "   ", "one two three", 10), "x  one two\n   three\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := words.Paragraph("x  ", "   ", "", 10), "x\n"; got != want {
		t.Errorf("of nothing %q, want %q", got, want)
	}
}

// Whatever the text, no word is lost or broken, and only a word that does not fit
// goes over the end.
func FuzzLines(f *testing.F) {
	f.Add("With payments hanging for 3 s every request was answered well", 20, 10)
	f.Add("a  b\tc\u00a0d", 1, 0)
	f.Fuzz(func(t *testing.T, text string, first, others int) {
		room := first
		for _, line := range words.Lines(text, first, others) {
			if utf8.RuneCountInString(line) > room && len(strings.Fields(line)) > 2 { // two may be a figure and its unit
				t.Errorf("%q goes over %d columns", line, room)
			}
			room = others
		}
		if got, want := strings.Join(words.Lines(text, first, others), " "), strings.Join(strings.Fields(text), " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
