package zoo

import (
	"math/rand/v2"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// fault is one fault of the plan while it is played, and what it met, as package
// chaos counts it.
type fault struct {
	played
	index int
	size  time.Duration // of a delay
	delay bool          // it has one

	applied                     time.Duration
	connections, held, up, down int64
	routed                      bool
}

func newFault(index int, p played) *fault {
	f := &fault{played: p, index: index}
	switch {
	case p.Latency != nil:
		f.size, f.delay = p.Latency.Delay.From, true
	case p.SlowDial != nil:
		f.size, f.delay = p.SlowDial.Delay, true
	}
	return f
}

// is reports whether the fault, which may be nil, is of that kind.
func (f *fault) is(kind string) bool { return f != nil && f.Kind() == kind }

// The kinds that the zoo plays, by their names in a file.
const (
	hang      = "hang"
	latency   = "latency"
	reset     = "reset"
	down      = "down"
	noAccept  = "no_accept"
	limit     = "limit"
	slowDial  = "slow_dial"
	httpError = "http_error"
)

// countsBegun reports whether the fault holds each request that is outstanding
// while it is in force.
func (f *fault) countsBegun() bool { return f.is(hang) || f.is(latency) }

// onConnections reports whether the fault is felt on connections that are open.
func (f *fault) onConnections(egress bool) bool {
	return !f.is(noAccept) && !f.is(slowDial) || egress
}

// justNow is how long before a fault the site must have used the proxy to show
// that it goes through it.
const justNow = 10 * time.Second

// play lays out the plan's faults.
func (w *world) play() {
	for i, f := range w.plan.faults() {
		w.faults = append(w.faults, newFault(i, f))
	}
	ends := w.plays()
	for _, m := range w.plan.moments() {
		f := w.faults[m.fault]
		d := w.dependencyNamed(f.Dependency)
		late := w.noise.upTo(time.Millisecond)
		switch {
		case m.turn == applying && m.at < ends:
			w.at(m.at+late, func() { d.apply(f) })
		case m.turn == stepping && m.at < ends:
			w.at(m.at+late, func() { f.size = m.size; w.emitFault(journal.FaultStepped, f, f.asked()) })
		case m.turn == lifting:
			w.at(min(m.at, ends)+late, func() { d.lift(f) })
		}
	}
}

// asked is what the event of applying says.
func (f *fault) asked() *journal.Fault {
	e := &journal.Fault{Index: f.index, Phase: f.phase, Dependency: f.Dependency, Kind: f.Kind(), Share: f.Share}
	if f.delay {
		e.SizeS = f.size.Seconds()
	}
	return e
}

// met is what the event of lifting says.
func (f *fault) met(egress bool) *journal.Fault {
	e, undone := f.asked(), true
	connections, held := f.connections, f.held
	e.Connections, e.UndoConfirmed = &connections, &undone
	if unheard := (f.is(down) || f.is(noAccept)) && !egress; !unheard || held > 0 {
		e.RequestsHeld = &held
	}
	e.BytesUp, e.BytesDown, e.Routed = f.up, f.down, f.routed
	return e
}

func (w *world) emitFault(kind journal.EventKind, _ *fault, what *journal.Fault) {
	w.emit(journal.Event{Kind: kind, Fault: what})
}

// apply puts the fault in force.
func (d *dependency) apply(f *fault) {
	d.fault, f.applied = f, d.now
	f.routed = len(d.open) > 0 || d.used > 0 && d.now-d.used < justNow
	for _, c := range d.sorted() {
		c.enter(f, false)
	}
	d.emitFault(journal.FaultApplied, f, f.asked())
}

// lift takes the fault off. What it withheld flows again.
func (d *dependency) lift(f *fault) {
	if d.fault != f {
		return
	}
	d.fault = nil
	for _, c := range d.sorted() {
		c.leave()
	}
	for _, c := range d.inQueue {
		if c.closedBy == "" {
			c.accepted()
			c.send()
		}
	}
	d.inQueue = nil
	d.emitFault(journal.FaultLifted, f, f.met(d.cfg.Host != ""))
}

// draws reports whether a connection is in the fault's share.
func (f *fault) draws(seed uint64, id int64) bool {
	return f.Share >= 1 || rand.New(rand.NewPCG(seed^uint64(f.index)<<32, uint64(id))).Float64() < f.Share
}

// latencyNow is how much longer an answer takes.
func (f *fault) latencyNow(rng *rand.Rand) time.Duration {
	jitter := min(f.Latency.Jitter, f.size)
	return f.size + time.Duration((2*rng.Float64()-1)*float64(jitter))
}

// Hanging, and the others below, are a fault on a dependency as an experiment has it.
func Hanging(dependency string, after, lasts time.Duration) configs.Fault {
	return configs.Fault{Dependency: dependency, After: after, For: lasts, Share: 1, Hang: &configs.Hang{}}
}

// Slower delays answers by so much.
func Slower(dependency string, by, after, lasts time.Duration) configs.Fault {
	return configs.Fault{Dependency: dependency, After: after, For: lasts, Share: 1, Latency: &configs.Latency{Delay: configs.Dose{From: by, To: by}}}
}
