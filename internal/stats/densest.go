package stats

import (
	"slices"
	"time"
)

// Densest returns the largest group of times of which each is alike with the least, and
// the others. Both are sorted. Of two as large it takes the tighter one. Where two times
// are not alike, none between which they lie may be.
func Densest(times []time.Duration, alike func(less, more time.Duration) bool) (group, others []time.Duration) {
	all := slices.Sorted(slices.Values(times))
	from, to := 0, 0
	for i, j := 0, 0; i < len(all); i++ {
		for j = max(j, i+1); j < len(all) && alike(all[i], all[j]); j++ {
		}
		if j-i > to-from || j-i == to-from && all[j-1]-all[i] < all[to-1]-all[from] {
			from, to = i, j
		}
	}
	return all[from:to:to], slices.Concat(all[:from], all[to:])
}
