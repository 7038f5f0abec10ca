package diagnose

import (
	"fmt"
	"math"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// hangWindow is one fault as the estimators look at it: cells [from, to) of what
// was inside, of calls held, and of answers.
type hangWindow struct {
	from, to int
	levels   []int32
	held     *measure.HeldCalls
	flow     *measure.Flow
	served   []int32 // flow.Served, or what is left of it without the requests that took no worker
	need     int     // cells without an answer that show that no worker is free
	unseen   int     // from this cell on workers may serve requests that were given up, whose end nobody sees
	blind    int     // need from there on
	// queued: those inside are in a queue, or at a worker. On TCP they may be
	// waiting to connect again.
	queued bool
	fresh  int32 // requests that must come to show that no worker is free
	second float64
}

func hangWindowOf(run *measure.Run, f *measure.Fault, held *measure.HeldCalls, longest, calls float64) hangWindow {
	levels := run.Cells.InSystem
	end := run.End
	if f.Lifted != nil {
		end = *f.Lifted
	}
	second := float64(run.Cells.Width) / float64(time.Second)
	need := int((1.2*longest + 0.02) / second)
	return hangWindow{
		from: run.Cells.Cell(f.Applied), to: min(run.Cells.Cell(end), len(levels)),
		levels: levels, held: held, flow: &run.Cells.Flow, served: run.Cells.Flow.Served, second: second,
		need: need, unseen: run.Cells.FirstGiveUp(), blind: int(float64(need) * silent(calls*f.Share)), fresh: int32(math.Ceil(silent(calls*f.Share))) + 1,
	}
}

// silent is how many requests in a row must have called nobody to show, at 2%,
// that none was served: (1-p)^n.
func silent(calls float64) float64 {
	if calls >= 0.98 {
		return 1
	}
	return max(math.Log(0.02)/math.Log(1-max(calls, 0.01)), 1)
}

// beyond reports whether for a thirtieth of a second in all more calls waited than
// requests were inside: each call of a page that calls once belongs to one. What
// was given up is inside unseen, so only before that.
func (w *hangWindow) beyond() bool {
	n := 0
	for c := w.from; c < w.to && measure.At(w.flow.GaveUp, c) == 0; c++ {
		if w.held.Waiting[c] > max(w.levels[c], measure.At(w.levels, c+1)) {
			n++
		}
	}
	return float64(n)*w.second >= 1.0/30
}

// fewApart is how many answers show that a request is served while calls stand still.
const fewApart = 3

// apart finds the requests that were answered while as many calls as ever waited,
// none of them began or ended, and others queued: had these calls held all
// workers, no worker could have answered. nil is none.
func (w *hangWindow) apart(cells *measure.Cells, peak int32) []bool {
	var still []measure.Stretch
	since := -1
	for c := w.from; c <= w.to; c++ {
		stands := c < w.to && c < w.unseen && w.held.Waiting[c] == peak && w.held.Begun[c] == 0 && w.levels[c] > peak
		if stands && since < 0 {
			since = c
		}
		if !stands && since >= 0 {
			if c-since > w.need {
				still = append(still, measure.Stretch{From: since + w.need, To: c})
			}
			since = -1
		}
	}
	var apart []bool
	for r, n := range cells.ServedMix(still) {
		if n >= fewApart {
			if apart == nil {
				apart = make([]bool, len(cells.ServedMix(nil)))
			}
			apart[r] = true
		}
	}
	return apart
}

// plateau reports whether n calls waited for long enough while more requests
// than those were inside, and none was answered: a free worker would have taken
// one of these, and have called or answered within its service time.
func (w *hangWindow) plateau(n int32) bool {
	run, came := 0, int32(0)
	for c := w.from; c < w.to; c++ {
		if w.held.Waiting[c] != n || w.levels[c] <= n || measure.At(w.served, c) > 0 {
			run, came = 0, 0
			continue
		}
		came += measure.At(w.flow.Sent, c)
		if run++; run >= w.need && (c < w.unseen || run >= w.blind) && (w.queued || came >= w.fresh) {
			return true
		}
	}
	return false
}

// grewFrom is the first number of calls that waited alone, with requests queued
// behind, when later more waited and no request had been answered in between:
// the pool started workers. 0 when it did not.
func (w *hangWindow) grewFrom(peak int32) int32 {
	need := max(w.need, int(0.6/w.second))
	run, first := 0, int32(0)
	for c := w.from; c < min(w.to, w.unseen); c++ {
		n := w.held.Waiting[c]
		if n == peak {
			return first
		}
		if measure.At(w.served, c) > 0 {
			run, first = 0, 0
			continue
		}
		if c == w.from || n != w.held.Waiting[c-1] || w.levels[c] <= n {
			run = 0
		}
		if run++; run >= need && n > 0 && first == 0 {
			first = n
		}
	}
	return 0
}

// average counts busy workers while requests queued: those whose calls waited,
// and, by Little's law, answers per second times own work. A timeout that is
// short lets calls end before all workers are in one.
func (w *hangWindow) average(peak int32, own ownTime) *reports.Estimate {
	var cells, served, inside, waiting, begun int64
	run := 0
	for c := w.from; c < w.to; c++ {
		if w.levels[c] <= peak {
			run = 0
			continue
		}
		if run++; run <= w.need {
			continue // it may be busy with its own work
		}
		cells++
		served += int64(measure.At(w.served, c))
		inside += int64(w.levels[c])
		waiting += int64(w.held.Waiting[c])
		begun += int64(w.held.Begun[c])
	}
	seconds := float64(cells) * w.second
	if seconds < 1 || own.work <= 0 {
		return nil
	}
	rate := float64(served) / seconds
	working := rate * own.work
	calls := min(rate*own.calls, float64(begun)/seconds) // a circuit breaker lets fewer through
	if more := rate*own.service + calls*own.extra - float64(waiting)/float64(cells); own.extra > 0 && more > 1.25*working+0.5 {
		working = more // between calls, and after them
	}
	busy := float64(waiting)/float64(cells) + working
	if float64(inside)/float64(cells) < busy+0.5 {
		return nil
	}
	// Workers are whole, and at least as many as were seen to wait at once.
	off, least := 0.03*busy+0.3*working, float64(peak)
	if busy+off < least-1 { // then not all that waited were workers
		return nil
	}
	off = max(off, 0.75)
	return &reports.Estimate{
		Value: max(math.Round(busy), least), Low: max(math.Ceil(busy-off), least), High: max(math.Floor(busy+off), math.Round(busy), least), Kind: reports.CountedWorkers,
		From: fmt.Sprintf("%.1f calls waited on average while requests queued, and %.1f workers did other work", float64(waiting)/float64(cells), working),
	}
}
