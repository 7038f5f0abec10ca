package zoo

import (
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Truth is what was true of a run. What is nil or empty does not exist on the
// site, and a report that names a figure for it is wrong.
type Truth struct {
	Site *Site
	Plan Plan
	seed uint64

	Workers        *int // W of the pool that the first page runs on, when all are started
	Slots          *int // of its accept queue
	Network        string
	GatewayTimeout time.Duration
	Timeouts       []Timeout // by dependency
	Spans          []Span    // of errors, in the order of time
	Tells          Tells
	States         []State // ten a second
	Sent           []int   // hits of each request of the mix
}

// Timeout is how long the site waits for a dependency that does not answer, by
// whatever ends the wait first on the first page that calls it.
type Timeout struct {
	Dependency string
	Limit      time.Duration // of one try; 0: none of the application's own
	Connect    time.Duration // of connecting, where that is another
	Tries      int
	Pause      time.Duration
	Killed     time.Duration // after which a killer ends the worker; 0: never
	Places     int           // of the site's connection pool to it; 0: none
}

// Span is a stretch of errors of one status and cause, without a break of more than
// spanBreak; those of a burst are one of their own.
type Span struct {
	Code     int
	From, To time.Duration // of the answers
	N        int
	Causes   []Cause // each of them is right
	State    State   // of the site at the first of them
	// Faults are the indexes of those without which most of these errors would
	// not have come: the same run was simulated without each. None: it was the
	// load, a burst, or the site itself.
	Faults []int

	burst bool // they are those of a burst, or not
}

const spanBreak = 2 * time.Second

func (w *world) truth(seed uint64) *Truth {
	t := &Truth{Site: w.site, Plan: w.plan, seed: seed, States: w.state, GatewayTimeout: w.site.Gateway.Timeout}
	t.Sent = make([]int, len(w.record.Manifest.Requests))
	for _, f := range w.fates {
		t.Sent[f.hit.Request]++
	}
	pool := w.site.Pools[w.site.Pages[0].Pool]
	t.Network = pool.Network
	if pool.Workers > 0 {
		workers, slots := pool.Workers, pool.Slots()
		t.Workers, t.Slots = &workers, &slots
	}
	for i := range w.site.Dependencies {
		t.Timeouts = append(t.Timeouts, w.site.timeout(i, pool))
	}
	t.Spans = w.spans()
	t.Tells = w.tells()
	t.blame()
	return t
}

func (s *Site) timeout(dependency int, pool Pool) Timeout {
	d := s.Dependencies[dependency]
	t := Timeout{Dependency: d.Name, Killed: pool.Kill, Places: d.Places}
	for _, p := range s.Pages {
		for _, c := range p.Calls {
			if c.To == dependency {
				t.Limit, t.Connect, t.Tries, t.Pause = c.Timeout, c.Connect, max(c.Tries, 1), c.Pause
				return t
			}
		}
	}
	return t
}

// spans are the stretches of errors.
func (w *world) spans() (list []Span) {
	bad := slices.DeleteFunc(slices.Clone(w.fates), func(f *fate) bool {
		return !f.over || f.cause == NoCause || w.plan.Phases[f.hit.Phase].Warmup
	})
	slices.SortStableFunc(bad, func(x, y *fate) int { return int(x.hit.Done - y.hit.Done) })
	for _, f := range bad {
		causes, burst := w.causesOf(f), w.plan.Phases[f.hit.Phase].Burst > 0
		i := len(list) - 1
		for ; i >= 0; i-- {
			if s := list[i]; s.Code == int(f.hit.Code) && slices.Equal(s.Causes, causes) && s.burst == burst && f.hit.Done-s.To <= spanBreak {
				break
			}
		}
		if i < 0 {
			list = append(list, Span{Code: int(f.hit.Code), From: f.hit.Done, Causes: causes, State: f.state, burst: burst})
			i = len(list) - 1
		}
		list[i].To, list[i].N = f.hit.Done, list[i].N+1
	}
	return list
}

// causesOf are the names that are right for an error. Workers that wait for
// pages of their own site are in a deadlock, whatever the gateway says of it; on
// TCP who gives up in the queue and who gives up connecting to it are in the
// same trouble; and an edge hides which it was.
func (w *world) causesOf(f *fate) []Cause {
	switch {
	case f.hit.Answerer == journal.AnswererEdge:
		return []Cause{"cdn"}
	case (f.cause == GatewayTimeout || f.cause == QueueFull) && 2*f.state.Itself > f.state.Busy:
		return []Cause{SelfDeadlock}
	case f.hit.Code == 504 && w.site.Pools[0].Network == TCP:
		return []Cause{GatewayTimeout, QueueFull}
	}
	return []Cause{f.cause}
}

// blame finds the faults behind each span, by running the plan without each.
func (t *Truth) blame() {
	if len(t.Spans) == 0 {
		return
	}
	for i := range t.Plan.faults() {
		w := newWorld(t.Site, t.Plan.without(i), t.seed)
		w.run()
		for k := range t.Spans {
			s := &t.Spans[k]
			if 2*w.errorsLike(s) < s.N {
				s.Faults = append(s.Faults, i)
			}
		}
	}
}

// without is the plan without one fault. A share of 0 leaves it in its place.
func (p Plan) without(fault int) Plan {
	p.Phases = slices.Clone(p.Phases)
	i := 0
	for k := range p.Phases {
		p.Phases[k].Faults = slices.DeleteFunc(slices.Clone(p.Phases[k].Faults), func(configs.Fault) bool {
			i++
			return i-1 == fault
		})
	}
	return p
}

// errorsLike counts those of the status and cause of a stretch, in its time.
func (w *world) errorsLike(s *Span) (n int) {
	for _, f := range w.fates {
		if f.cause != NoCause && int(f.hit.Code) == s.Code && s.From <= f.hit.Done && f.hit.Done <= s.To && slices.Equal(w.causesOf(f), s.Causes) {
			n++
		}
	}
	return n
}
