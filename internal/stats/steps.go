package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"pgregory.net/changepoint"
)

// LeastSegment is how many values a level takes at least: two may be chance.
const LeastSegment = 3

const (
	reach        = 60   // values on either side of a step that it is tested with: older ones tell no more, and take time
	permutations = 1999 // of a test, so that the least p is 1/2000
	clipAt       = 3    // deviations from the median beyond which a value counts as if it were there
)

// Step is a change of level in a series of values.
type Step struct {
	At      int     // counts the values from 0: the first that is otherwise
	Before  float64 // the median from the step before up to here
	After   float64 // the median from here up to the next step
	P       float64 // how likely values in no order would show as much
	Gradual bool    // a straight line fits both sides together better than two levels: it came bit by bit
}

// Steps finds where a series changes its level, in the order of the series. A
// change is told if it is worth it, and values in no order would show one as clear
// with a probability of at most alpha.
//
// Where it may have changed is proposed by ED-PELT (K. Haynes, P. Fearnhead, I. A.
// Eckley, Statistics and Computing 27(5), 2017), which asks nothing of the values'
// distribution; in steady series it proposes a change in every third. So each is
// put where the step is clearest and tested by permuting the values on both sides of
// it, and the least clear is given up until all that are left hold.
func Steps(values []float64, alpha float64, worth func(before, after float64) bool) []Step {
	cuts := changepoint.NonParametric(values, LeastSegment)
	for {
		steps, worst := tested(values, cuts, alpha, worth)
		if worst < 0 {
			return steps
		}
		cuts = slices.Delete(cuts, worst, worst+1)
	}
}

// tested holds every cut against the values between its neighbours, and moves it
// there to where a step is clearest. worst counts the one that is least like a step,
// and is -1 when all are.
func tested(values []float64, cuts []int, alpha float64, worth func(before, after float64) bool) (steps []Step, worst int) {
	worst = -1
	most := alpha
	for i := range cuts {
		low, high := 0, len(values)
		if i > 0 {
			low = cuts[i-1]
		}
		if i+1 < len(cuts) {
			high = cuts[i+1]
		}
		from, to := max(low, cuts[i]-reach), min(high, cuts[i]+reach)
		near := clipped(values[from:to])
		if _, at := clearest(near); at > 0 {
			cuts[i] = from + at
		}
		s := Step{At: cuts[i], Before: Median(values[low:cuts[i]]), After: Median(values[cuts[i]:high]), P: 1}
		left, gradual := unexplained(near, s.At-from)
		if s.Gradual = gradual; worth(s.Before, s.After) {
			s.P = permuted(near, alike(left), alpha)
		}
		if s.P > most {
			most, worst = s.P, i
		}
		steps = append(steps, s)
	}
	return steps, worst
}

// permuted is the probability that values in no order show a step as clear as
// these do, wherever it is: the part of random orders with a step that is at least as
// clear, their own counted as one (J. Antoch, M. Huskova, "Permutation tests in
// change point analysis", Statistics & Probability Letters 53, 2001). That the step's
// place was looked for is so allowed for. Values that are like the one before have an
// order, and wander by themselves: theirs counts for less, by what their correlation r
// adds to the deviation of a mean, sqrt((1+r)/(1-r)). It is not worked out to the
// end where it is beyond alpha for certain. The values are put out of order.
func permuted(v []float64, r, alpha float64) float64 {
	seen, _ := clearest(v)
	seen *= math.Sqrt((1 - r) / (1 + r))
	order := rand.New(rand.NewPCG(1, 2)) // the same values give the same answer
	asClear := 1
	for n := 1; n <= permutations; n++ {
		order.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
		if c, _ := clearest(v); c >= seen*(1-1e-9) {
			asClear++
		}
		if float64(asClear) > alpha*(permutations+1) {
			return float64(asClear) / float64(n+1)
		}
	}
	return float64(asClear) / (permutations + 1)
}

// alike is how much values are like the one before them: the correlation of what is
// unexplained of each and of the next, less what it is by chance (1/sqrt(n) one
// time in six); 0 if that is less than nothing.
func alike(left []float64) float64 {
	var last, product, square float64
	for _, x := range left {
		product += last * x
		square += x * x
		last = x
	}
	if square == 0 {
		return 0
	}
	return max(0, product/square-1/math.Sqrt(float64(len(left))))
}

// clearest is the clearest step, and the place that it is at: the most, over all
// places k that leave LeastSegment values on both sides, of |sum of the first k -
// k*mean| / sqrt(k*(n-k)/n), which is the difference of the two means in units of
// what chance makes of it. at is 0 where all values are the same.
func clearest(v []float64) (clearness float64, at int) {
	n, mean := float64(len(v)), Mean(v)
	sum := 0.0
	for i, x := range v {
		sum += x - mean
		if k := i + 1; k >= LeastSegment && len(v)-k >= LeastSegment {
			if c := math.Abs(sum) / math.Sqrt(float64(k)*(n-float64(k))/n); c > clearness {
				clearness, at = c, k
			}
		}
	}
	return clearness, at
}

// clipped are the values, those far off moved to clipAt standard deviations from
// the median, so that one odd night hides no step. The deviation is that of a normal
// distribution with the same median distance from the median (1.4826 times it), or,
// where most values are alike, with the same mean distance (1.2533 times it).
func clipped(values []float64) []float64 {
	middle := Median(values)
	far := make([]float64, len(values))
	for i, x := range values {
		far[i] = math.Abs(x - middle)
	}
	deviation := 1.4826 * Median(far)
	if deviation == 0 {
		deviation = 1.2533 * Mean(far)
	}
	out := make([]float64, len(values))
	for i, x := range values {
		out[i] = min(max(x, middle-clipAt*deviation), middle+clipAt*deviation)
	}
	return out
}

// unexplained is what is left of values when a level up to at and another from
// there are taken off, or a straight line, if that leaves less. Each takes two figures.
func unexplained(values []float64, at int) (left []float64, gradual bool) {
	before, after := Mean(values[:at]), Mean(values[at:])
	middle, mean := float64(len(values)-1)/2, Mean(values)
	var slope, spread float64
	for i, y := range values {
		slope += (float64(i) - middle) * (y - mean)
		spread += (float64(i) - middle) * (float64(i) - middle)
	}
	slope /= spread
	byLevels, byLine := make([]float64, len(values)), make([]float64, len(values))
	var levels, line float64 // the sums of their squares
	for i, y := range values {
		if byLevels[i] = y - before; i >= at {
			byLevels[i] = y - after
		}
		byLine[i] = y - mean - slope*(float64(i)-middle)
		levels += byLevels[i] * byLevels[i]
		line += byLine[i] * byLine[i]
	}
	switch step := after - before; {
	case line < levels:
		return byLine, true
	case levels <= 1e-9*step*step: // what rounding leaves
		return make([]float64, len(values)), false
	}
	return byLevels, false
}

// Mean is the arithmetic mean; NaN when there are no values.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Median is the middle value, or the mean of the two in the middle; NaN when there are no values.
func Median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	if n == 0 {
		return math.NaN()
	}
	return (s[(n-1)/2] + s[n/2]) / 2
}
