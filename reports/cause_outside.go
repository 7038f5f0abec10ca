package reports

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// signsOutside are the signs that need nothing but what we sent and got.
func (a *run) signsOutside(s *posterior, o *onset, network string) {
	s.writer(o)
	switch o.kind {
	case refused502:
		a.signsOfRefusal(s, o)
	case late502:
		a.signsOfLoss(s, o)
	case late504:
		signsOfWaiting(s, o, network)
	case late503:
		s.observe(fmt.Sprintf("503s took %s in the middle", short(o.seen.seconds(0.5))), nil)
	case app502, app503, app504, serverError:
		s.observe(fmt.Sprintf("%d × %d after %s in the middle", o.count, o.code, short(o.seen.seconds(0.5))), nil)
	}
}

// writer is who wrote the errors, by their headers and bodies.
func (s *posterior) writer(o *onset) {
	switch o.seen.mostly() {
	case journal.AnswererApp:
		s.observe("header and body are the application's own", s.exceptFor(never, odds{AppError: rather, Unknown: 1}))
	case journal.AnswererEdge:
		s.observe("header and body are those of a CDN or cache in front of the site", s.exceptFor(never, odds{CDN: strongly, Unknown: 1}))
	case journal.AnswererGateway:
		text := "the body is the gateway's own error page"
		if o.kind == late503 {
			text += ": as of a limit on requests or connections (nginx: limit_req, limit_conn)"
		}
		s.observe(text, odds{AppError: copied, CDN: never})
	}
}

// copied is how seldom an application's error comes on a gateway's page: it was
// copied, or the gateway puts its own in the place of the application's
// (nginx's fastcgi_intercept_errors).
const copied = 0.1

// few is how many errors are too few for their figures to say much.
const few = 3

// signsOfRefusal tell apart what answers 502 at once. A full queue does so at
// one number of requests in the site and never below it; a pool that does not
// run at any number, mostly none; a page that breaks does so beside good answers
// of other pages, and only once it has run. What was given up waits on unseen, so
// later refusals say nothing of the number.
func (a *run) signsOfRefusal(s *posterior, o *onset) {
	n, took := &o.seen, short(o.seen.seconds(0.5))
	low, middle, high := n.inside.Quantile(0.1), n.inside.Quantile(0.5), n.inside.Quantile(0.9)
	weight := func(w float64, seen int64) float64 {
		if seen < few {
			return min(w, rather)
		}
		return w
	}
	counted := n.inside.N() > 0
	full := counted && middle >= 2 && float64(middle) >= 0.8*float64(a.mostInside()) && float64(low) >= 0.7*float64(high)
	switch {
	case full:
		inside := fmt.Sprintf("%d to %d", low, high)
		if low == high {
			inside = fmt.Sprint(low)
		}
		until := ""
		if n.inside.N() < n.n {
			until = ", until requests were given up"
		}
		s.observe(fmt.Sprintf("instant 502s (median %s) with %s in flight each time, and none with fewer%s", took, inside, until),
			s.exceptFor(hardly, odds{QueueFull: weight(strongly, n.inside.N()), PoolDown: never, SelfDeadlock: 1, Unknown: hardly}))
	case !counted:
		var ratios odds
		if o.fault >= 0 {
			ratios = odds{QueueFull: rather, PoolDown: hardly}
		}
		s.observe(fmt.Sprintf("instant 502s (median %s) after requests were given up, which go on unseen in workers and queue", took), ratios)
	case high <= 1:
		s.observe(fmt.Sprintf("instant 502s (median %s) with nobody waiting", took), odds{QueueFull: never, SelfDeadlock: never, PoolDown: 2})
	case low >= 1:
		s.observe(fmt.Sprintf("instant 502s (median %s) with %d to %d in flight: somebody has requests, but no one number of them", took, low, high),
			odds{QueueFull: hardly, PoolDown: 0.1})
	default:
		s.observe(fmt.Sprintf("instant 502s (median %s) with %d to %d in flight: no one number", took, low, high), odds{QueueFull: 0.1, SelfDeadlock: 0.1})
	}
	if best := a.fastestOf(n); best > 0 && !full {
		a.signOfSpeed(s, o, best)
	}
	if full {
		return
	}
	switch {
	case n.alone*10 < n.n*5:
		s.observe("good answers came at the same time", odds{PoolDown: never, SelfDeadlock: never, CDN: rather})
	case o.fault >= 0:
		s.observe("nothing good came beside them, while a fault was in force or just over", odds{PoolDown: hardly})
	case a.fastestOf(n) > 0:
		s.observe("nothing good came beside them, and the same requests were answered well at other times", odds{PoolDown: weight(6, n.n), WorkerClosed: hardly, AppError: hardly})
	default:
		s.observe("these requests were never answered well", odds{WorkerClosed: 1, PoolDown: 1})
	}
}

// signOfSpeed holds how fast the errors came against the fastest good answer to the same requests.
func (a *run) signOfSpeed(s *posterior, o *onset, best time.Duration) {
	middle := o.seen.seconds(0.5)
	if middle < best.Seconds()/4 {
		s.observe(fmt.Sprintf("sooner than any good answer to the same requests (%s at best)", short(best.Seconds())), odds{WorkerClosed: hardly, AppError: 0.5})
	} else if best > 5*time.Millisecond && middle > 0.8*best.Seconds() {
		s.observe(fmt.Sprintf("no sooner than good answers to the same requests (%s at best)", short(best.Seconds())), odds{QueueFull: never, PoolDown: never})
	}
}

