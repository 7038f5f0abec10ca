package attack

import (
	"sync/atomic"
	"time"

	"github.com/tailback/tailback/configs"
)

// gate holds the load below its ceilings.
type gate struct {
	maxInFlight int64
	inFlight    atomic.Int64
	interval    time.Duration // between two hits at the highest rate allowed; 0 for no ceiling
	next        atomic.Int64  // when the hit after the last would be due at that rate, ns since T0
}

func newGate(l configs.Limits) *gate {
	g := &gate{maxInFlight: int64(l.InFlight)}
	if l.Rate > 0 {
		g.interval = time.Duration(float64(time.Second) / l.Rate)
	}
	return g
}

// enter reports whether a hit may be sent now; if so, leave must follow.
func (g *gate) enter(now time.Duration) bool {
	if g.inFlight.Add(1) > g.maxInFlight || !g.withinRate(now) {
		g.inFlight.Add(-1)
		return false
	}
	return true
}

func (g *gate) leave() { g.inFlight.Add(-1) }

// withinRate is the generic cell rate algorithm (ITU-T I.371). It lets a
// second's worth of hits through at once; where that is less than one, a hit may
// come half an interval early.
func (g *gate) withinRate(now time.Duration) bool {
	for g.interval > 0 {
		next := g.next.Load()
		if time.Duration(next) > now+max(time.Second-g.interval, g.interval/2) {
			return false
		}
		if g.next.CompareAndSwap(next, int64(max(time.Duration(next), now)+g.interval)) {
			break
		}
	}
	return true
}

// earliest returns when a closed client may send its next hit so that the rate
// stays below its ceiling, but no earlier than start.
func (g *gate) earliest(start time.Duration) time.Duration {
	if g.interval == 0 {
		return start
	}
	return max(start, time.Duration(g.next.Load()))
}
