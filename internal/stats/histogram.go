// Package stats holds the statistics the reports stand on, each with its
// definition, its error and its source.
package stats

import (
	"math"
	"math/bits"
)

// MaxRelativeError bounds how far Quantile may be from the value it stands for,
// as a fraction of that value: half the width of a bin over its lower edge.
const MaxRelativeError = 1.0 / (2 * pageSize)

const (
	subBits  = 7
	pageSize = 1 << subBits // bins a page
	pages    = 64 - subBits // enough for every int64 that is not negative
)

// page counts the values of one octave, in bins of equal width.
type page [pageSize]int64

// Histogram counts values that are not negative (nanoseconds, say) in fixed
// bins, so that its size does not depend on how many there are: 1 KB for each
// octave met. Below 256 every value has a bin of its own; from there on each
// octave [2^k, 2^(k+1)) is cut into 128 bins of equal width. The bins are the
// same in every Histogram, so that merging loses nothing and the order of
// adding does not matter. Count and maximum are exact.
//
// The zero value is empty and ready. It is not safe for concurrent use.
//
// The log-linear layout is that of HdrHistogram (G. Tene, hdrhistogram.org).
// That a bounded relative error is what latencies need is argued in C. Masson,
// J. Rim, H. Lee, "DDSketch", PVLDB 12(12), 2019.
type Histogram struct {
	n        int64
	min, max int64 // meaningless when n is 0
	pages    [pages]*page
}

// Add counts v. A negative v counts as 0.
func (h *Histogram) Add(v int64) { h.AddN(v, 1) }

// AddN counts v n times, n > 0.
func (h *Histogram) AddN(v, n int64) {
	v = max(v, 0)
	if h.n == 0 {
		h.min, h.max = v, v
	} else {
		h.min, h.max = min(h.min, v), max(h.max, v)
	}
	h.n += n
	// v has its leading bit at subBits+shift: the shift leaves 128..255, or, in
	// page 0, v itself.
	shift := max(bits.Len64(uint64(v))-subBits-1, 0)
	i := uint64(v) >> shift
	at := shift + int(i>>subBits)
	p := h.pages[at]
	if p == nil {
		p = new(page)
		h.pages[at] = p
	}
	p[i&(pageSize-1)] += n
}

// Merge adds all that o holds to h and leaves o as it is.
func (h *Histogram) Merge(o *Histogram) {
	if o.n == 0 {
		return
	}
	if h.n == 0 {
		h.min, h.max = o.min, o.max
	} else {
		h.min, h.max = min(h.min, o.min), max(h.max, o.max)
	}
	h.n += o.n
	for at, from := range o.pages {
		if from == nil {
			continue
		}
		if h.pages[at] == nil {
			h.pages[at] = new(page)
		}
		for i, n := range from {
			h.pages[at][i] += n
		}
	}
}

// N returns how many values were added.
func (h *Histogram) N() int64 { return h.n }

// Max returns the largest value added, exactly; 0 when there is none.
func (h *Histogram) Max() int64 { return h.max }

// Min returns the least value added, exactly; 0 when there is none.
func (h *Histogram) Min() int64 { return h.min }

// Quantile returns the q-quantile, 0 <= q <= 1: the smallest value v such that
// at least q*N of the values are at most v. It is always a value that occurred,
// never an interpolation (the inverse of the empirical distribution function,
// definition 1 in R. Hyndman, Y. Fan, "Sample Quantiles in Statistical
// Packages", The American Statistician 50(4), 1996), seen through its bin: the
// result is the bin's middle, kept within the least and the largest value, so
// at most MaxRelativeError off. Quantile(1) is exact. It is 0 when N is 0.
func (h *Histogram) Quantile(q float64) int64 {
	rank := Rank(q, h.n)
	if rank == 0 || rank >= h.n {
		return h.max
	}
	var below int64
	for at, p := range h.pages {
		if p == nil {
			continue
		}
		for i, n := range p {
			if below += n; below >= rank {
				return min(max(middle(at, i), h.min), h.max)
			}
		}
	}
	return h.max
}

// Each calls f with each value that was added, the least first, and how often it
// was, seen through its bin as in Quantile.
func (h *Histogram) Each(f func(v, n int64)) {
	for at, p := range h.pages {
		if p == nil {
			continue
		}
		for i, n := range p {
			if n > 0 {
				f(min(max(middle(at, i), h.min), h.max), n)
			}
		}
	}
}

// Rank returns which of n sorted values, counted from 1, is the q-quantile as
// Quantile defines it: the least whole number that is at least q*n, and at
// least 1. It is 0 when n is 0. The tiny allowance keeps a product such as
// 0.07*100 = 7.000000000000001 from counting one too far.
func Rank(q float64, n int64) int64 {
	if n == 0 {
		return 0
	}
	return min(max(int64(math.Ceil(q*float64(n)*(1-1e-14))), 1), n)
}

// middle is the value that stands for bin i of a page: it is inverse to the index in Add.
func middle(at, i int) int64 {
	if at == 0 {
		return int64(i)
	}
	shift := at - 1
	low := int64(pageSize+i) << shift
	return low + (int64(1)<<shift-1)/2
}
