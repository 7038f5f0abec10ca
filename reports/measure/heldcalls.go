package measure

import (
	"time"
)

// HeldCalls counts, in cells of the grid, the calls to dependencies that waited
// because of a fault: at the start of each cell, and begun in it.
type HeldCalls struct {
	Waiting []int32
	Begun   []int32
	N       int64
}

// HeldCalls puts together the waits that faults have caused, each up to the
// lifting of its fault. A connection that idles is no call.
func (run *Run) HeldCalls() *HeldCalls {
	cells := len(run.Cells.InSystem)
	h := &HeldCalls{Waiting: make([]int32, cells), Begun: make([]int32, cells)}
	change := make([]int32, cells+1)
	for _, f := range run.Faults {
		for _, w := range run.Events.waits[f.Index] {
			begin, end := time.Duration(w.BeganNS), time.Duration(w.EndedNS)
			if f.Lifted != nil {
				end = min(end, *f.Lifted)
			}
			from, to := run.Cells.Cell(begin), run.Cells.Cell(end)
			if from >= cells || begin > end { // it began while the fault was being lifted
				continue
			}
			h.N++
			h.Begun[from]++
			change[from]++
			change[min(to, cells)]--
		}
	}
	var level int32
	for c := range h.Waiting {
		level += change[c]
		h.Waiting[c] = level
	}
	return h
}

// MostWaiting is how many calls to the dependency of a fault waited at once, at most,
// by what was counted once a second while it was in force: those under way when a run was
// killed are among them, which have no end in its record.
func (run *Run) MostWaiting(f *Fault) (most int64) {
	for _, u := range run.Events.usesOf(f.Dependency) {
		if u.from >= f.Applied && (f.Lifted == nil || u.To <= *f.Lifted) {
			most = max(most, u.Waiting)
		}
	}
	return most
}
