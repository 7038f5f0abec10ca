package diagnose

import (
	"fmt"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// workersFit is the number of workers as the calls show it that they held.
type workersFit struct {
	estimate *reports.Estimate
	averaged bool   // it is the average of those that waited and those at other work
	why      string // when nil
	peak     int32  // the most calls that waited at one moment
	grewFrom int32  // the plateau before, when the pool was seen to grow; else 0
	// beyond: more calls waited than there were requests of this run in the site, so
	// that a call is no worker of its own, or others use the pool or the dependency.
	beyond bool
	// apart are the requests that were answered while calls stood still and others
	// queued, by number; nil is none.
	apart []bool
	// oneQueue: these were refused like the others, so that all have one queue and
	// the same workers before it.
	oneQueue bool
}

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
		own := own.amid(run, w.from, w.to)
		own.extra = extraUnder(run, f, &w)
		one := w.fit(run.Cells, own)
		if one.peak == 0 {
			continue
		}
		if measure.Outcome(run.Manifest) == reports.OutcomeKilled {
			one.unended(run.MostWaiting(f))
		}
		one.oneQueue = refusedLikeOthers(run, f, one.apart)
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

// unended makes of workers that were counted by the calls that ended as many as calls
// waited in all: the record of a run that was killed lacks the end of those under way.
func (w *workersFit) unended(waiting int64) {
	if e, most := w.estimate, float64(waiting); e != nil && most > e.High {
		e.Value, e.High = most, most
		e.From += fmt.Sprintf("; %s were counted in all, some of which were under way when the run was killed", words.Number(waiting, "call"))
	}
}

// refusedLikeOthers reports whether under a fault requests that are apart were
// refused at once as those were that call, by half their share of the traffic at least.
func refusedLikeOthers(run *measure.Run, f *measure.Fault, apart []bool) bool {
	if apart == nil {
		return false
	}
	sent := run.Traffic.SentByRequest()
	var all, mine, refused, mineRefused int64
	for r, n := range sent {
		all += n
		if apart[r] {
			mine += n
		}
	}
	for _, o := range run.Onsets {
		if o.Kind != measure.Refused502 || o.Fault != f.Index {
			continue
		}
		for r, n := range o.Seen.Requests {
			refused += n
			if apart[r] {
				mineRefused += n
			}
		}
	}
	return mineRefused >= fewApart && 2*float64(mineRefused)*float64(all) > float64(mine)*float64(refused)
}

// doubt takes the estimate back where something else than the number of workers
// explains as well how many calls waited.
func (w *workersFit) doubt(requests []string, full bool) {
	switch {
	case w.estimate == nil && !w.beyond:
	case w.beyond:
		w.estimate = nil
		w.why = fmt.Sprintf("%s waited at once, at times more than this run had requests in the site: pages call several times at once, or others than this run use the site or the dependency", words.Number(int64(w.peak), "call"))
	case w.apart != nil && !full:
		w.estimate = nil
		w.why = fmt.Sprintf("%s waited at once and other requests queued, but %s was answered meanwhile: either it takes no worker, or the site lets only so many call at once (a connection pool)",
			words.Number(int64(w.peak), "call"), words.Join(marked(requests, w.apart)))
	case w.estimate.High < 1.5:
		w.estimate = nil
		w.why = "only one call waited at a time: " + oneAtATime
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
			From: fmt.Sprintf("%s waited at once while further requests queued behind them", words.Number(int64(fit.peak), "call"))}
		fit.grewFrom = w.grewFrom(fit.peak)
		return fit
	}
	fit.estimate = w.average(fit.peak, own)
	fit.averaged = fit.estimate != nil
	if fit.estimate == nil {
		fit.why = fmt.Sprintf("at least %d, which waited at once; it was not seen that a request had to wait for a free worker", fit.peak)
	}
	return fit
}
