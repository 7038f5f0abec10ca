package configs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Mistake is one thing that is wrong with an experiment.
type Mistake struct {
	File string // the experiment file, or what overrode it: a variable's name, "command line"
	Line int    // in File, from 1; 0 when it is about no line
	Path string // the field, such as "phases[2].faults[0].dependency"; empty for the whole file
	Text string // what is wrong and what would be right; never a secret's value
}

// Error returns "file:line: path: what is wrong, what would be right", without
// the parts that are not known.
func (m Mistake) Error() string {
	parts := make([]string, 0, 3)
	switch {
	case m.File != "" && m.Line > 0:
		parts = append(parts, m.File+":"+strconv.Itoa(m.Line))
	case m.File != "":
		parts = append(parts, m.File)
	}
	if m.Path != "" {
		parts = append(parts, m.Path)
	}
	return strings.Join(append(parts, m.Text), ": ")
}

// Mistakes is everything that is wrong with an experiment, by line. Those of
// overrides, which have no line, come last.
type Mistakes []Mistake

// mostTold is how many mistakes a message lists: whoever mends those sees the next.
const mostTold = 50

// Error returns the first 50 mistakes, one per line, and how many more there are.
func (m Mistakes) Error() string {
	var lines []string
	for _, one := range m[:min(len(m), mostTold)] {
		lines = append(lines, one.Error())
	}
	switch more := len(m) - mostTold; {
	case more == 1:
		lines = append(lines, "and 1 more mistake")
	case more > 1:
		lines = append(lines, fmt.Sprintf("and %d more mistakes", more))
	}
	return strings.Join(lines, "\n")
}

// Unplaced returns mistakes without the lines that they are on, for a file that is not
// written yet; any other error as it is.
func Unplaced(err error) error {
	mistakes, ok := errors.AsType[Mistakes](err)
	if !ok {
		return err
	}
	mistakes = slices.Clone(mistakes)
	for i := range mistakes {
		if mistakes[i].Line > 0 {
			mistakes[i].File, mistakes[i].Line = "", 0
		}
	}
	return mistakes
}

// orNil returns m as an error, nil when there are none.
func (m Mistakes) orNil() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

func (m *Mistakes) add(path, format string, args ...any) {
	*m = append(*m, Mistake{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (m Mistakes) sort() {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Compare(a.Line, b.Line)
	})
}

// cover reports whether one of m is at path or around it: what is said about
// path could only repeat it.
func (m Mistakes) cover(path string) bool {
	return slices.ContainsFunc(m, func(known Mistake) bool { return known.Path != "" && within(path, known.Path) })
}

// touch reports whether one of m is at path or within it: path was given, but
// could not be read.
func (m Mistakes) touch(path string) bool {
	return slices.ContainsFunc(m, func(known Mistake) bool { return within(known.Path, path) })
}

// within reports whether path is around or a part of it.
func within(path, around string) bool {
	rest, ok := strings.CutPrefix(path, around)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// didYouMean returns `; did you mean "x"?` for the word nearest to the one
// given, or "" when none is near.
func didYouMean(word string, known []string) string {
	best, distance := "", len(word)/3+2
	for _, k := range known {
		if d := edits(strings.ToLower(word), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// edits is the Levenshtein distance of a and b, in bytes: how many must be
// added, removed or changed to turn one into the other (Levenshtein 1966).
func edits(a, b string) int {
	if len(a) > 100 || len(b) > 100 { // no key is that long, and the time is quadratic
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
