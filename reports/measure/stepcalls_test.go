package measure

import (
	"math"
	"math/rand/v2"
	"testing"
)

// second is one in which so many requests of each step were answered, and what they call.
func second(of []float64, calls float64) quietSecond {
	s := quietSecond{calls: calls, of: of}
	for _, n := range of {
		s.hits += n
	}
	return s
}

// Of a visit's three steps the second and the third call once. While visits begin the
// first is sent more often: 26 of the 48 requests call, and of whole visits two of three.
func TestCallsOfWholeVisits(t *testing.T) {
	var seconds []quietSecond
	for _, of := range [][]float64{{4, 0, 0}, {4, 2, 0}, {3, 4, 2}, {4, 3, 4}, {5, 4, 3}, {2, 2, 2}} {
		seconds = append(seconds, second(of, of[1]+of[2]))
	}
	c := newStepCalls(seconds, []int64{1, 1, 1})
	if mean, off := c.of([]int64{1, 1, 1}); math.Abs(mean-2./3) > 1e-9 || off != 0 {
		t.Errorf("%v calls a request, off by %v, want 2/3 exactly", mean, off)
	}
	if mean, _ := c.of([]int64{9, 1, 0}); math.Abs(mean-0.1) > 1e-9 {
		t.Errorf("%v calls a request of a mix with 9 first steps of 10, want 0.1", mean)
	}
}

// Steps of which a share calls make no whole numbers: the mean is that of the seconds, and
// so far off as so few requests leave it. Of 100 draws of 10 s with 10 requests each, 0.27 of
// which call, it is 0.27 on average: off by sqrt(0.27*0.73/1000) = 0.014 from it.
func TestCallsByChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sum, n, whole := 0.0, 0, 0
	for range 100 {
		var seconds []quietSecond
		for range 10 {
			of, calls := make([]float64, 5), 0.0
			for range 10 {
				of[rng.IntN(5)]++
				if rng.Float64() < 0.27 {
					calls++
				}
			}
			seconds = append(seconds, second(of, calls))
		}
		c := newStepCalls(seconds, []int64{1, 1, 1, 1, 1})
		mean, off := c.of([]int64{1, 1, 1, 1, 1})
		if off == 0 {
			whole++
		}
		sum, n = sum+mean, n+1
	}
	if mean := sum / float64(n); math.Abs(mean-0.27) > 0.05 || whole > 10 {
		t.Errorf("%v calls a request on average, want 0.27; taken for whole numbers %d times of 100", mean, whole)
	}
}

// Nothing can be told of no answers, and of steps that are too many little but their mean.
func TestCallsOfNoSeconds(t *testing.T) {
	if c := newStepCalls(nil, []int64{1, 1}); c != nil {
		t.Errorf("%v calls are told of nothing", c.each)
	}
	if mean, _ := newStepCalls(nil, []int64{1, 1}).told([]int64{1, 1}); mean != nil {
		t.Errorf("%v calls are told of nothing", *mean)
	}
}
