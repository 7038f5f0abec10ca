package diagnose

import (
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// contradicted reports whether the site turned visitors away under a fault on the
// dependency, at no more than the rate of the budget, although its own timeout
// is within what should hold that rate.
func contradicted(run *measure.Run, dependency string, seen *reports.Timeout, b *reports.Budget) bool {
	if b.MaxTimeoutS == nil || seen.Verdict != reports.ByApp || seen.ObservedS == nil || seen.ObservedS.High > 0.97**b.MaxTimeoutS {
		return false
	}
	for _, w := range run.Windows {
		if w.Fault.Dependency != dependency || !w.Fault.UntilLifted() {
			continue
		}
		from, to := run.Cells.Cell(w.Fault.Applied+time.Second), run.Cells.Cell(w.Until)
		lost := measure.SumCells(run.Cells.Flow.Refused, from, to) + measure.SumCells(run.Cells.Flow.GaveUp, from, to)
		sent := measure.SumCells(run.Cells.Flow.Sent, from, to)
		hz := float64(sent) / (w.Until - w.Fault.Applied - time.Second).Seconds()
		if lost > 2 && 50*lost > sent && hz <= 1.05*b.RateHz {
			return true
		}
	}
	return false
}

// heldFor is how many times as long as a call is held a fault must have lasted to
// show that no queue grows.
const heldFor = 4

// heldRates sets the rate that held with each timeout: every request that was sent while
// the fault was in force was answered well, and in its last third there were no
// more requests in the site than in the third before.
func heldRates(run *measure.Run, timeouts []reports.Timeout) {
	for i := range timeouts {
		t, w := &timeouts[i], run.Windows[i]
		if t.Verdict != reports.ByApp || t.ObservedS == nil || w.Fault.Lifted == nil {
			continue
		}
		lasted := w.Until - w.Fault.Applied
		if lasted.Seconds() < heldFor*t.WholeS() || lasted < 3*time.Second {
			continue
		}
		from, to := run.Cells.Cell(w.Fault.Applied), run.Cells.Cell(w.Until)
		third := (to - from) / 3
		before, last := meanIn(run.Cells.InSystem, from+third, from+2*third), meanIn(run.Cells.InSystem, to-third, to)
		if run.Cells.BadIn(from, to) > 0 || last > 1.15*before+0.5 {
			continue
		}
		t.HeldHz = new(float64(measure.SumCells(run.Cells.Flow.Sent, from, to)) / lasted.Seconds())
	}
}

func meanIn(cells []int32, from, to int) float64 {
	return float64(measure.SumCells(cells, from, to)) / float64(max(to-from, 1))
}
