package reports

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// inside is how many requests were in the site at the start of each cell,
// those refused at once not counted.
func (g *grid) inside() []int32 {
	levels := make([]int32, len(g.change)+1)
	for c := range g.change {
		levels[c+1] = levels[c] + at(g.flow.inside, c)
	}
	return levels
}

// at returns cells[i], 0 beyond its end.
func at(cells []int32, i int) int32 {
	if i < 0 || i >= len(cells) {
		return 0
	}
	return cells[i]
}

// leadIn is how long before a fault requests no longer tell of a well site:
// those that last longer would be missing among them.
const leadIn = time.Second

// calmCells says of each cell whether a request that came in it met a site
// that was well and had no past: no fault in force, none refused and none given
// up since the site was last empty. What was given up goes on unseen, so nothing
// after the first of them is calm.
func (a *analysis) calmCells(levels []int32) []bool {
	calm := make([]bool, len(levels))
	faulty := a.faultyCells(len(levels), leadIn)
	past := false
	for c := range levels {
		if at(a.grid.flow.gaveUp, c) > 0 {
			break
		}
		if faulty[c] || at(a.grid.flow.refused, c) > 0 {
			past = true
		} else if levels[c] == 0 {
			past = false
		}
		calm[c] = !past
	}
	return calm
}

// faultyCells are those in which a fault was in force, or was about to be within lead.
func (a *analysis) faultyCells(n int, lead time.Duration) []bool {
	faulty := make([]bool, n)
	for _, f := range a.faults {
		end := a.end
		if f.lifted != nil {
			end = *f.lifted
		}
		for c := a.grid.cell(f.applied - lead); c <= min(a.grid.cell(end), n-1); c++ {
			faulty[c] = true
		}
	}
	return faulty
}

// maxLevel is the most requests in the site that service times are kept apart for.
const maxLevel = 127

// services gathers how long good answers took that came to a calm site, by
// request and by how many others were inside when they came.
type services struct {
	grid   *grid
	levels []int32
	calm   []bool
	sums   [][maxLevel + 1]moments // by request
}

func (a *analysis) newServices() *services {
	levels := a.grid.inside()
	return &services{grid: a.grid, levels: levels, calm: a.calmCells(levels), sums: make([][maxLevel + 1]moments, len(a.manifest.Requests))}
}

func (s *services) add(h *journal.Hit) {
	c := s.grid.cell(h.Sent)
	if h.Class != journal.ClassOK || c >= len(s.calm) || !s.calm[c] || s.levels[c] < 0 || s.levels[c] > maxLevel {
		return
	}
	s.sums[h.Request][s.levels[c]].add(h.Service())
}
