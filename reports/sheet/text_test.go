package sheet

import (
	"strings"
	"testing"
)

func TestPartedAtTheFirstSentence(t *testing.T) {
	for _, c := range []struct{ text, first, rest string }{
		{"It held 2.6 s. Then not. At all.", "It held 2.6 s.", "Then not. At all."},
		{"Does it call payments? It held.", "Does it call payments?", "It held."},
		{"It held. 502s followed.", "It held.", "502s followed."},
		{"Only one, of 0.5 s.", "Only one, of 0.5 s.", ""},
		{"", "", ""},
	} {
		if first, rest := Parted(c.text); first != c.first || rest != c.rest {
			t.Errorf("%q is %q and %q", c.text, first, rest)
		}
	}
}

func TestShortTablesAreNotFolded(t *testing.T) {
	for lines, want := range map[int]string{0: "", Screenful: "", Screenful + 1: "21 lines"} {
		if got := NewListing("x", "", lines).Folded; got != want {
			t.Errorf("%d lines are folded as %q, want %q", lines, got, want)
		}
	}
}

func TestNamesBreakWhereTheyMay(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "payments": "payments", "bank.example:443": "bank.example:443", "www.example.com:443": "www.example.com:<wbr>443",
		"<b>.example.com:443": "&lt;b&gt;.example.com:<wbr>443", "a-name-that-is-long-and-has-hyphens": "a-name-that-is-<wbr>long-and-has-<wbr>hyphens",
		"averylongnamewithoutanyplacetobreakit": "averylongnamewithoutanyplacetobreakit",
	} {
		if got := string(Breakable(name)); got != want {
			t.Errorf("%q breaks as %q, want %q", name, got, want)
		}
	}
}

func TestFiguresKeepTheirUnits(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "began 2.6 s after": "began 2.6~s after", "(0.30 s with headroom); <0.1 ms": "(0.30~s with headroom); <0.1~ms",
		"a s, 4 workers, 10 s.": "a s, 4 workers, 10~s.", "s  s": "s  s",
	} {
		if got := strings.ReplaceAll(Glued(text), "\u00a0", "~"); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
