package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports/words"
)

const (
	labelsShown = 8  // of a run's labels
	labelWidth  = 40 // characters of a label's value
)

// labelled writes the labels of a run, in the order of their names: "branch main,
// commit 3f9c2ab8d0e1"; "" where there are none. They may come from anybody's bundle.
func labelled(labels map[string]string) string {
	var said []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if len(said) == labelsShown {
			said = append(said, words.Number(int64(len(labels)-labelsShown), "more label"))
			break
		}
		said = append(said, shorten(oneLine(name), labelWidth)+" "+short(labels[name]))
	}
	return strings.Join(said, ", ")
}

// short is a label's value on one line.
func short(value string) string { return shorten(words.ShortHash(oneLine(value)), labelWidth) }

// labels writes a run's labels below its name.
func (t *terminal) labels(labels map[string]string) {
	if said := labelled(labels); said != "" {
		t.item("", faint, said)
	}
}
