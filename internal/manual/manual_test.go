package manual

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tailback/tailback/configs"
)

var update = flag.Bool("update", false, "write configs/help anew")

const folder = "../../configs/help"

func page(t *testing.T, topic string) string {
	t.Helper()
	text, err := Page(topic)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// configs/help has the pages as they come out, and no others.
func TestPagesAreWritten(t *testing.T) {
	for _, topic := range Topics() {
		path, want := filepath.Join(folder, topic.Name+".md"), page(t, topic.Name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not as it comes out (%v): change internal/manual/pages, and run make help", path, err)
		}
	}
	for dir, want := range map[string]int{folder: len(Topics()), "pages": len(Topics())} {
		if files, err := filepath.Glob(dir + "/*"); err != nil || len(files) != want {
			t.Errorf("%s has %d files, want %d: a page for each topic", dir, len(files), want)
		}
	}
}

// At a terminal of 80 columns nothing is wider and no word is broken; at one of
// 60 only what is to be typed as it stands.
func TestPagesFitATerminal(t *testing.T) {
	for _, topic := range Topics() {
		markdown := page(t, topic.Name)
		wide, slim := Text(markdown, 80), Text(markdown, 60)
		for line := range strings.Lines(wide) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%s: %s", topic.Name, line)
			}
		}
		for line := range strings.Lines(slim) {
			words := strings.Fields(line)
			long := slices.ContainsFunc(words, func(word string) bool { return len(word) > 30 })
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 60 && !long && !strings.Contains(markdown, strings.TrimSpace(line)) {
				t.Errorf("%s at 60 columns: %s", topic.Name, line)
			}
		}
		if a, b := strings.Join(strings.Fields(wide), " "), strings.Join(strings.Fields(slim), " "); a != b {
			t.Errorf("%s has other words at 60 columns", topic.Name)
		}
	}
}

// Every key stands in the page about the file, every kind in that about faults.
func TestPagesHaveEveryKey(t *testing.T) {
	file, faults := page(t, "experiment"), page(t, "faults")
	var walk func(keys []configs.Key)
	walk = func(keys []configs.Key) {
		for _, k := range keys {
			if k.Form != configs.FormMap && !strings.Contains(file, k.Doc) && !strings.Contains(faults, k.Doc) {
				t.Errorf("no page says what %s is: %s", k.Path, k.Doc)
			}
			walk(k.Keys)
		}
	}
	walk(configs.Keys())
	for _, kind := range configs.FaultKinds() {
		if !strings.Contains(faults, "| `"+kind.Name+": ") {
			t.Errorf("the page faults has no %s", kind.Name)
		}
	}
	for _, metric := range configs.Metrics() {
		if !strings.Contains(file, "`"+metric+"`") {
			t.Errorf("the page experiment has no %s", metric)
		}
	}
}

func TestText(t *testing.T) {
	for _, row := range []struct{ reads, markdown, want string }{
		{"a heading and a paragraph", "# A\n\nb c\nd\n", "A\n\n  b c d\n"},
		{"a long line", "aaaa bbbb cccc dddd eeee ffff", "  aaaa bbbb cccc\n  dddd eeee ffff\n"},
		{"a long word", "a bbbbbbbbbbbbbbbbbbbbbbbbb c", "  a\n  bbbbbbbbbbbbbbbbbbbbbbbbb\n  c\n"},
		{"a list", "- **a** b\n- c\n  d\n", "  - a b\n  - c d\n"},
		{"a list in numbers, and text behind it", "1. a\n2. b\n\nc\n", "  1. a\n  2. b\n\n  c\n"},
		{"a block", "a:\n\n```sh\nb   c\n\n  d\n```\n\ne", "  a:\n\n    b   c\n\n      d\n\n  e\n"},
		{"a narrow table", "| x | y |\n|---|---|\n| `a` | b c |\n| dd | e |\n", "  a   b c\n  dd  e\n"},
		{"a wide table", "| x | | z |\n|---|---|---|\n| `a` | b\\|c | d |\n| e | f | |\n", "  a\n      b|c\n      z: d\n\n  e\n      f\n"},
		{"links", "[a](b.md) and [c](https://d.example/)", "  a and c\n  (https://d.example/)\n"},
	} {
		if got := Text(row.markdown, 20); got != row.want {
			t.Errorf("%s:\n%s\nwant\n%s", row.reads, got, row.want)
		}
	}
}

func TestNoSuchPage(t *testing.T) {
	for _, topic := range []string{"", "fault", "../manual", "experiment.md"} {
		if text, err := Page(topic); err == nil {
			t.Errorf("%q has a page:\n%s", topic, text)
		}
	}
}
