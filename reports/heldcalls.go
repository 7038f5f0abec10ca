package reports

import (
	"time"
)

// heldCalls counts, in cells of the grid, the calls to dependencies that waited
// because of a fault: at the start of each cell, and begun in it.
type heldCalls struct {
	waiting []int32
	begun   []int32
	n       int64
}

// heldCalls puts together what the connections that a fault was in force on
// have waited. A connection that idles is no call.
func (a *run) heldCalls() *heldCalls {
	cells := len(a.cells.inSystem)
	h := &heldCalls{waiting: make([]int32, cells), begun: make([]int32, cells)}
	change := make([]int32, cells+1)
	for _, c := range a.events.closed {
		if c.Fault == nil || c.HeldNS == nil {
			continue
		}
		f := a.faultOf(*c.Fault)
		if f == nil {
			continue
		}
		end := time.Duration(c.ClosedNS)
		if f.lifted != nil {
			end = min(end, *f.lifted)
		}
		begin := max(end-time.Duration(*c.HeldNS), time.Duration(c.OpenedNS))
		from, to := a.cells.cell(begin), a.cells.cell(end)
		if from >= cells {
			continue
		}
		h.n++
		h.begun[from]++
		change[from]++
		change[min(to, cells)]--
	}
	var level int32
	for c := range h.waiting {
		level += change[c]
		h.waiting[c] = level
	}
	return h
}

func (a *run) faultOf(index int) *playedFault {
	for _, f := range a.faults {
		if f.Index == index {
			return f
		}
	}
	return nil
}
