package zoo

import "time"

// Tells are the figures that this run could tell, as physics.md's "What a run
// can tell" has it: a report that says of one of them that it can't be told is
// too timid. Of the others it may say so.
type Tells struct {
	Workers        bool
	Slots          bool
	Service        bool
	Capacity       bool
	GatewayTimeout bool
	Timeouts       []bool // by dependency, that there is none included
}

// What it takes to tell.
const (
	queuedFor = 3 * time.Second // that requests queue, to count what is served meanwhile
	heldFor   = time.Second     // that all workers are in a call, with requests behind
	calmHits  = 20              // good answers that met no queue
	enough    = 20              // completions while requests queue
	timedOut  = 3               // calls that were given up
	watched   = 3 * time.Second // for which a call must hang to show that it has no timeout
)

func (w *world) tells() Tells {
	pool := w.site.Pools[w.site.Pages[0].Pool]
	one := Tells{Timeouts: make([]bool, len(w.dependencies))}
	full, queued := w.plateau(pool), w.queueing()
	one.Service = w.calm() >= calmHits
	overloaded := queued >= queuedFor && float64(w.goodWhileQueued()) >= enough && one.Service && !w.computes()
	page := w.site.Logs.Status && pool.Static()
	plain := pool.Static() && len(w.site.Pools) == 1 && w.bare()
	one.Workers = plain && (full >= heldFor || overloaded) || page
	one.Capacity = plain && one.Service && !w.computes() && (one.Workers || overloaded)
	refused, timedOut := w.seen(502, QueueFull), w.seen(504, GatewayTimeout)
	one.Slots = one.Workers && (refused > 0 && pool.Network == Unix && full+queued > 0 || page && pool.Network == TCP)
	one.GatewayTimeout = timedOut > 0 && !w.site.Gateway.Edge
	for i := range w.dependencies {
		one.Timeouts[i] = w.timeoutTold(i)
	}
	return one
}

// bare reports whether nothing but the workers bounds what is served: no lock,
// no pool inside, and no calls at once or by others, which would not be the workers'.
func (w *world) bare() bool {
	for _, p := range w.site.Pages {
		if p.Session != NoSession && w.plan.Visits == nil || p.AtOnce || p.Self > 0 {
			return false
		}
	}
	for _, d := range w.site.Dependencies {
		if d.Places > 0 {
			return false
		}
	}
	return len(w.site.Visitors)+len(w.site.Crons) == 0
}

func (w *world) computes() bool {
	for _, p := range w.site.Pages {
		if p.Work.CPU || p.Then.CPU || p.Work.Grow > 0 {
			return true
		}
	}
	return false
}

// plateau is for how long all workers were in calls to one dependency with
// requests queued behind them.
func (w *world) plateau(pool Pool) (longest time.Duration) {
	run := time.Duration(0)
	for _, s := range w.state {
		most := 0
		for _, n := range s.Waiting {
			most = max(most, n)
		}
		if most < pool.Workers || s.Queue == 0 {
			run = 0
			continue
		}
		run += stateEvery
		longest = max(longest, run)
	}
	return longest
}

// queueing is for how long requests queued while no fault was in force.
func (w *world) queueing() (sum time.Duration) {
	for _, s := range w.state {
		if s.Queue > 0 && !w.faulty(s.At) {
			sum += stateEvery
		}
	}
	return sum
}

func (w *world) queuedAt(at time.Duration) bool {
	i := int(at / stateEvery)
	return i < len(w.state) && w.state[i].Queue > 0
}

func (w *world) goodWhileQueued() (n int) {
	for _, f := range w.fates {
		if f.over && f.cause == NoCause && w.queuedAt(f.hit.Done) && !w.faulty(f.hit.Done) {
			n++
		}
	}
	return n
}

// calm counts good answers without a fault and a queue.
func (w *world) calm() (n int) {
	for _, f := range w.fates {
		if f.over && f.cause == NoCause && !w.queuedAt(f.hit.Sent) && !w.queuedAt(f.hit.Done) && !w.faulty(f.hit.Sent) && !w.pages[f.hit.Request].Static {
			n++
		}
	}
	return n
}

// faulty reports whether a fault is in force then.
func (w *world) faulty(at time.Duration) bool {
	for _, f := range w.faults {
		if f.from <= at && at < f.to {
			return true
		}
	}
	return false
}

// seen counts the errors of a status and cause.
func (w *world) seen(code int, cause Cause) (n int) {
	for _, f := range w.fates {
		if f.over && int(f.hit.Code) == code && f.cause == cause {
			n++
		}
	}
	return n
}

// timeoutTold reports whether a hang showed how long the site waits for the
// dependency: often enough, or, if it has no timeout, for long enough.
func (w *world) timeoutTold(i int) bool {
	t := w.site.timeout(i, w.site.Pools[0])
	ends := t.Limit
	if ends == 0 {
		ends = t.Killed
	}
	n := 0
	var longest time.Duration
	for _, e := range w.record.Events {
		one := e.Wait
		if one == nil || one.Dependency != t.Dependency {
			continue
		}
		longest = max(longest, time.Duration(one.EndedNS-one.BeganNS))
		if one.EndedBy == bySite {
			n++
		}
	}
	if ends > 0 {
		return n >= timedOut
	}
	return longest >= watched
}
