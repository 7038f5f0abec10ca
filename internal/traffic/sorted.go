package traffic

import (
	"cmp"
	"maps"
	"slices"
)

// sortedKeys are a map's keys in order: the same input makes the same file.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
