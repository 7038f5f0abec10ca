package stats

import "math"

// Ratio is k of n events, which need not be whole: n is what as many independent
// events would tell as much as those that were counted.
type Ratio struct{ K, N float64 }

// Value is K/N.
func (r Ratio) Value() float64 { return r.K / r.N }

// Burst is how many events are like one that is independent, where variance is that
// of K: K's variance over that of a binomial one, N p (1-p), and at least 1.
func (r Ratio) Burst(variance float64) float64 {
	if binomial := r.N * r.Value() * (1 - r.Value()); binomial > 0 {
		return max(variance/binomial, 1)
	}
	return 1
}

// Among is the ratio of as many events as are independent, where so many are like one.
func (r Ratio) Among(burst float64) Ratio { return Ratio{r.K / burst, r.N / burst} }

// Interval holds the true ratio with the confidence 1 - alpha.
//
// E. Wilson, "Probable Inference, the Law of Succession, and Statistical
// Inference", JASA 22(158), 1927.
func (r Ratio) Interval(alpha float64) (low, high float64) {
	z := NormalQuantile(1 - alpha/2)
	p, zz := r.Value(), z*z
	middle := (r.K + zz/2) / (r.N + zz)
	half := z / (r.N + zz) * math.Sqrt(r.N*p*(1-p)+zz/4)
	return max(middle-half, 0), min(middle+half, 1)
}

// RatioDifference is the interval that holds b - a with the confidence 1 - alpha.
//
// Method 10 of R. Newcombe, "Interval Estimation for the Difference Between
// Independent Proportions", Statistics in Medicine 17(8), 1998.
func RatioDifference(a, b Ratio, alpha float64) (low, high float64) {
	aLow, aHigh := a.Interval(alpha)
	bLow, bHigh := b.Interval(alpha)
	d := b.Value() - a.Value()
	return d - math.Hypot(b.Value()-bLow, aHigh-a.Value()), d + math.Hypot(bHigh-b.Value(), a.Value()-aLow)
}
