package claims

import (
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// Tested are the claims of a report that the record of its run does not contradict.
// A budget whose promise it contradicts is taken back.
func Tested(run *measure.Run, r *reports.Report) []reports.Claim {
	for _, c := range List(r) {
		if c.Kind == reports.TimeoutHolds && contradicted(run, r, &c) {
			r.BudgetOf(c.Dependency).Withdraw("the site was overrun in this run with a timeout that should hold the rate: something else than these calls took the workers")
		}
	}
	return slices.DeleteFunc(List(r), func(c reports.Claim) bool { return contradicted(run, r, &c) })
}

// contradicted holds a claim against what was counted in the run, whatever it was
// worked out from. What a site would do, and did not, the record can't contradict,
// unless it has just failed at it.
func contradicted(run *measure.Run, r *reports.Report, c *reports.Claim) bool {
	switch c.Kind {
	case reports.AllWaited, reports.MostWaited:
		return !crowdedBefore(run, seconds(*c.AtS), *c.Workers)
	case reports.NoFaultToBlame:
		return allWaited(run, r, seconds(*c.AtS))
	case reports.WellAgain:
		from := seconds(*c.AtS + *c.AfterS)
		return turnedAway(run, from, from+wellFor) > 0 || stillQueued(run, seconds(*c.AtS), from+time.Second)
	case reports.TimeoutHeld:
		return lostUnder(run, c.Dependency) > measure.Few
	case reports.TimeoutHolds:
		return failedWith(run, r, c)
	case reports.WorkersCarry:
		return float64(*c.Workers) <= r.Pool.Workers.Low // they have just failed at it
	}
	return false
}

func seconds(s float64) time.Duration {
	return time.Duration(math.Round(s * float64(time.Second)))
}

// before is over how much of the time before an error what led to it is looked at.
const before = time.Second

// crowdedBefore reports whether so many requests were inside at once before t, as
// must be where so many workers wait.
func crowdedBefore(run *measure.Run, t time.Duration, workers int) bool {
	for c := run.Cells.Cell(t - before); c <= run.Cells.Cell(t); c++ {
		if int(measure.At(run.Cells.InSystem, c)) >= workers {
			return true
		}
	}
	return false
}

// allWaited reports whether before t all workers waited, on average, for the
// dependency of a fault in force: then it has something to do with it.
func allWaited(run *measure.Run, r *reports.Report, t time.Duration) bool {
	w := r.Pool.Counted()
	if w == nil {
		return false
	}
	for _, f := range run.Faults {
		if !f.UntilLifted() || f.Applied > t-before || f.Lifted != nil && *f.Lifted < t {
			continue
		}
		if held, ok := run.HeldBy(f, t-before, t); ok && held >= w.Value-0.5 {
			return true
		}
	}
	return false
}

// wellFor is how long nobody may be turned away where a site is well again.
const wellFor = 2 * time.Second

// stillQueued reports whether from t on, for a fifth of a second, more requests were inside
// all the time than ever in the seconds before the fault that was lifted then: what waits
// for workers may be few among many files.
func stillQueued(run *measure.Run, lifted, t time.Duration) bool {
	i := slices.IndexFunc(run.Faults, func(f *measure.Fault) bool { return f.Lifted != nil && *f.Lifted == lifted })
	if i < 0 || t+time.Second > run.End {
		return false
	}
	usual, least := int32(0), int32(math.MaxInt32)
	applied := run.Faults[i].Applied
	for c := run.Cells.Cell(max(applied-usualFor, 0)); c < run.Cells.Cell(applied); c++ {
		usual = max(usual, measure.At(run.Cells.InSystem, c))
	}
	for c := run.Cells.Cell(t); c < run.Cells.Cell(t+time.Second/5); c++ {
		least = min(least, measure.At(run.Cells.InSystem, c))
	}
	return least > usual
}

// usualFor is how long before a fault is looked at for what is usual.
const usualFor = 5 * time.Second

// turnedAway counts who was refused or given up on in [from, to).
func turnedAway(run *measure.Run, from, to time.Duration) int64 {
	a, b := run.Cells.Cell(from), run.Cells.Cell(to)
	return measure.SumCells(run.Cells.Flow.Refused, a, b) + measure.SumCells(run.Cells.Flow.GaveUp, a, b)
}

// lostUnder counts who was turned away while faults on a dependency held its calls.
func lostUnder(run *measure.Run, dependency string) (n int64) {
	for _, w := range run.Windows {
		if w.Fault.Dependency == dependency && w.Fault.UntilLifted() && w.Fault.Lifted != nil {
			n = max(n, turnedAway(run, w.Fault.Applied, w.Until))
		}
	}
	return n
}

// failedWith reports whether the site turned visitors away under a fault that held
// its calls, at no higher a rate, although its own timeout is clearly within what is
// claimed to hold.
func failedWith(run *measure.Run, r *reports.Report, c *reports.Claim) bool {
	t := reports.TimeoutOn(r.Timeouts, c.Dependency)
	if t == nil || t.Verdict != reports.ByApp || t.ObservedS == nil || t.ObservedS.High > clearly**c.TimeoutS {
		return false
	}
	return slices.ContainsFunc(run.Windows, func(w *measure.FaultWindow) bool {
		if w.Fault.Dependency != c.Dependency || !w.Fault.UntilLifted() {
			return false
		}
		from := w.Fault.Applied + settling
		lost, sent := turnedAway(run, from, w.Until), measure.SumCells(run.Cells.Flow.Sent, run.Cells.Cell(from), run.Cells.Cell(w.Until))
		return lost >= measure.Few && fewLost*lost > sent && float64(sent)/(w.Until-from).Seconds() <= 1.05**c.RateHz
	})
}

const (
	// clearly is how much shorter a timeout must be than one that holds to be clearly within it.
	clearly = 0.97
	// settling is how long after a fault began what is lost counts.
	settling = time.Second
	// fewLost is of how many requests one may be lost and the rate be held.
	fewLost = 50
)