// fastestOf is the fastest good answer to a request that also failed; 0 when there was none.
func (a *run) fastestOf(n *errorsSeen) (best time.Duration) {
	for request := range n.requests {
		if f := a.traffic.fastest(a.manifest.Phases, request); f > 0 && (best == 0 || f < best) {
			best = f
		}
	}
	return best
}

// mostInside is the most requests that were in the site for a quarter of a
// second in all, those refused at once not counted. A refusal that a busy machine
// delayed is among them, but not for long.
func (a *run) mostInside() int32 {
	levels := slices.Sorted(slices.Values(a.cells.inSystem))
	return at(levels, max(len(levels)-a.cells.perSecond()/4, 0))
}

// signsOfLoss tell what made a 502 come late: php-fpm looks once a second for
// workers to kill, so their ends spread over a second; a script that gives up on
// a dependency by itself does so at its own timeout, to the millisecond.
func (a *run) signsOfLoss(s *posterior, o *onset) {
	n := &o.seen
	low, middle, high := n.seconds(0.1), n.seconds(0.5), n.seconds(0.9)
	s.observe(fmt.Sprintf("502s after %s in the middle (%s to %s)", short(middle), short(low), short(high)), nil)
	if refused := a.refusedBeside(o); middle < 0.9 && refused >= 3*n.n {
		s.observe(fmt.Sprintf("beside %d × 502 that came at once: these may be slow ones of them", refused), odds{QueueFull: strongly, PoolDown: strongly})
	} else if middle < 0.9 {
		if best := a.fastestOf(n); best > 0 && middle < 3*best.Seconds() {
			s.observe("about as long as a good answer takes, sooner than anybody gives up",
				odds{WorkerKilled: hardly, GatewayTimeout: hardly, PoolDown: hardly, SelfDeadlock: hardly, AppError: 2, WorkerClosed: 2})
		}
	} else {
		s.observe("longer than a gateway needs to refuse: something was at work on them", odds{WorkerKilled: 2, PoolDown: hardly, QueueFull: never})
	}
	if together := time.Duration(n.when.Quantile(0.9) - n.when.Quantile(0.1)); n.n >= few && together < 200*time.Millisecond && high-low > 0.3 {
		s.observe("all ended at one moment", odds{WorkerKilled: rather, PoolDown: rather})
	}
	if n.cut*2 < n.n {
		return
	}
	text := fmt.Sprintf("the site dropped its call to a dependency at the moment of %d of %d", n.cut, n.n)
	if tight := a.closes.spread < 0.1; tight && n.n >= few {
		s.observe(text+", always after the same time, as a timeout of the application does", odds{AppError: 10, WorkerClosed: 2, WorkerKilled: 0.5})
	} else {
		s.observe(text, odds{WorkerKilled: 6, WorkerClosed: 0.5, AppError: hardly})
	}
}

// refusedBeside counts the 502s of an onset that came at once while those of o came.
func (a *run) refusedBeside(o *onset) (n int64) {
	for _, other := range a.onsets {
		if other.kind == refused502 && other.at <= o.last && o.at <= other.last {
			n += other.seen.n
		}
	}
	return n
}

// signsOfWaiting are of 504: a gateway gives up after one fixed time. On a pool
// that listens on TCP a full queue makes connecting wait instead, which ends in
// a 504 as well; workers that wait for the site itself look the same from outside.
func signsOfWaiting(s *posterior, o *onset, network string) {
	n := &o.seen
	low, middle, high := n.seconds(0.1), n.seconds(0.5), n.seconds(0.9)
	span := fmt.Sprintf("504s after %s in the middle (%s to %s)", short(middle), short(low), short(high))
	switch {
	case middle < 0.5:
		s.observe(span+": sooner than a gateway or a CDN gives up", odds{GatewayTimeout: never, QueueFull: never, SelfDeadlock: never, CDN: hardly, AppError: rather})
	case high-low <= max(0.15, 0.03*middle):
		s.observe(span+": one fixed time", odds{GatewayTimeout: 4, SelfDeadlock: 4})
	default:
		s.observe(span, nil)
	}
	switch {
	case middle < 0.5 || network == "":
	case network == "unix":
		s.observe("the pool's queue is on a unix socket, where a full one refuses at once", odds{QueueFull: never})
	case o.fault < 0: // connecting is given up after one fixed time too
		s.observe("the pool's queue is on TCP, where a full one makes connecting wait, and no fault holds who got in", odds{QueueFull: strongly})
	default:
		s.observe("the pool's queue is on TCP, where a full one makes connecting wait", odds{QueueFull: rather})
	}
	if n.cut*2 >= n.n && n.n >= few { // a worker is seldom told that the gateway gave up
		s.observe(fmt.Sprintf("the site dropped its call to a dependency at the moment of %d of %d, as a timeout of the application does", n.cut, n.n),
			odds{AppError: strongly, GatewayTimeout: 0.1, QueueFull: 0.1, SelfDeadlock: 0.1})
	}
	switch {
	case n.alone*2 < n.n && o.fault < 0:
		s.observe("good answers overtook them, with no fault in force", odds{SelfDeadlock: never, QueueFull: rather})
	case n.alone*2 < n.n:
		s.observe("good answers came at the same time", odds{SelfDeadlock: never})
	case o.fault < 0 && n.alone == n.n && n.n >= few:
		s.observe("nothing good came beside them, with no fault in force", odds{SelfDeadlock: 12})
	}
}

// short writes a time of an answer, seconds.
func short(s float64) string {
	if s < 0.001 {
		return "under 1 ms"
	}
	return span(s)
}
