package words

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Spoken says in which protocols a site answered how often, and over how many
// connections: "HTTP/2.0 over 3 connections".
func Spoken(answers map[string]int64, connections int64) string {
	names := slices.SortedFunc(maps.Keys(answers), func(a, b string) int {
		return cmp.Or(cmp.Compare(answers[b], answers[a]), cmp.Compare(a, b))
	})
	if len(names) == 0 {
		return "no answer over " + Number(connections, "connection")
	}
	if len(names) == 1 {
		return names[0] + " over " + Number(connections, "connection")
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%s (%s)", name, Number(answers[name], "answer"))
	}
	return strings.Join(names, ", ") + " over " + Number(connections, "connection")
}
