package reports

import (
	"math"
	"time"
)

// moments are the count, sum and sum of squares of some times. They are whole
// numbers, so that the order of adding does not matter.
type moments struct {
	n   int64
	sum time.Duration
	sq  uint64 // in ticks squared
}

const tick = 10 * time.Microsecond

// longestSquare bounds what is squared: ten million of them still fit.
const longestSquare = 10 * time.Second

func (m *moments) add(d time.Duration) {
	m.n++
	m.sum += d
	ticks := uint64(max(min(d, longestSquare), 0) / tick)
	m.sq += ticks * ticks
}

func (m *moments) merge(o moments) { m.n += o.n; m.sum += o.sum; m.sq += o.sq }

// mean is in seconds, 0 of none.
func (m moments) mean() float64 {
	if m.n == 0 {
		return 0
	}
	return m.sum.Seconds() / float64(m.n)
}

// variance is that of the values about their mean (n - 1), in seconds squared; 0 of fewer than two.
func (m moments) variance() float64 {
	if m.n < 2 {
		return 0
	}
	n, mean := float64(m.n), m.mean()
	squares := float64(m.sq) * tick.Seconds() * tick.Seconds()
	return math.Max(squares-n*mean*mean, 0) / (n - 1)
}
