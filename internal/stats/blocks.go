package stats

import (
	"math"
	"math/rand/v2"
)

// Blocks says how the cells of a series are drawn again: in blocks of Length
// neighbours, each from no farther than Near cells from its own place. Near < 0
// is from anywhere, which is right for a series that is alike all along. Where it
// has a course, as while a fault is in force, blocks from nearby keep the course
// and vary only what chance could have.
//
// H. Künsch, "The jackknife and the bootstrap for general stationary
// observations", Annals of Statistics 17(3), 1989; E. Paparoditis, D. Politis,
// "Local block bootstrap", Comptes Rendus Mathématique 335(11), 2002.
type Blocks struct {
	Length int
	Near   int
}

// BlocksOf returns the blocks for a series that is alike all along (near < 0), or
// else has a course: what neighbours have in common beyond it decides their length.
// There are at least eight of them, if there are as many cells.
func BlocksOf(cells []float64, near int) Blocks {
	rest := make([]float64, len(cells))
	for i, v := range cells {
		rest[i] = v - around(cells, i, near)
	}
	return Blocks{Length: max(min(BlockLength(rest), len(cells)/8), 1), Near: near}
}

// around is the mean of the cells up to near from i; of all when near is negative.
func around(cells []float64, i, near int) float64 {
	from, to := 0, len(cells)
	if near >= 0 {
		from, to = max(i-near, 0), min(i+near+1, to)
	}
	sum := 0.0
	for _, v := range cells[from:to] {
		sum += v
	}
	return sum / float64(to-from)
}

// Count returns how many blocks n cells are.
func (b Blocks) Count(n int) int { return (n + b.Length - 1) / b.Length }

// Draw draws as many cells again as times has, and leaves in it how often each was.
func (b Blocks) Draw(r *rand.Rand, times []int32) {
	n := len(times)
	clear(times)
	for at := 0; at < n; at += b.Length {
		from := r.IntN(n) // a ring of cells
		if b.Near >= 0 {
			low := max(at-b.Near, 0)
			high := min(at+b.Near, n-1)
			from = low + r.IntN(high-low+1)
		}
		for i := at; i < min(at+b.Length, n); i++ {
			source := from + i - at
			if source >= n {
				source -= n
				if b.Near >= 0 { // a course has no ring: back from its end
					source = n - 1 - source
				}
			}
			times[source]++
		}
	}
}

// Variance is that of the cells' sum, from the sums of its blocks around what is
// usual where they are. It is null of fewer than two blocks.
func (b Blocks) Variance(cells []float64) (v float64, ok bool) {
	var sums []float64
	for at := 0; at < len(cells); at += b.Length {
		sum, end := 0.0, min(at+b.Length, len(cells))
		for _, c := range cells[at:end] {
			sum += c
		}
		sums = append(sums, sum*float64(b.Length)/float64(end-at)) // the last may be short
	}
	if len(sums) < 2 {
		return 0, false
	}
	near := -1
	if b.Near >= 0 {
		near = max((b.Near+b.Length/2)/b.Length, 1)
	}
	for i, s := range sums {
		compared := len(sums)
		if near >= 0 {
			compared = min(i+near+1, len(sums)) - max(i-near, 0)
		}
		off := s - around(sums, i, near)
		v += off * off * float64(compared) / float64(compared-1)
	}
	return v * float64(len(cells)) / float64(len(sums)*b.Length), true
}

// Few is by how much an interval from so many blocks is to be wider than one
// from endlessly many: Student's t instead of the normal distribution, at the
// confidence 1 - alpha.
func Few(blocks int, alpha float64) float64 {
	n := float64(blocks)
	return math.Sqrt(n/(n-1)) * TQuantile(1-alpha/2, n-1) / NormalQuantile(1-alpha/2)
}
