package chaos

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// effect is what a kind of fault does, in the proxy's terms. The file of each
// kind makes one.
type effect struct {
	up, down toxics.Toxic // what the flow of that direction runs; nil lets it pass

	cut   func(*conn)   // ends a connection
	after time.Duration // cut that long after the later of opening and applying

	connect *connects // on the connects that we see: those through the egress

	shut func(*proxy, *fault) error // on the listener, before connections feel the fault
	open func(*proxy, *fault) error // its undoing

	size   time.Duration       // of its delay when applied; 0 for a kind that has none
	resize func(time.Duration) // a step of a stepped dose

	counts  counts
	unheard bool // we see no refused connects: requests held are unknown, unless some were counted
}

// counts says which requests a fault held.
type counts int

const (
	countBegun    counts = iota // requests outstanding when it was applied, and requests begun while it is in force
	countCuts                   // requests outstanding when the fault ended their connection
	countEnds                   // requests whose connection the dependency ended while it is in force
	countAnswers                // requests that the fault answered itself
	countConnects               // connects begun while it is in force
)

// effectOf makes the effect of the one kind that is set. A dependency that is
// not listened for is reached through the egress.
func effectOf(f configs.Fault, listened bool) (effect, error) {
	switch {
	case !listened && f.Down != nil:
		return refusingConnects(), nil
	case !listened && f.NoAccept != nil:
		return unansweredConnects(), nil
	case f.DNS != nil:
		return dns(f.DNS), nil
	case f.SlowDial != nil:
		return slowDial(f.SlowDial), nil
	case f.Latency != nil:
		return latency(f.Latency), nil
	case f.Hang != nil:
		return hang(), nil
	case f.Reset != nil:
		return reset(f.Reset), nil
	case f.Close != nil:
		return closing(f.Close), nil
	case f.Down != nil:
		return refusing(), nil
	case f.NoAccept != nil:
		return noAccept()
	case f.Bandwidth != nil:
		return bandwidth(f.Bandwidth)
	case f.SlowClose != nil:
		return slowClose(f.SlowClose), nil
	case f.Slice != nil:
		return slice(f.Slice)
	case f.Limit != nil:
		return limit(f.Limit), nil
	case f.HTTPError != nil:
		return httpError(f.HTTPError), nil
	}
	return effect{}, fmt.Errorf("play a fault on %s: no kind is set", f.Dependency)
}

// onConnections reports whether the fault acts on connections: on new ones, or
// on ones that were open before it.
func (e effect) onConnections(isNew bool) bool {
	return e.up != nil || e.down != nil || e.cut != nil || isNew && e.connect != nil
}

// fault is one fault of the experiment while it is played, and what it met.
type fault struct {
	effect
	index int
	phase string
	spec  configs.Fault
	seed  uint64

	connections, held, bytesUp, bytesDown atomic.Int64
	routed                                atomic.Bool // the site uses the proxy
}

// justNow is how long before a fault the site must have used the proxy to show
// that it is routed through it: a refused connect leaves no trace.
const justNow = 10 * time.Second

// draws reports whether a connection is in the fault's share. It is a function
// of the seed, the fault and the connection alone: drawn once, it stays.
func (f *fault) draws(id int64) bool {
	if f.spec.Share >= 1 {
		return true
	}
	return draw(f.seed, f.index, id) < f.spec.Share
}

// asked returns what the fault_applied and fault_stepped events say.
func (f *fault) asked(size time.Duration) *journal.Fault {
	return &journal.Fault{Index: f.index, Phase: f.phase, Dependency: f.spec.Dependency, Kind: f.spec.Kind(), Share: f.spec.Share, SizeS: size.Seconds()}
}

// met returns what the fault_lifted event says.
func (f *fault) met(size time.Duration, undone bool) *journal.Fault {
	e := f.asked(size)
	connections, held := f.connections.Load(), f.held.Load()
	e.Connections, e.UndoConfirmed = &connections, &undone
	if !f.unheard || held > 0 {
		e.RequestsHeld = &held
	}
	e.BytesUp, e.BytesDown, e.Routed = f.bytesUp.Load(), f.bytesDown.Load(), f.routed.Load()
	return e
}
