package measure

import (
	"github.com/tailback/tailback/reports/journal"
)

// Queued gathers how long good answers took, by request and by how many others
// were inside when they came, while no fault was in force and before anybody gave up:
// also of those that met a queue. In one queue before the workers all wait alike.
type Queued struct {
	cells *Cells
	out   []bool                  // of account
	Sums  [][MaxLevel + 1]Moments // by request
}

// newQueued is nil where there is one kind of request: then there is nothing to compare.
func (run *Run) newQueued() *Queued {
	n := len(run.Manifest.Requests)
	if n < 2 {
		return nil
	}
	return &Queued{cells: run.Cells, out: run.besideFaults(), Sums: make([][MaxLevel + 1]Moments, n)}
}

func (q *Queued) add(h *journal.Hit) {
	if h.Class != journal.ClassOK {
		return
	}
	sent, done := q.cells.Cell(h.Sent), q.cells.Cell(h.Done)
	if done >= len(q.out) || q.out[sent] || q.out[done] {
		return
	}
	if level := q.cells.InSystem[sent]; 0 <= level && level <= MaxLevel {
		q.Sums[h.Request][level].add(h.Service())
	}
}
