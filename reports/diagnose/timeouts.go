package diagnose

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// shortWatch is the longest wait that says nothing of a timeout: hardly any is shorter.
const shortWatch = time.Second

// Timeouts are how long the site waited for each dependency that did not
// answer, one entry for each fault that makes calls wait.
func Timeouts(run *measure.Run, dependencies []reports.Dependency) []reports.Timeout {
	list := []reports.Timeout{}
	for _, w := range run.Windows {
		t := reports.Timeout{Dependency: w.Fault.Dependency, Fault: w.Fault.Kind, Visitor: visitor(w), Got: w.MostGot(run.LateUnder(w.Fault)), N: int64(len(w.Given))}
		d := reports.DependencyNamed(dependencies, t.Dependency)
		if len(w.Waits) > 0 && (!w.Fault.OnConnect() || byEgress(run, t.Dependency)) {
			fromConnections(run, &t, w, d)
		} else {
			fromResponses(run, &t, w, d)
		}
		list = append(list, t)
	}
	tellConnects(list, func(i int) (connect, whole bool) {
		f := run.Windows[i].Fault
		return f.OnConnect(), f.UntilLifted() && !f.OnConnect()
	})
	return list
}

// byEgress reports whether a dependency was reached through the egress.
func byEgress(run *measure.Run, dependency string) bool {
	return slices.ContainsFunc(run.Manifest.Dependencies, func(d journal.Dependency) bool { return d.Name == dependency && d.Host != "" })
}

// visitor says who gave up on most of the visitors that had to wait; "" when none
// had to. Those who were answered only after the lifting count if there are no others.
func visitor(w *measure.FaultWindow) string {
	most, who := int64(0), ""
	if w.Late > 0 {
		who = "ok"
	}
	for _, one := range []struct {
		n    int64
		name string
	}{{w.GaveUp.Gateway, "gateway"}, {w.GaveUp.Client, "client"}, {w.GaveUp.App, reports.ByApp}, {w.GaveUp.Ok, "ok"}} {
		if one.n > most {
			most, who = one.n, one.name
		}
	}
	return who
}

// fromConnections tells a timeout from the calls that the fault caught.
func fromConnections(run *measure.Run, t *reports.Timeout, w *measure.FaultWindow, d reports.Dependency) {
	t.HorizonS = horizon(w).Seconds()
	var held []time.Duration
	for _, one := range w.Given {
		held = append(held, one.Ended-one.Began)
	}
	group, others := densest(held)
	tight := len(group) >= 2 && 2*len(group) >= len(held)
	switch kept := kept(w, held); {
	case len(held) >= 5 && w.Marked(measure.MarkKilled) >= 0.5 && 5*len(group) >= 4*len(held) && together(w) < 0.5:
		t.Why = fmt.Sprintf("waits ended with a 502 after %s each time: a master that kills workers looks once a second, so it may be the application's own error", words.Held(middleOf(group).Seconds()))
	case len(held) > 0 && w.Marked(measure.MarkKilled) >= 0.5:
		t.Source, t.Verdict = "connection", reports.ByWorker
		t.ObservedS = killedAfter(held, run.Usual.Most())
	case len(held) > 0 && leftWithVisitor(w, group, tight, run.Usual.Most()):
		t.Verdict, t.HorizonS = reports.ByNobody, slices.Max(held).Seconds()
		t.Why = fmt.Sprintf("the site let go of its calls when the visitor's request had been given up, after %s: no timeout of its own was seen", words.Held(middleOf(middle(w.Others)).Seconds()))
	case kept > 0 && 5*kept >= len(held)+kept: // also beside others: the one without a limit is what holds the workers
		without(run, t, w)
		if t.Verdict == reports.ByNobody && tight {
			t.Why = fmt.Sprintf("%s %s given up after %s: not every call has that timeout", words.Number(int64(len(group)), "other call"), words.Either(int64(len(group)), "was", "were"), words.Held(middleOf(group).Seconds()))
		}
	case !tight && len(held) > 1:
		t.Why = fmt.Sprintf("the site ended %d waits at no common time, after %s to %s", len(held), words.Held(slices.Min(held).Seconds()), words.Held(slices.Max(held).Seconds()))
	case !tight:
		t.Why = fmt.Sprintf("the site ended %s within the fault: too few to tell a timeout from chance", words.Number(int64(len(held)), "wait"))
	case w.Marked(measure.MarkAnswered) < 0.5 && onTheSecond(w):
		t.Source, t.Verdict = "connection", reports.ByWorker
		t.ObservedS = killedAfter(held, run.Usual.Most())
	case w.Marked(measure.MarkAnswered) < 0.2 && w.Marked(measure.MarkKilled) > 0.1:
		t.Why = fmt.Sprintf("waits ended after %s, some with a 502 and hardly any with an answer: as much a master that kills workers as the application's own timeout", words.Held(middleOf(group).Seconds()))
	default:
		t.Source, t.Verdict = "connection", reports.ByApp
		t.ObservedS = limitOf(group, fmt.Sprintf("%d of the %d waits that the site ended", len(group), len(held)))
		tries(run, t, w, d, middleOf(group))
		if second, _ := densest(others); len(second) >= 3 && 10*len(second) >= len(held) {
			t.Why = words.Both(t.Why, fmt.Sprintf("%d other calls were given up after %s", len(second), words.Held(middleOf(second).Seconds())))
		}
	}
}

