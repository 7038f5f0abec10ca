package reports

import (
	"fmt"
	"time"
)

// fromResponses tells a timeout from the answers to visitors: a connect that is
// not taken leaves no trace in the proxy, and some proxies leave none at all.
func (a *run) fromResponses(t *Timeout, w *faultWindow, d Dependency) {
	t.N = 0
	longest := w.longest()
	t.HorizonS = min(longest, w.until-w.fault.applied).Seconds()
	if !w.fault.exercised() && w.first == 0 {
		t.Why = "the fault touched no request"
		return
	}
	if a.usual.most() == 0 {
		t.Why = "no good answer came before the first fault, to tell a timeout from the page's own time"
		return
	}
	values := w.app.values()
	group, _ := densest(values)
	if 10*len(group) < 6*len(values) { // a queue blurs them; those that found a free worker are exact
		group = lowest(w.unqueued(), 3)
	}
	switch {
	case len(group) >= 3:
		t.Source, t.Verdict, t.N = "response", byApp, int64(len(group))
		t.ObservedS = a.limitBehind(group, len(values), d)
	case len(values) > 0:
		t.Why = fmt.Sprintf("%s took longer than usual, at no common time", number(int64(len(values)), "answer"))
	case w.gaveUp == (visitors{}) && w.late == 0:
		t.Why = "no answer was slower than usual"
	case t.HorizonS < shortWatch.Seconds():
		t.Why = fmt.Sprintf("visitors waited for %s only", span(t.HorizonS))
	default:
		t.Verdict = byNobody
	}
}

// longest is the longest wait of a visitor that was seen, or all of the fault
// when an answer came only after it.
func (w *faultWindow) longest() time.Duration {
	if w.late > 0 {
		return w.until - w.fault.applied
	}
	var longest time.Duration
	for _, list := range []early{w.app, w.others} {
		for _, v := range list.values() {
			longest = max(longest, v)
		}
	}
	return longest
}

// unqueued are the values of the answers that were due before the first slow
// one was given: no worker that had waited was free to take them later.
func (w *faultWindow) unqueued() []time.Duration {
	var list []time.Duration
	for _, s := range w.app.sorted() {
		if s.due < w.first {
			list = append(list, s.value)
		}
	}
	return list
}

// limitBehind is the timeout behind answers that took so much longer than
// usual. The usual time has the dependency's own in it, which was not spent.
func (a *run) limitBehind(group []time.Duration, of int, d Dependency) *Estimate {
	e := limitOf(group, fmt.Sprintf("%d of the %d slow answers, less the page's usual %s; several tries would look like one",
		len(group), of, span(a.usual.most().Seconds())))
	if d.HeldMeanS != nil && d.CallsPerHit != nil {
		own := *d.HeldMeanS * *d.CallsPerHit
		e.Value, e.Low, e.High = e.Value+own, e.Low+own, e.High+own
	}
	e.Low, e.High = e.Low-0.02*e.Value, e.High+0.02*e.Value
	return e
}
