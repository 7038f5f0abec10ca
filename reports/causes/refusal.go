package causes

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// signsOfRefusal tell apart what answers 502 at once. A full queue does so at
// one number of requests in the site and never below it; a pool that does not
// run at any number, mostly none; a page that breaks does so beside good answers
// of other pages, and only once it has run. What was given up waits on unseen, so
// later refusals say nothing of the number.
func signsOfRefusal(run *measure.Run, s *posterior, o *measure.Onset) {
	n, took := &o.Seen, short(o.Seen.Seconds(0.5))
	low, high := n.Inside.Quantile(0.1), n.Inside.Quantile(0.9)
	weight := func(w float64, seen int64) float64 {
		if seen < measure.Few {
			return min(w, rather)
		}
		return w
	}
	full := signOfFullQueue(run, s, o)
	counted := n.Inside.N() > 0
	switch {
	case full:
	case !counted:
		var ratios odds
		if o.Fault >= 0 {
			ratios = odds{reports.QueueFull: rather, reports.PoolDown: hardly}
		}
		s.observe(fmt.Sprintf("instant 502s (median %s) after requests were given up, which go on unseen in workers and queue", took), ratios)
	case high <= 1:
		s.observe(fmt.Sprintf("instant 502s (median %s) with nobody waiting", took), odds{reports.QueueFull: never, reports.SelfDeadlock: never, reports.PoolDown: 2})
	case low >= 1:
		s.observe(fmt.Sprintf("instant 502s (median %s) with %d to %d in flight: somebody has requests, but no one number of them", took, low, high),
			odds{reports.QueueFull: hardly, reports.PoolDown: 0.1})
	default:
		s.observe(fmt.Sprintf("instant 502s (median %s) with %d to %d in flight: no one number", took, low, high), odds{reports.QueueFull: 0.1, reports.SelfDeadlock: 0.1})
	}
	if best := fastestOf(run, n); best > 0 && !full {
		signOfSpeed(run, s, o, best)
	}
	if full {
		return
	}
	switch {
	case n.Alone*10 < n.N*5:
		s.observe("good answers came at the same time", odds{reports.PoolDown: never, reports.SelfDeadlock: never, reports.CDN: rather})
	case o.Fault >= 0:
		s.observe("nothing good came beside them, while a fault was in force or just over", odds{reports.PoolDown: hardly})
	case fastestOf(run, n) > 0:
		s.observe("nothing good came beside them, and the same requests were answered well at other times", odds{reports.PoolDown: weight(6, n.N), reports.WorkerClosed: hardly, reports.AppError: hardly})
	default:
		s.observe("these requests were never answered well", odds{reports.WorkerClosed: 1, reports.PoolDown: 1})
	}
}

// signOfFullQueue reports whether the errors are those of a full queue, whoever's
// page they come on: at once, at one number of requests in the site and never
// below it. An application that answers so itself needs a free worker, which it
// has at any lower number too. A gateway's limit on its connections (nginx:
// max_conns) looks the same.
func signOfFullQueue(run *measure.Run, s *posterior, o *measure.Onset) bool {
	n := &o.Seen
	low, middle, high := n.Inside.Quantile(0.1), n.Inside.Quantile(0.5), n.Inside.Quantile(0.9)
	if n.Inside.N() == 0 || middle < 2 || float64(middle) < 0.8*float64(mostInside(run)) || float64(low) < 0.7*float64(high) {
		return false
	}
	if o.Kind >= measure.App502 && n.Inside.N() < measure.Few || !soon(run, n) || letIn(run, o, int32(high)) {
		return false
	}
	inside := fmt.Sprintf("%d to %d", low, high)
	if low == high {
		inside = fmt.Sprint(low)
	}
	until := ""
	if n.Inside.N() < n.N {
		until = ", until requests were given up"
	}
	weight := strongly
	if n.Inside.N() < measure.Few {
		weight = rather
	}
	if o.Kind >= measure.App502 {
		weight *= strongly // its own page tells nothing of a gateway that writes one like it
	}
	s.observe(fmt.Sprintf("instant 502s (median %s) with %s in flight each time, and none with fewer%s", short(n.Seconds(0.5)), inside, until),
		s.exceptFor(hardly, odds{reports.QueueFull: weight, reports.GatewayLimit: weight, reports.PoolDown: never, reports.SelfDeadlock: 1, reports.Unknown: hardly}))
	return true
}

// A refusal takes a gateway a few milliseconds at most, and much less than an answer.
const refusal = 20 * time.Millisecond

func soon(run *measure.Run, n *measure.ErrorsSeen) bool {
	middle, best := n.Seconds(0.5), fastestOf(run, n)
	return middle < refusal.Seconds() || middle < best.Seconds()/4
}

// letIn reports whether more got in at other times while requests were refused, by
// more than some refusals that a busy machine delayed: then it was not full.
func letIn(run *measure.Run, o *measure.Onset, level int32) bool {
	g := run.Cells
	room, above := level+max(2, level/8), 0
	for c := g.Cell(o.At); c < g.Cell(o.Last); c++ {
		if measure.At(g.InSystem, c) > room && !g.HiddenWork(c) {
			above++
		}
	}
	return above > g.PerSecond()/50
}

// signOfSpeed holds how fast the errors came against the fastest good answer to the same requests.
func signOfSpeed(run *measure.Run, s *posterior, o *measure.Onset, best time.Duration) {
	middle := o.Seen.Seconds(0.5)
	if middle < best.Seconds()/4 {
		s.observe(fmt.Sprintf("sooner than any good answer to the same requests (%s at best)", short(best.Seconds())), odds{reports.WorkerClosed: hardly, reports.AppError: 0.5})
	} else if best > 5*time.Millisecond && middle > 0.8*best.Seconds() {
		s.observe(fmt.Sprintf("no sooner than good answers to the same requests (%s at best)", short(best.Seconds())), odds{reports.QueueFull: never, reports.PoolDown: never})
	}
}

// mostInside is the most requests that were in the site for a quarter of a
// second in all, those refused at once not counted. A refusal that a busy machine
// delayed is among them, but not for long.
func mostInside(run *measure.Run) int32 {
	levels := run.Cells.InSystem
	if len(levels) == 0 {
		return 0
	}
	cells := make([]int, slices.Max(levels)+1) // by how many were inside
	for _, level := range levels {
		cells[max(level, 0)]++
	}
	left := max(min(run.Cells.PerSecond()/4, len(levels)), 1)
	for level := len(cells) - 1; ; level-- {
		if left -= cells[level]; left <= 0 {
			return int32(level)
		}
	}
}
