package reports

import (
	"math/bits"
	"slices"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// crowds are how long good answers took that were sent, and given, while no fault
// was in force and many others were in the site, by how many. On a unix socket
// nobody overtakes; on TCP who was refused a place tries again later, and others
// take it.
type crowds struct {
	cells  *cells
	faulty []bool
	from   int32 // the fewest others that make a crowd
	sizes  []*crowd
}

// crowd is what came of requests that found about as many others.
type crowd struct {
	others int32           // the fewest
	took   stats.Histogram // ns
	full   stats.Histogram // ns, of those after which the site was no emptier a second later
}

// newCrowds is nil where there can't be any to learn from: a queue that refuses
// at once is on a unix socket.
func (a *run) newCrowds() *crowds {
	if sumCells(a.cells.flow.refused, 0, len(a.cells.flow.refused)) > 0 {
		return nil
	}
	// A turn is a second away, or more, only behind as many as are served in one.
	from := max(int32(a.busiestSecond()/2), 2)
	if slices.Max(a.cells.inSystem) < from {
		return nil
	}
	return &crowds{cells: a.cells, faulty: a.faultyCells(0), from: from}
}

func (w *crowds) add(h *journal.Hit) {
	if h.Class != journal.ClassOK {
		return
	}
	sent, done := w.cells.cell(h.Sent), w.cells.cell(h.Done)
	if sent >= len(w.faulty) || done >= len(w.faulty) || w.faulty[sent] || w.faulty[done] {
		return
	}
	levels := w.cells.inSystem
	if levels[sent] < w.from {
		return
	}
	i, others := crowdSize(levels[sent])
	if i >= len(w.sizes) {
		w.sizes = append(w.sizes, make([]*crowd, i+1-len(w.sizes))...)
	}
	if w.sizes[i] == nil {
		w.sizes[i] = &crowd{others: others}
	}
	w.sizes[i].took.Add(int64(h.Service()))
	if later := min(sent+w.cells.perSecond(), len(levels)-1); levels[later] >= levels[sent] { // or places stay free
		w.sizes[i].full.Add(int64(h.Service()))
	}
}

// crowdSize returns in which size of crowd a number of others is, and the least
// of that size: each number below 128 for itself, then 64 sizes an octave.
func crowdSize(others int32) (i int, least int32) {
	shift := max(bits.Len32(uint32(others))-7, 0)
	return shift<<6 + int(others>>shift), others >> shift << shift
}

// each calls f with each crowd, the smallest first.
func (w *crowds) each(f func(c *crowd)) {
	if w == nil {
		return
	}
	for _, c := range w.sizes {
		if c != nil {
			f(c)
		}
	}
}
