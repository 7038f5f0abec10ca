package configs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each file in testdata/mistakes is wrong. What must be said about it stands in
// its last lines, after "# want: ", or beside it in a .want file.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/mistakes/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 150 {
		t.Fatalf("found only %d files", len(files))
	}
	for _, file := range files {
		if filepath.Ext(file) == ".want" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := Load(file, nil)
			if err == nil {
				t.Fatal("loaded, want a mistake")
			}
			if _, ok := errors.AsType[Mistakes](err); !ok {
				t.Errorf("is a %T, want Mistakes", err)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Error("tells a secret")
			}
			if got, want := relative(t, err.Error()), wantedText(t, file); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// relative removes from a message what depends on where the test runs.
func relative(t *testing.T, message string) string {
	t.Helper()
	folder, err := filepath.Abs("testdata/mistakes")
	if err != nil {
		t.Fatal(err)
	}
	message = strings.ReplaceAll(message, folder, "FOLDER")
	message = strings.ReplaceAll(message, filepath.Dir(folder), "TESTDATA")
	return strings.ReplaceAll(message, "testdata/mistakes/", "")
}

func wantedText(t *testing.T, file string) string {
	t.Helper()
	if beside, err := os.ReadFile(file + ".want"); err == nil {
		return strings.TrimSpace(string(beside))
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(content)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "# want: "); ok {
			want = append(want, text)
		}
	}
	return strings.Join(want, "\n")
}

func TestMistakeText(t *testing.T) {
	for _, row := range []struct {
		reads string
		m     Mistake
		want  string
	}{
		{"a line of a file", Mistake{"x.yaml", 3, "seed", "is odd"}, "x.yaml:3: seed: is odd"},
		{"a whole file", Mistake{"x.yaml", 0, "", "is empty"}, "x.yaml: is empty"},
		{"a variable", Mistake{"TAILBACK_SEED", 0, "seed", "is odd"}, "TAILBACK_SEED: seed: is odd"},
		{"an Experiment without a file", Mistake{"", 0, "seed", "is odd"}, "seed: is odd"},
	} {
		if got := row.m.Error(); got != row.want {
			t.Errorf("%s: got %q, want %q", row.reads, got, row.want)
		}
	}
}

func TestMistakesAreByLine(t *testing.T) {
	m := Mistakes{{Line: 0, Text: "last"}, {Line: 9, Text: "c"}, {Line: 2, Text: "a"}, {Line: 2, Text: "b"}}
	m.sort()
	if got, want := m.Error(), Mistakes.Error(Mistakes{{Line: 2, Text: "a"}, {Line: 2, Text: "b"}, {Line: 9, Text: "c"}, {Text: "last"}}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A file that is wrong throughout does not flood the terminal.
func TestManyMistakes(t *testing.T) {
	for _, row := range []struct {
		n, lines int
		last     string
	}{
		{49, 49, "x.yaml:49: is odd"},
		{50, 50, "x.yaml:50: is odd"},
		{51, 51, "and 1 more mistake"},
		{1203, 51, "and 1153 more mistakes"}, // 1203 - 50
	} {
		var m Mistakes
		for i := range row.n {
			m = append(m, Mistake{File: "x.yaml", Line: i + 1, Text: "is odd"})
		}
		lines := strings.Split(m.Error(), "\n")
		if last := lines[len(lines)-1]; len(lines) != row.lines || last != row.last {
			t.Errorf("%d mistakes: %d lines, the last %q; want %d and %q", row.n, len(lines), last, row.lines, row.last)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"duration", "rate", "burst"}
	for word, want := range map[string]string{
		"duraton": `; did you mean "duration"?`, // one letter missing
		"Rate":    `; did you mean "rate"?`,     // capitals do not count
		"brust":   `; did you mean "burst"?`,    // two letters changed
		"colour":  "",                           // near to none
		"x":       "",
	} {
		if got := didYouMean(word, known); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
	// kitten -> sitten -> sittin -> sitting
	if got := edits("kitten", "sitting"); got != 3 {
		t.Errorf("kitten to sitting in %d edits, want 3", got)
	}
}
