// Package pages writes what was found of several runs as pages to read: a
// comparison, and a history. Like the page of one run they need nothing else, not
// even scripts.
package pages

import (
	"embed"
	"maps"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

//go:embed page
var pageFiles embed.FS

// frame is that of a page of this package.
func frame() sheet.Frame {
	css, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		panic(err) // the program was built without it
	}
	return sheet.NewFrame(sheet.Style() + string(css))
}

// changeSign is a change's shape, so that it does not rest on colour.
func changeSign(c reports.Change) string {
	return map[reports.Change]string{reports.Improved: "✓", reports.Worse: "✕", reports.Changed: "≠", reports.Same: "=", reports.CantTell: "?"}[c]
}

// changeClass is a change as the style names it.
func changeClass(c reports.Change) string {
	if c == reports.CantTell {
		return "untold"
	}
	return string(c)
}

// labelsOf are the labels of a run in the order of their names, hashes as short as
// people quote them.
func labelsOf(labels map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, name+" "+words.ShortHash(labels[name]))
	}
	return strings.Join(all, ", ")
}
