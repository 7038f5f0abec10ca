package stats

import "slices"

// Celled are values in cells of time, such that the quantiles of any choice of
// cells are quickly found. It takes four bytes for each cell and each value that
// is told apart.
type Celled struct {
	values []int64   // in order
	below  [][]int32 // by value, then by cell: how many of the cell's are at most that
	n      []int32   // by cell
}

// NewCelled takes the values of each cell; nil is a cell without any.
func NewCelled(cells []*Histogram) *Celled {
	var all Histogram
	for _, h := range cells {
		if h != nil {
			all.Merge(h)
		}
	}
	c := &Celled{n: make([]int32, len(cells))}
	for at, p := range all.pages {
		if p == nil {
			continue
		}
		for i, n := range p {
			if n > 0 {
				c.values = append(c.values, min(max(middle(at, i), all.min), all.max))
				c.below = append(c.below, countIn(cells, at, i))
			}
		}
	}
	for i, row := range c.below {
		for cell := range row {
			if i > 0 {
				row[cell] += c.below[i-1][cell]
			}
			c.n[cell] = row[cell]
		}
	}
	return c
}

// countIn is how many values of each cell are in bin i of a page.
func countIn(cells []*Histogram, at, i int) []int32 {
	row := make([]int32, len(cells))
	for cell, h := range cells {
		if h != nil && h.pages[at] != nil {
			row[cell] = int32(h.pages[at][i])
		}
	}
	return row
}

// Quantile is the q-quantile, as that of a Histogram, of the values of all cells,
// each taken as often as times says. It is 0 when there is none.
func (c *Celled) Quantile(q float64, times []int32) int64 {
	rank := Rank(q, weighed(c.n, times))
	if rank == 0 {
		return 0
	}
	at, _ := slices.BinarySearchFunc(c.below, rank, func(below []int32, rank int64) int {
		if weighed(below, times) < rank {
			return -1
		}
		return 1
	})
	return c.values[at]
}

// Beyond is how many values of each cell are more than v.
func (c *Celled) Beyond(v int64) []float64 {
	beyond := make([]float64, len(c.n))
	at, found := slices.BinarySearch(c.values, v)
	if !found {
		at--
	}
	for i, n := range c.n {
		if at >= 0 {
			n -= c.below[at][i]
		}
		beyond[i] = float64(n)
	}
	return beyond
}

// N is how many values there are.
func (c *Celled) N() int64 {
	var sum int64
	for _, n := range c.n {
		sum += int64(n)
	}
	return sum
}

func weighed(n, times []int32) (sum int64) {
	for i, v := range n {
		sum += int64(v) * int64(times[i])
	}
	return sum
}
