package stats

import "math"

// Ratio is k of n events, which need not be whole: n is what as many independent
// events would tell as much as those that were counted.
type Ratio struct{ K, N float64 }

// Value is K/N.
func (r Ratio) Value() float64 { return r.K / r.N }

// Effective returns the ratio for which variance is that of the count k among n
// events: where events come in bursts there are fewer that are independent. They
// are never more than n.
func Effective(k, n, variance float64) Ratio {
	p := k / n
	if binomial := n * p * (1 - p); variance > binomial && binomial > 0 {
		n *= binomial / variance
	}
	return Ratio{p * n, n}
}

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
