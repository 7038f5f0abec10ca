package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestQuantilesOfFewValues(t *testing.T) {
	// All values are below 256, where every value has a bin of its own: the
	// expected value is the one at rank ceil(q*n) of the sorted list.
	for _, test := range []struct {
		name   string
		values []int64
		q      float64
		want   int64
	}{
		{"of none", nil, 0.5, 0},
		{"of one", []int64{7}, 0.5, 7},
		{"median of an even number is the lower of the two", []int64{4, 1, 3, 2}, 0.5, 2},
		{"median of an odd number", []int64{5, 1, 3}, 0.5, 3},
		{"p95 of 8 is the largest: ceil(7.6) = 8", []int64{1, 2, 3, 4, 5, 6, 7, 200}, 0.95, 200},
		{"p90 of 10 is the ninth", []int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 0.9, 9},
		{"0 is the least", []int64{9, 3}, 0, 3},
		{"1 is the largest", []int64{9, 3}, 1, 9},
		{"negative counts as zero", []int64{-5}, 0.5, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var h Histogram
			for _, v := range test.values {
				h.Add(v)
			}
			if got := h.Quantile(test.q); got != test.want {
				t.Errorf("Quantile(%v) of %v = %d, want %d", test.q, test.values, got, test.want)
			}
		})
	}
}

func TestRankIsNotPushedUpByRounding(t *testing.T) {
	// 0.07*100 is 7.000000000000001 in floating point.
	if got := Rank(0.07, 100); got != 7 {
		t.Errorf("Rank(0.07, 100) = %d, want 7", got)
	}
	if got := Rank(0.999, 1000); got != 999 {
		t.Errorf("Rank(0.999, 1000) = %d, want 999", got)
	}
}

// Every value lies within MaxRelativeError of the middle of its bin, at the
// edges of the octaves as well.
func TestBinsKeepTheStatedError(t *testing.T) {
	check := func(v int64) {
		var h Histogram
		h.Add(v)
		h.Add(math.MaxInt64) // so that neither end clamps the answer
		h.Add(0)
		got := h.Quantile(0.5)
		if off := math.Abs(float64(got) - float64(v)); off > MaxRelativeError*float64(v) {
			t.Errorf("%d came back as %d: %.5f off, more than %.5f", v, got, off/float64(v), MaxRelativeError)
		}
	}
	for k := range 63 {
		for _, d := range []int64{-1, 0, 1} {
			check(max(1<<k+d, 0))
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 10000 {
		check(random.Int64() >> random.IntN(63))
	}
	if MaxRelativeError > 0.004 {
		t.Errorf("MaxRelativeError is %v, promised is 0.004", MaxRelativeError)
	}
}

// Against sorting: the quantile is the right value, seen through its bin.
func TestQuantilesAgreeWithSorting(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		var h Histogram
		values := make([]int64, 1+random.IntN(2000))
		for i := range values {
			values[i] = int64(math.Exp(random.NormFloat64()*2 + 18)) // about 65 ms, spread over decades
			h.Add(values[i])
		}
		slices.Sort(values)
		for _, q := range []float64{0, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
			exact := values[Rank(q, int64(len(values)))-1]
			if got := h.Quantile(q); math.Abs(float64(got-exact)) > MaxRelativeError*float64(exact) {
				t.Fatalf("Quantile(%v) of %d values = %d, sorted %d", q, len(values), got, exact)
			}
		}
		if h.N() != int64(len(values)) || h.Max() != values[len(values)-1] {
			t.Fatalf("N, Max = %d, %d, want %d, %d", h.N(), h.Max(), len(values), values[len(values)-1])
		}
	}
}

func TestMergingIsTheSameAsAdding(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	for _, sizes := range [][2]int{{0, 0}, {0, 3}, {3, 0}, {100, 1000}} {
		var all, a, b Histogram
		for i, part := range []*Histogram{&a, &b} {
			for range sizes[i] {
				v := 5 + random.Int64N(1<<40)
				part.Add(v)
				all.Add(v)
			}
		}
		a.Merge(&b)
		if a.N() != all.N() || a.Max() != all.Max() || a.min != all.min {
			t.Errorf("sizes %v: merged n, min, max = %d, %d, %d, want %d, %d, %d", sizes, a.n, a.min, a.max, all.n, all.min, all.max)
		}
		for q := 0.0; q <= 1; q += 0.01 {
			if a.Quantile(q) != all.Quantile(q) {
				t.Errorf("sizes %v: merged Quantile(%v) = %d, want %d", sizes, q, a.Quantile(q), all.Quantile(q))
			}
		}
	}
}

// Never panics, never leaves [min, max], never falls as q rises.
func FuzzHistogram(f *testing.F) {
	f.Add(int64(0), int64(1), int64(math.MaxInt64))
	f.Add(int64(-1), int64(255), int64(256))
	f.Fuzz(func(t *testing.T, a, b, c int64) {
		var h Histogram
		for _, v := range []int64{a, b, c} {
			h.Add(v)
		}
		last := h.min
		for q := 0.0; q <= 1; q += 0.125 {
			got := h.Quantile(q)
			if got < last || got > h.max {
				t.Fatalf("Quantile(%v) of %d, %d, %d = %d, before it %d, max %d", q, a, b, c, got, last, h.max)
			}
			last = got
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	var h Histogram
	for i := 0; b.Loop(); i++ {
		h.Add(int64(i) * 7919 & (1<<30 - 1))
	}
}
