package measure

import (
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// leadIn is how long before a fault requests no longer tell of a well site:
// those that last longer would be missing among them.
const leadIn = time.Second

// freeCells says of each cell whether a request that came in it met a site
// that was well and had no past: no fault in force, none refused and none given
// up since the site was last empty. What was given up goes on unseen, so nothing
// after the first of them is free.
func (run *Run) freeCells() []bool {
	levels := run.Cells.InSystem
	free := make([]bool, len(levels))
	faulty := run.FaultyCells(leadIn)
	past := false
	for c := range levels {
		if At(run.Cells.Flow.GaveUp, c) > 0 {
			break
		}
		if faulty[c] || At(run.Cells.Flow.Refused, c) > 0 {
			past = true
		} else if levels[c] == 0 {
			past = false
		}
		free[c] = !past
	}
	return free
}

// FaultyCells are those in which a fault was in force, or was about to be within lead.
func (run *Run) FaultyCells(lead time.Duration) []bool { return run.cellsUnder(run.Faults, lead) }

// WaitingCells are those in which a fault was in force that makes calls wait.
func (run *Run) WaitingCells() []bool {
	return run.cellsUnder(slices.DeleteFunc(slices.Clone(run.Faults), func(f *Fault) bool { return !f.Waits() }), 0)
}

func (run *Run) cellsUnder(faults []*Fault, lead time.Duration) []bool {
	n := len(run.Cells.InSystem)
	faulty := make([]bool, n)
	for _, f := range faults {
		end := run.End
		if f.Lifted != nil {
			end = *f.Lifted
		}
		for c := run.Cells.Cell(f.Applied - lead); c <= min(run.Cells.Cell(end), n-1); c++ {
			faulty[c] = true
		}
	}
	return faulty
}

// MaxLevel is the most requests in the site that service times are kept apart for.
const MaxLevel = 127

// ServiceTimes gathers how long good answers took that came to a free site, by
// request and by how many others were inside when they came. Of a request that
// the application never answers well its errors count instead.
type ServiceTimes struct {
	cells *Cells
	free  []bool
	Sums  [][MaxLevel + 1]Moments // by request
	bad   [][MaxLevel + 1]Moments // the same of the application's own errors

	Errors bool // those of some request stand in for good answers

	cell int   // of the hit before
	with int32 // hits of that cell so far
}

func (run *Run) newServices() *ServiceTimes {
	n := len(run.Manifest.Requests)
	return &ServiceTimes{cells: run.Cells, free: run.freeCells(), Sums: make([][MaxLevel + 1]Moments, n), bad: make([][MaxLevel + 1]Moments, n)}
}

func (s *ServiceTimes) add(h *journal.Hit) {
	c, levels := s.cells.Cell(h.Sent), s.cells.InSystem
	if c != s.cell {
		s.cell, s.with = c, 0
	}
	s.with++
	if c >= len(s.free) || !s.free[c] || levels[c] < 0 {
		return
	}
	level := levels[c] + s.with - 1 // those that were sent in the same moment, as in a burst, are there too
	switch {
	case level > MaxLevel:
	case h.Class == journal.ClassOK:
		s.Sums[h.Request][level].add(h.Service())
	case servedByApp(h) && !mayGoOn(h):
		s.bad[h.Request][level].add(h.Service())
	}
}

func (s *ServiceTimes) finish() *ServiceTimes {
	for r := range s.Sums {
		if !slices.ContainsFunc(s.Sums[r][:], func(m Moments) bool { return m.N > 0 }) {
			s.Sums[r] = s.bad[r]
			s.Errors = s.Errors || slices.ContainsFunc(s.bad[r][:], func(m Moments) bool { return m.N > 0 })
		}
	}
	return s
}

// BusiestSecond is the most answers in a second, without a fault and before anybody gave up.
func (run *Run) BusiestSecond() float64 {
	return float64(run.mostServed(run.FaultyCells(0), run.Cells.PerSecond()))
}

// refusingFor is in how many whole seconds requests must have been refused, and
// fewRefused how many in each.
const refusingFor, fewRefused = 3, 3

// ServedWhileRefusing is how many answers a second the application gave in the whole
// seconds in which requests were refused at once, without a fault and before anybody
// gave up; 0 when there were too few of these.
func (run *Run) ServedWhileRefusing() float64 {
	flow, second := &run.Cells.Flow, run.Cells.PerSecond()
	faulty := run.FaultyCells(0)
	var answers int64
	seconds := 0
	end := min(len(flow.Served), len(faulty), run.Cells.FirstGiveUp())
	for c := 0; c+second <= end; c += second {
		if SumCells(flow.Refused, c, c+second) >= fewRefused && !slices.Contains(faulty[max(c-afterLifting*second, 0):c+second], true) {
			answers += SumCells(flow.Served, c, c+second)
			seconds++
		}
	}
	if seconds < refusingFor {
		return 0
	}
	return float64(answers) / float64(seconds)
}

// carriedFor is for how long a rate must have been answered to be carried, and
// afterLifting how long what a fault withheld may come in its stead, seconds.
const carriedFor, afterLifting = 3, 2

// Carried is the most answers a second for carriedFor, likewise, and not from
// behind a fault.
func (run *Run) Carried() float64 {
	faulty, second := run.FaultyCells(0), run.Cells.PerSecond()
	left := 0
	for c := range faulty {
		if faulty[c] {
			left = afterLifting * second
		} else if left > 0 {
			faulty[c], left = true, left-1
		}
	}
	return float64(run.mostServed(faulty, carriedFor*second)) / carriedFor
}

// mostServed is the most answers in so many cells, none of them faulty, before
// anybody gave up.
func (run *Run) mostServed(faulty []bool, cells int) int64 {
	served := run.Cells.Flow.Served
	faulty = faulty[:min(len(faulty), len(served), run.Cells.FirstGiveUp())]
	var n, most int64
	streak := 0
	for c := range faulty {
		if faulty[c] {
			streak, n = 0, 0
			continue
		}
		n += int64(served[c])
		if streak++; streak > cells {
			n -= int64(served[c-cells])
		}
		most = max(most, n)
	}
	return most
}

// Moments are the count, sum and sum of squares of some times. They are whole
// numbers, so that the order of adding does not matter.
type Moments struct {
	N   int64
	sum time.Duration
	sq  uint64 // in ticks squared
}

const tick = 10 * time.Microsecond

// longestSquare bounds what is squared: ten million of them still fit.
const longestSquare = 10 * time.Second

func (m *Moments) add(d time.Duration) {
	m.N++
	m.sum += d
	ticks := uint64(max(min(d, longestSquare), 0) / tick)
	m.sq += ticks * ticks
}

func (m *Moments) Merge(o Moments) { m.N += o.N; m.sum += o.sum; m.sq += o.sq }

// Mean is in seconds, 0 of none.
func (m Moments) Mean() float64 {
	if m.N == 0 {
		return 0
	}
	return m.sum.Seconds() / float64(m.N)
}

// Variance is that of the values about their mean (n - 1), in seconds squared; 0 of fewer than two.
func (m Moments) Variance() float64 {
	if m.N < 2 {
		return 0
	}
	n, mean := float64(m.N), m.Mean()
	squares := float64(m.sq) * tick.Seconds() * tick.Seconds()
	return math.Max(squares-n*mean*mean, 0) / (n - 1)
}
