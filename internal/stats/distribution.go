package stats

import "github.com/aclements/go-moremath/stats"

// NormalQuantile is the p-quantile of the standard normal distribution, 0 < p < 1.
func NormalQuantile(p float64) float64 { return stats.StdNormal.InvCDF(p) }

// TQuantile is the p-quantile of Student's t distribution, 0 < p < 1, with so many
// degrees of freedom, at least 1; they need not be whole.
func TQuantile(p, freedom float64) float64 {
	return stats.InvCDF(stats.TDist{V: max(freedom, 1)})(p)
}
