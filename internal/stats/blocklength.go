package stats

import "math"

// BlockLength returns how many neighbours in a series depend on each other, for
// a block bootstrap of its mean: the b that makes the error of the variance
// estimated from blocks of b values least,
//
//	b = (2 G^2 / D)^(1/3) n^(1/3),  D = 4/3 g^2,
//	G = sum over |k| <= M of w(k/M) |k| R(k),  g = sum over |k| <= M of w(k/M) R(k),
//
// where R(k) is the autocovariance at lag k, w(t) is 1 up to 1/2 and from there
// falls in a line to 0 at 1, and M is twice the lag from which on no
// autocorrelation of five in a row stands out from chance, 2 sqrt(log10(n)/n).
//
// It is at least 1, also of a series that is too short or never varies, and at
// most min(3 sqrt(n), n/3). The time is of order n^(3/2): series of more than some
// thousand values are to be added up in cells first.
//
// D. Politis, H. White, "Automatic Block-Length Selection for the Dependent
// Bootstrap", Econometric Reviews 23(1), 2004, as corrected by A. Patton, D.
// Politis, H. White, Econometric Reviews 28(4), 2009.
func BlockLength(x []float64) int {
	n := len(x)
	if n < 8 {
		return 1
	}
	r := autocovariances(x, min(int(math.Ceil(math.Sqrt(float64(n))))+lagsInARow, n-1))
	if r[0] <= 0 {
		return 1
	}
	m := 2 * lastCorrelated(r, n)
	m = min(m, len(r)-1)
	g, sum := r[0], 0.0
	for k := 1; k <= m; k++ {
		w := min(2*(1-float64(k)/float64(m)), 1)
		g += 2 * w * r[k]
		sum += 2 * w * float64(k) * r[k]
	}
	if g <= 0 { // neighbours make up for each other: single values are blocks enough
		return 1
	}
	b := math.Cbrt(2 * sum * sum / (4.0 / 3 * g * g) * float64(n))
	longest := min(3*math.Sqrt(float64(n)), float64(n)/3)
	return int(math.Round(min(max(b, 1), longest)))
}

// lagsInARow is how many autocorrelations must not stand out, for those beyond
// them to be taken for none.
const lagsInARow = 5

// autocovariances returns those at the lags 0 to most.
func autocovariances(x []float64, most int) []float64 {
	mean := 0.0
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	r := make([]float64, most+1)
	for k := range r {
		for i := k; i < len(x); i++ {
			r[k] += (x[i] - mean) * (x[i-k] - mean)
		}
		r[k] /= float64(len(x))
	}
	return r
}

// lastCorrelated is the lag before the first row of lags that do not stand out.
func lastCorrelated(r []float64, n int) int {
	chance := 2 * math.Sqrt(math.Log10(float64(n))/float64(n)) * r[0]
	last, row := 0, 0
	for k := 1; k < len(r) && row < lagsInARow; k++ {
		row++
		if math.Abs(r[k]) >= chance {
			last, row = k, 0
		}
	}
	return last
}
