package diagnose

import (
	"slices"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/measure"
)

// sameTime reports whether two times, the lesser first, may come from one limit.
func sameTime(less, more time.Duration) bool {
	return more-less <= measure.ClusterAbs+time.Duration(measure.ClusterRatio*float64(less))
}

// densest returns the largest group of times that may all come from one limit,
// and the others. Both are sorted. Of two as large it takes the tighter one.
func densest(times []time.Duration) (group, others []time.Duration) {
	return stats.Densest(times, sameTime)
}

// lowest returns the first group of at least n times, in order of size, that may come from one limit.
func lowest(times []time.Duration, n int) []time.Duration {
	all := slices.Sorted(slices.Values(times))
	for i, j := 0, 0; i < len(all); i++ {
		for j < len(all) && sameTime(all[i], all[j]) {
			j++
		}
		if j-i >= n {
			return all[i:j]
		}
	}
	return nil
}

// middleOf returns the median of sorted times.
func middleOf(sorted []time.Duration) time.Duration {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