// horizon is the longest wait that would have been seen.
func horizon(w *measure.FaultWindow) time.Duration {
	var longest time.Duration
	for _, one := range w.Waits {
		if w.Fault.UntilLifted() && !w.Fault.OnConnect() {
			longest = max(longest, w.Until-one.Began)
		} else {
			longest = max(longest, min(one.Ended, w.Until)-one.Began)
		}
	}
	return max(longest, 0)
}

// kept is how many calls waited for the whole fault and clearly longer than
// those that the site ended.
func kept(w *measure.FaultWindow, held []time.Duration) (n int) {
	limit := shortWatch / 4
	if len(held) > 0 {
		limit = slices.Max(held) * 3 / 2
	}
	for _, one := range w.Waits {
		if one.Ended >= w.Until && w.Until-one.Began > limit {
			n++
		}
	}
	return n
}

// without says that there was no timeout, if it was watched for long enough.
func without(run *measure.Run, t *reports.Timeout, w *measure.FaultWindow) {
	if t.HorizonS < shortWatch.Seconds() {
		t.Why = fmt.Sprintf("calls were watched for %s only", words.Held(t.HorizonS))
		return
	}
	t.Verdict = reports.ByNobody
}

// leftWithVisitor reports whether the site ended its calls because the visitor
// had gone, as Go and some Python servers do: just after the give-up, not long
// before it by a limit of its own, and never after a longer wait than the
// visitor's. The last two matter because evenly spaced requests end side by side anyway.
func leftWithVisitor(w *measure.FaultWindow, group []time.Duration, tight bool, usual time.Duration) bool {
	if w.Marked(measure.MarkLeft) < 0.7 || w.Marked(measure.MarkAnswered) > 0.5 {
		return false
	}
	longest := slices.Max(w.Others.Values())
	for _, one := range w.Given {
		if one.Ended-one.Began > longest+measure.Beside {
			return false
		}
	}
	giveUp, _ := densest(w.Others.Values())
	return !tight || middleOf(group) > middleOf(giveUp)*9/10-usual-measure.Beside
}

// middle is the sorted main group of the samples, for middleOf.
func middle(e measure.Early) []time.Duration {
	group, _ := densest(e.Values())
	return group
}

// onTheSecond reports whether waits that began at different moments were ended
// at the same moment of three or more seconds: by a master that looks at its
// workers once a second.
func onTheSecond(w *measure.FaultWindow) bool {
	seconds := map[time.Duration]bool{}
	for _, one := range w.Given {
		seconds[one.Ended.Round(time.Second/4)/(time.Second/2)] = true
	}
	return len(seconds) >= 3 && together(w) > 0.99
}

// together is how much the waits end at the same moment of a second, 0 to 1: the
// length of their mean direction on a circle of a second. It is above 0.99 when
// nearly all are within 20 ms.
func together(w *measure.FaultWindow) float64 {
	var x, y float64
	for _, one := range w.Given {
		angle := 2 * math.Pi * (one.Ended % time.Second).Seconds()
		x, y = x+math.Cos(angle), y+math.Sin(angle)
	}
	return math.Hypot(x, y) / float64(len(w.Given))
}

// limitOf is the timeout behind a group of waits. A site's clock starts a moment
// before the first byte of its call is seen here, and runs on a busy machine.
func limitOf(group []time.Duration, from string) *reports.Estimate {
	low, high := group[0], group[len(group)-1]
	if n := len(group); n >= 40 { // leaving one in forty out at either end
		low, high = group[n/40], group[n-1-n/40]
	}
	return &reports.Estimate{Value: middleOf(group).Seconds(), Low: (low - 5*time.Millisecond).Seconds(), High: (high + 5*time.Millisecond).Seconds(), From: from}
}

// killedAfter is the limit behind waits that ended with their worker. The
// masters of php-fpm and gunicorn look once a second, so a wait lasts up to a
// second longer than the limit; the limit counts from the request's start, by
// up to its usual time before the call. Both take whole seconds.
func killedAfter(held []time.Duration, usual time.Duration) *reports.Estimate {
	low, high := slices.Max(held)-time.Second, slices.Min(held)+usual
	e := &reports.Estimate{From: fmt.Sprintf("%s that ended with a killed worker, from %s to %s; workers are looked at once a second",
		words.Number(int64(len(held)), "wait"), words.Held(slices.Min(held).Seconds()), words.Held(slices.Max(held).Seconds()))}
	if low > high {
		low, high = high, slices.Max(held)
	}
	e.Low, e.High = max(low, 0).Seconds(), high.Seconds()
	e.Value = (e.Low + e.High) / 2
	if whole := math.Floor(e.High + 0.05); whole >= e.Low-0.05 && whole-1 < e.Low-0.05 && whole > 0 {
		e.Value, e.Low, e.High = whole, min(e.Low, whole), max(e.High, whole)
	}
	return e
}

// tellConnects tells a limit on connecting from one on the whole call: the
// second shows under a hang as well. limits says which of the two the fault of
// each timeout shows.
func tellConnects(list []reports.Timeout, limits func(i int) (connect, whole bool)) {
	for i := range list {
		t := &list[i]
		if connect, _ := limits(i); !connect || t.ObservedS == nil {
			continue
		}
		t.Connect = true
		for k, o := range list {
			if _, whole := limits(k); o.Dependency != t.Dependency || !whole {
				continue
			}
			if o.ObservedS != nil && math.Abs(o.ObservedS.Value-t.ObservedS.Value) <= measure.ClusterAbs.Seconds()+0.1*o.ObservedS.Value {
				t.Connect = false // the whole call is limited
			}
		}
	}
}
