package causes

import (
	"fmt"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// signsOutside are the signs that need nothing but what we sent and got. byGateway
// is whether the gateway's log shows that it wrote the errors.
func signsOutside(run *measure.Run, s *posterior, o *measure.Onset, pool *reports.Pool, byGateway bool) {
	if o.Kind == measure.App502 && signOfFullQueue(run, s, o) {
		return
	}
	s.writer(o, byGateway)
	switch o.Kind {
	case measure.Refused502:
		signsOfRefusal(run, s, o)
	case measure.Late502:
		signsOfLoss(run, s, o)
	case measure.Late504:
		network := pool.Network
		if network == "" && refusedBeside(run, o) > 0 {
			network = "unix" // on TCP nobody is refused
		}
		signsOfWaiting(s, o, network)
	case measure.Late503:
		s.observe(fmt.Sprintf("503s took %s in the middle", short(o.Seen.Seconds(0.5))), nil)
	case measure.App502, measure.App503, measure.App504, measure.ServerError, measure.TooLarge, measure.TooMany:
		s.observe(fmt.Sprintf("%d × %d after %s in the middle", o.Count, o.Code, short(o.Seen.Seconds(0.5))), nil)
	}
}

// writer is who wrote the errors, by their headers and bodies. A page of the
// gateway's may look like the application's (nginx: error_page).
func (s *posterior) writer(o *measure.Onset, byGateway bool) {
	switch o.Seen.Mostly() {
	case journal.AnswererApp:
		if byGateway {
			s.observe("header and body look like the application's own, and the gateway's log has them", nil)
			return
		}
		if o.Seen.N < measure.Few && o.Seen.Seconds(0.5) < measure.RefusedWithin.Seconds() {
			s.observe(fmt.Sprintf("header and body look like the application's own, on %d answers that came at once", o.Seen.N), odds{reports.Unknown: strongly})
			return
		}
		s.observe("header and body are the application's own", s.exceptFor(never, odds{reports.AppError: rather, reports.Unknown: 1}))
	case journal.AnswererEdge:
		s.observe("header and body are those of a CDN or cache in front of the site", s.exceptFor(never, odds{reports.CDN: strongly, reports.Unknown: 1}))
	case journal.AnswererGateway:
		text := "the body is the gateway's own error page"
		if o.Kind == measure.Late503 {
			text += ": as of a limit on requests or connections (nginx: limit_req, limit_conn)"
		}
		ratios := odds{reports.AppError: copied, reports.CDN: never}
		if o.Kind == measure.TooLarge || o.Kind == measure.TooMany { // it writes these when it refuses itself
			ratios[reports.GatewayRefused] = strongly
		}
		s.observe(text, ratios)
	}
}

// copied is how seldom an application's error comes on a gateway's page: it was
// copied, or the gateway puts its own in the place of the application's
// (nginx's fastcgi_intercept_errors).
const copied = 0.1

// fastestOf is the fastest good answer to a request that also failed; 0 when there was none.
func fastestOf(run *measure.Run, n *measure.ErrorsSeen) (best time.Duration) {
	for request := range n.Requests {
		if f := run.Traffic.Fastest(run.Manifest.Phases, request); f > 0 && (best == 0 || f < best) {
			best = f
		}
	}
	return best
}

// signsOfLoss tell what made a 502 come late: php-fpm looks once a second for
// workers to kill, so their ends spread over a second; a script that gives up on
// a dependency by itself does so at its own timeout, to the millisecond.
func signsOfLoss(run *measure.Run, s *posterior, o *measure.Onset) {
	n := &o.Seen
	low, middle, high := n.Seconds(0.1), n.Seconds(0.5), n.Seconds(0.9)
	s.observe(fmt.Sprintf("502s after %s in the middle (%s to %s)", short(middle), short(low), short(high)), nil)
	if refused := refusedBeside(run, o); middle < 0.9 && refused >= 3*n.N {
		s.observe(fmt.Sprintf("beside %d × 502 that came at once: these may be slow ones of them", refused), odds{reports.QueueFull: strongly, reports.PoolDown: strongly})
	} else if middle < 0.9 {
		if best := fastestOf(run, n); best > 0 && middle < 3*best.Seconds() {
			s.observe("about as long as a good answer takes, sooner than anybody gives up",
				odds{reports.WorkerKilled: hardly, reports.GatewayTimeout: hardly, reports.GatewayLimit: never, reports.PoolDown: hardly, reports.SelfDeadlock: hardly, reports.AppError: 2, reports.WorkerClosed: 2})
		}
	} else {
		s.observe("longer than a gateway needs to refuse: something was at work on them", odds{reports.WorkerKilled: 2, reports.PoolDown: hardly, reports.QueueFull: never})
	}
	if together := time.Duration(n.When.Quantile(0.9) - n.When.Quantile(0.1)); n.N >= measure.Few && together < 200*time.Millisecond && high-low > 0.3 {
		s.observe("all ended at one moment", odds{reports.WorkerKilled: rather, reports.PoolDown: rather})
	}
	if n.Cut*2 < n.N {
		signOfGivingUp(run, s, o)
		return
	}
	text := fmt.Sprintf("the site dropped its call to a dependency at the moment of %d of %d", n.Cut, n.N)
	// A script gives up to the millisecond; gunicorn's master, within tenths of a second.
	switch tight := run.Closes.Spread < 0.03 && n.N >= measure.Few; {
	case tight && inBunches(run, o):
		s.observe(text+", after the same time, several at one moment: as a timeout of the application does, or a master that kills workers", odds{reports.AppError: rather, reports.WorkerKilled: rather})
	case tight:
		s.observe(text+", always after the same time, as a timeout of the application does", odds{reports.AppError: 10, reports.WorkerClosed: 2, reports.WorkerKilled: 0.5})
	default:
		s.observe(text, odds{reports.WorkerKilled: 6, reports.WorkerClosed: 0.5, reports.AppError: hardly})
	}
}

// inBunches reports whether the site ended its calls a few together each time: workers
// that are killed at one moment go on in step.
func inBunches(run *measure.Run, o *measure.Onset) bool {
	moments, n := map[time.Duration]bool{}, 0
	for _, w := range run.Windows {
		if o.Fault < 0 || w.Fault != run.Faults[o.Fault] {
			continue
		}
		for _, one := range w.Given {
			moments[one.Ended.Round(measure.ClusterAbs)] = true
			n++
		}
	}
	return bunched*len(moments) <= n
}

// bunched is how many calls must end at one moment, on average, to be ended together.
const bunched = 3

// signOfGivingUp is of 502s during a fault that holds calls, which go on when they
// come: no worker ended. The gateway has given up a server after one fixed time,
// and had no other left to ask.
func signOfGivingUp(run *measure.Run, s *posterior, o *measure.Onset) {
	n := &o.Seen
	low, middle, high := n.Seconds(0.1), n.Seconds(0.5), n.Seconds(0.9)
	if o.Fault < 0 || middle < 0.5 || n.Cut > 0 || high-low > max(0.05, 0.03*middle) {
		return
	}
	if held, ok := run.HeldBy(run.Faults[o.Fault], o.At-time.Second/2, o.At); !ok || held < 1 {
		return
	}
	s.observe("always after the same time, while the site's calls went on: no worker ended, the gateway gave up and had no other server to ask",
		s.exceptFor(never, odds{reports.GatewayLimit: 10 * strongly, reports.Unknown: hardly}))
}

// refusedBeside counts the 502s of an onset that came at once while those of o came.
func refusedBeside(run *measure.Run, o *measure.Onset) (n int64) {
	for _, other := range run.Onsets {
		if other.Kind == measure.Refused502 && other.At <= o.Last && o.At <= other.Last {
			n += other.Seen.N
		}
	}
	return n
}

// signsOfWaiting are of 504: a gateway gives up after one fixed time. On a pool
// that listens on TCP a full queue makes connecting wait instead, which ends in
// a 504 as well; workers that wait for the site itself look the same from outside.
func signsOfWaiting(s *posterior, o *measure.Onset, network string) {
	n := &o.Seen
	low, middle, high := n.Seconds(0.1), n.Seconds(0.5), n.Seconds(0.9)
	span := fmt.Sprintf("504s after %s in the middle (%s to %s)", short(middle), short(low), short(high))
	switch {
	case middle < 0.5:
		s.observe(span+": sooner than a gateway or a CDN gives up", odds{reports.GatewayTimeout: never, reports.QueueFull: never, reports.SelfDeadlock: never, reports.CDN: hardly, reports.AppError: rather})
	case high-low <= max(0.15, 0.03*middle):
		s.observe(span+": one fixed time", odds{reports.GatewayTimeout: 4, reports.SelfDeadlock: 4})
	default:
		s.observe(span, nil)
	}
	switch {
	case middle < 0.5 || network == "":
	case network == "unix":
		s.observe("the pool's queue is on a unix socket, where a full one refuses at once", odds{reports.QueueFull: never})
	case o.Fault < 0: // connecting is given up after one fixed time too
		s.observe("the pool's queue is on TCP, where a full one makes connecting wait, and no fault holds who got in", odds{reports.QueueFull: strongly})
	default:
		s.observe("the pool's queue is on TCP, where a full one makes connecting wait", odds{reports.QueueFull: rather})
	}
	if n.Cut*2 >= n.N && n.N >= measure.Few { // a worker is seldom told that the gateway gave up
		s.observe(fmt.Sprintf("the site dropped its call to a dependency at the moment of %d of %d, as a timeout of the application does", n.Cut, n.N),
			odds{reports.AppError: strongly, reports.GatewayTimeout: 0.1, reports.QueueFull: 0.1, reports.SelfDeadlock: 0.1})
	}
	switch {
	case n.Alone*2 < n.N && o.Fault < 0 && network == "unix":
		s.observe("good answers overtook them, with no fault in force, and a queue as short as one that refuses does not take so long: some workers were held by what was not seen",
			odds{reports.GatewayTimeout: 0.1, reports.SelfDeadlock: 2})
	case n.Alone*2 < n.N && o.Fault < 0:
		s.observe("good answers overtook them, with no fault in force", odds{reports.SelfDeadlock: never, reports.QueueFull: rather})
	case n.Alone*2 < n.N:
		s.observe("good answers came at the same time", odds{reports.SelfDeadlock: never})
	case o.Fault < 0 && network == "unix" && n.Alone*10 < n.N*9:
		s.observe("no fault held the workers, and a queue as short as one that refuses does not take so long", odds{reports.GatewayTimeout: hardly, reports.SelfDeadlock: 4})
	case o.Fault < 0 && n.Alone*10 >= n.N*9 && n.N >= measure.Few:
		s.observe("nothing good came beside them, with no fault in force", odds{reports.SelfDeadlock: 12})
	}
}

// short writes a time of an answer, seconds.
func short(s float64) string {
	if s < 0.001 {
		return "under 1 ms"
	}
	return words.Span(s)
}
