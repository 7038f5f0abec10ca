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

// HeldCalls puts together what the connections that a fault was in force on
// have waited. A connection that idles is no call.
func (run *Run) HeldCalls() *HeldCalls {
	cells := len(run.Cells.InSystem)
	h := &HeldCalls{Waiting: make([]int32, cells), Begun: make([]int32, cells)}
	change := make([]int32, cells+1)
	for _, c := range run.Events.closed {
		if c.Fault == nil || c.HeldNS == nil {
			continue
		}
		f := run.faultOf(*c.Fault)
		if f == nil {
			continue
		}
		end := time.Duration(c.ClosedNS)
		if f.Lifted != nil {
			end = min(end, *f.Lifted)
		}
		begin := max(end-time.Duration(*c.HeldNS), time.Duration(c.OpenedNS))
		from, to := run.Cells.Cell(begin), run.Cells.Cell(end)
		if from >= cells {
			continue
		}
		h.N++
		h.Begun[from]++
		change[from]++
		change[min(to, cells)]--
	}
	var level int32
	for c := range h.Waiting {
		level += change[c]
		h.Waiting[c] = level
	}
	return h
}

func (run *Run) faultOf(index int) *Fault {
	for _, f := range run.Faults {
		if f.Index == index {
			return f
		}
	}
	return nil
}
