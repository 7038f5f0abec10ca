package diagnose

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// workersFit is the number of workers as the calls show it that they held.
type workersFit struct {
	estimate *reports.Estimate
	why      string // when nil
	peak     int32  // the most calls that waited at one moment
	grewFrom int32  // the plateau before, when the pool was seen to grow; else 0
	// beyond: more calls waited than there were requests of this run in the site, so
	// that a call is no worker of its own, or others use the pool or the dependency.
	beyond bool
	// apart are the requests that were answered while calls stood still and others
	// queued, by number; nil is none.
	apart []bool
}

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

// ownTime is what a request holds a worker for, by the mean of the mix, seconds.
type ownTime struct {
	work    float64 // apart from the dependencies
	service float64 // with them, when all is well
	calls   float64 // that it makes
	extra   float64 // what one that calls takes longer under the fault, where it found a free worker; 0 is not known
}

// extraUnder is how much longer than usual good answers took under a fault whose
// request found fewer others than calls ever waited at once, and so a free worker.
func extraUnder(run *measure.Run, f *measure.Fault, w *hangWindow) float64 {
	peak := int32(0)
	for c := w.from; c < w.to; c++ {
		peak = max(peak, w.held.Waiting[c])
	}
	for _, window := range run.Windows {
		if window.Fault != f || len(window.Given) < fewGiven { // else what took longer is the dependency
			continue
		}
		if e := heldInAll(run, window, peak, slowFrom); e != nil {
			return e.Value
		}
		// Those that queued took longer than those that found a free worker.
		if all := unqueued(window); len(all) > 0 {
			if group := lowest(all, 3); len(group) > 0 && group[0] == slices.Min(all) {
				return middleOf(group).Seconds()
			}
		}
	}
	return 0
}

// fewGiven is how many calls the site must have given up to show what follows that.
const fewGiven = 3

// slowFrom is from how many seconds more on an answer waited for the call.
const slowFrom = 0.1

// longestWork is how long a request may hold a worker before it calls, in
// seconds, when service times are not known.
const longestWork = 1.0

// workersFromCalls takes the plateau of calls held as the number of workers
// when it was the pool that bounded it. longest is the most seconds that a request
// may hold a worker apart from the call; calls
// how many a request makes; queued whether all that are inside are known to be
// in the queue or at a worker.
func workersFromCalls(run *measure.Run, held *measure.HeldCalls, own ownTime, longest, calls float64, queued bool) workersFit {
	if held.N == 0 {
		return workersFit{why: "no call to a dependency was held"}
	}
	var best workersFit
	for _, f := range run.Faults {
		w := hangWindowOf(run, f, held, longest, calls)
		w.queued = queued
		own.extra = extraUnder(run, f, &w)
		one := w.fit(run.Cells, own)
		if one.peak == 0 {
			continue
		}
		one.beyond = one.beyond || best.beyond
		if better(one, best) {
			best = one
		} else {
			best.beyond = one.beyond
		}
	}
	best.doubt(run.Manifest.Requests, queued)
	return best
}

// doubt takes the estimate back where something else than the number of workers
// explains as well how many calls waited.
func (w *workersFit) doubt(requests []string, full bool) {
	switch {
	case w.estimate == nil && !w.beyond:
	case w.beyond:
		w.estimate = nil
		w.why = fmt.Sprintf("%d calls waited at once, at times more than this run had requests in the site: pages call several times at once, or others than this run use the site or the dependency", w.peak)
	case w.apart != nil && !full:
		w.estimate = nil
		w.why = fmt.Sprintf("%d calls waited at once and other requests queued, but %s was answered meanwhile: either it takes no worker, or the site lets only so many call at once (a connection pool)",
			w.peak, words.Join(marked(requests, w.apart)))
	case w.estimate.High < 1.5:
		w.estimate = nil
		w.why = "only one call waited at a time: one worker, or requests that wait for each other, as those of one PHP session do"
	}
}

// marked are the names that are marked.
func marked(names []string, marks []bool) (list []string) {
	for i, name := range names {
		if marks[i] {
			list = append(list, name)
		}
	}
	return list
}

// better prefers what tells a number, then an exact one, then the larger.
func better(x, y workersFit) bool {
	if (x.estimate == nil) != (y.estimate == nil) {
		return x.estimate != nil
	}
	if x.estimate != nil && x.exact() != y.exact() {
		return x.exact()
	}
	return x.peak > y.peak
}

func (w workersFit) exact() bool { return w.estimate != nil && w.estimate.Low == w.estimate.High }

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

func (w *hangWindow) fit(cells *measure.Cells, own ownTime) workersFit {
	fit := workersFit{}
	for c := w.from; c < w.to; c++ {
		fit.peak = max(fit.peak, w.held.Waiting[c])
	}
	if fit.peak == 0 {
		return fit
	}
	fit.beyond = w.beyond()
	if fit.apart = w.apart(cells, fit.peak); fit.apart != nil {
		w.served = cells.ServedBut(fit.apart)
	}
	if w.plateau(fit.peak) {
		n := float64(fit.peak)
		fit.estimate = &reports.Estimate{Value: n, Low: n, High: n, Kind: reports.CountedWorkers,
			From: fmt.Sprintf("%d calls waited at once while further requests queued behind them", fit.peak)}
		fit.grewFrom = w.grewFrom(fit.peak)
		return fit
	}
	fit.estimate = w.average(fit.peak, own)
	if fit.estimate == nil {
		fit.why = fmt.Sprintf("at least %d, which waited at once; it was not seen that a request had to wait for a free worker", fit.peak)
	}
	return fit
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
	var cells, served, inside, waiting int64
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
	}
	seconds := float64(cells) * w.second
	if seconds < 1 || own.work <= 0 {
		return nil
	}
	rate := float64(served) / seconds
	working := rate * own.work
	if more := rate*(own.service+own.calls*own.extra) - float64(waiting)/float64(cells); own.extra > 0 && more > 1.25*working+0.5 {
		working = more // between calls, and after them
	}
	busy := float64(waiting)/float64(cells) + working
	if float64(inside)/float64(cells) < busy+0.5 {
		return nil
	}
	// Workers are whole, and at least as many as were seen to wait at once.
	off, least := 0.03*busy+0.2*working, float64(peak)
	return &reports.Estimate{
		Value: max(math.Round(busy), least), Low: max(math.Ceil(busy-off), least), High: max(math.Floor(busy+off), math.Round(busy), least), Kind: reports.CountedWorkers,
		From: fmt.Sprintf("%.1f calls waited on average while requests queued, and %.1f workers did other work", float64(waiting)/float64(cells), working),
	}
}
