package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// fromResponses tells a timeout from the answers to visitors: a connect that is
// not taken leaves no trace in the proxy, and some proxies leave none at all.
func fromResponses(run *measure.Run, t *reports.Timeout, w *measure.FaultWindow, d reports.Dependency) {
	t.N = 0
	longest := longest(w)
	t.HorizonS = min(longest, w.Until-w.Fault.Applied).Seconds()
	// What connects meet leaves no trace in some proxies; any other fault that met
	// nothing is not why an answer was slow.
	if !w.Fault.Exercised() && (w.First == 0 || !w.Fault.OnConnect() && !w.Fault.Uncounted) {
		t.Why = "the fault touched no request"
		return
	}
	if run.Usual.Most() == 0 {
		t.Why = "no good answer came before the first fault, to tell a timeout from the page's own time"
		return
	}
	values := w.App.Values()
	group := leading(unqueued(w))
	if len(group) < 3 {
		group = common(values)
	}
	switch {
	case len(group) >= 3:
		t.Source, t.Verdict, t.N = "response", reports.ByApp, int64(len(group))
		t.ObservedS = limitBehind(run, group, len(values), d)
	case len(values) > 0:
		t.Why = fmt.Sprintf("%s took longer than usual, at no common time", words.Number(int64(len(values)), "answer"))
	case w.GaveUp == (measure.Visitors{}) && w.Late == 0:
		t.Why = "no answer was slower than usual"
	case t.HorizonS < shortWatch.Seconds():
		t.Why = fmt.Sprintf("visitors waited for %s only", words.Held(t.HorizonS))
	default:
		t.Verdict = reports.ByNobody
	}
}

// leading are the first of the times, sorted, as many in a row as may come from one
// limit: who came first found a free worker. Others waited for these as well, or called nobody and
// only waited, and may, where all workers are let go at once, have common times of their own.
func leading(times []time.Duration) []time.Duration {
	n := 0
	for n < len(times) && sameTime(min(times[n], times[0]), max(times[n], times[0])) {
		n++
	}
	return slices.Sorted(slices.Values(times[:n]))
}

// common are most of the times, if they may come from one limit and no more than one is
// shorter: where several are, these have queued.
func common(times []time.Duration) []time.Duration {
	group, others := densest(times)
	faster := slices.IndexFunc(append(others, group...), func(d time.Duration) bool { return d >= group[0] })
	if 10*len(group) < 6*len(times) || faster > 1 {
		return nil
	}
	return group
}

// longest is the longest wait of a visitor that was seen, or all of the fault
// when an answer came only after it.
func longest(w *measure.FaultWindow) time.Duration {
	if w.Late > 0 {
		return w.Until - w.Fault.Applied
	}
	var longest time.Duration
	for _, list := range []measure.Early{w.App, w.Others} {
		for _, v := range list.Values() {
			longest = max(longest, v)
		}
	}
	return longest
}

// unqueued are the values of the answers that were due before the first slow
// one was given: no worker that had waited was free to take them later.
func unqueued(w *measure.FaultWindow) []time.Duration {
	var list []time.Duration
	for _, s := range w.App.Sorted() {
		if s.Due < w.First {
			list = append(list, s.Value)
		}
	}
	return list
}

// limitBehind is the timeout behind answers that took so much longer than
// usual. The usual time has the dependency's own in it, which was not spent: these
// are requests that call, if only once, however few of the mix do.
func limitBehind(run *measure.Run, group []time.Duration, of int, d reports.Dependency) *reports.Estimate {
	e := limitOf(group, fmt.Sprintf("%d of the %d slow answers, less the page's usual %s; several tries would look like one",
		len(group), of, words.Span(run.Usual.Most().Seconds())))
	if d.HeldMeanS != nil {
		calls := 1.0 // at least, of those that waited
		if d.CallsPerHit != nil {
			calls = max(*d.CallsPerHit, 1)
		}
		own := *d.HeldMeanS * calls
		e.Value, e.Low, e.High = e.Value+own, e.Low+own, e.High+own
	}
	e.Low, e.High = e.Low-0.02*e.Value, e.High+0.02*e.Value
	return e
}
