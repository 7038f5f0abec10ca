package reports

import (
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
func (a *run) freeCells() []bool {
	levels := a.cells.inSystem
	free := make([]bool, len(levels))
	faulty := a.faultyCells(leadIn)
	past := false
	for c := range levels {
		if at(a.cells.flow.gaveUp, c) > 0 {
			break
		}
		if faulty[c] || at(a.cells.flow.refused, c) > 0 {
			past = true
		} else if levels[c] == 0 {
			past = false
		}
		free[c] = !past
	}
	return free
}

// faultyCells are those in which a fault was in force, or was about to be within lead.
func (a *run) faultyCells(lead time.Duration) []bool {
	n := len(a.cells.inSystem)
	faulty := make([]bool, n)
	for _, f := range a.faults {
		end := a.end
		if f.lifted != nil {
			end = *f.lifted
		}
		for c := a.cells.cell(f.applied - lead); c <= min(a.cells.cell(end), n-1); c++ {
			faulty[c] = true
		}
	}
	return faulty
}

// maxLevel is the most requests in the site that service times are kept apart for.
const maxLevel = 127

// services gathers how long good answers took that came to a free site, by
// request and by how many others were inside when they came.
type services struct {
	cells *cells
	free  []bool
	sums  [][maxLevel + 1]moments // by request
}

func (a *run) newServices() *services {
	return &services{cells: a.cells, free: a.freeCells(), sums: make([][maxLevel + 1]moments, len(a.manifest.Requests))}
}

func (s *services) add(h *journal.Hit) {
	c, levels := s.cells.cell(h.Sent), s.cells.inSystem
	if h.Class != journal.ClassOK || c >= len(s.free) || !s.free[c] || levels[c] < 0 || levels[c] > maxLevel {
		return
	}
	s.sums[h.Request][levels[c]].add(h.Service())
}

// busiestSecond is the most answers in a second, without a fault and before anybody gave up.
func (a *run) busiestSecond() float64 {
	faulty, second := a.faultyCells(0), a.cells.perSecond()
	var n, most int64
	run := 0
	for c := range faulty {
		if at(a.cells.flow.gaveUp, c) > 0 {
			break
		}
		if faulty[c] {
			run, n = 0, 0
			continue
		}
		n += int64(at(a.cells.flow.served, c))
		if run++; run > second {
			n -= int64(at(a.cells.flow.served, c-second))
		}
		most = max(most, n)
	}
	return float64(most)
}
