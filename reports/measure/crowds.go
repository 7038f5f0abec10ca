package measure

import (
	"math/bits"
	"slices"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// Crowds are how long good answers took that were sent, and given, while no fault
// was in force and many others were in the site, by how many. On a unix socket
// nobody overtakes; on TCP who was refused a place tries again later, and others
// take it.
type Crowds struct {
	cells  *Cells
	faulty []bool
	from   int32 // the fewest others that make a crowd
	second int   // in cells
	sizes  []*Crowd
}

// Crowd is what came of requests that found about as many others.
type Crowd struct {
	Others int32           // the fewest
	Full   stats.Histogram // how long they took, ns, of those after which the site was no emptier a second later
	Freed  stats.Histogram // of the others, after which places stayed free
}

// newCrowds is nil where there can't be any to learn from: a queue that refuses
// at once is on a unix socket.
func (run *Run) newCrowds() *Crowds {
	if SumCells(run.Cells.Flow.Refused, 0, len(run.Cells.Flow.Refused)) > 0 {
		return nil
	}
	// A turn is a second away, or more, only behind as many as are served in one.
	from := max(int32(run.BusiestSecond()/2), 2)
	if slices.Max(run.Cells.InSystem) < from {
		return nil
	}
	return &Crowds{cells: run.Cells, faulty: run.FaultyCells(0), from: from, second: run.Cells.PerSecond()}
}

func (w *Crowds) add(h *journal.Hit) {
	if h.Class != journal.ClassOK {
		return
	}
	levels, sent := w.cells.InSystem, w.cells.Cell(h.Sent)
	if sent >= len(w.faulty) || w.faulty[sent] || levels[sent] < w.from {
		return
	}
	if done := w.cells.Cell(h.Done); done >= len(w.faulty) || w.faulty[done] {
		return
	}
	i, others := crowdSize(levels[sent])
	if i >= len(w.sizes) {
		w.sizes = append(w.sizes, make([]*Crowd, i+1-len(w.sizes))...)
	}
	if w.sizes[i] == nil {
		w.sizes[i] = &Crowd{Others: others}
	}
	if later := min(sent+w.second, len(levels)-1); levels[later] >= levels[sent] {
		w.sizes[i].Full.Add(int64(h.Service()))
	} else {
		w.sizes[i].Freed.Add(int64(h.Service()))
	}
}

// crowdSize returns in which size of crowd a number of others is, and the least
// of that size: each number below 128 for itself, then 64 sizes an octave.
func crowdSize(others int32) (i int, least int32) {
	shift := max(bits.Len32(uint32(others))-7, 0)
	return shift<<6 + int(others>>shift), others >> shift << shift
}

// Each calls f with each crowd, the smallest first.
func (w *Crowds) Each(f func(c *Crowd)) {
	if w == nil {
		return
	}
	for _, c := range w.sizes {
		if c != nil {
			f(c)
		}
	}
}
