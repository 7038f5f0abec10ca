package chaos

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// player is one Play.
type player struct {
	*Proxies
	t0      time.Time
	emit    func(journal.Event)
	faults  []*played // by index
	applied []*played
	second  *time.Timer // the next whole second since t0
}

// played is a fault of the Play.
type played struct {
	*fault
	proxy *proxy
	now   time.Duration // its size
}

// Play applies and lifts the experiment's faults at their times since t0, and
// tells emit of that, of every connection that met a fault and of every request
// that a fault caught when they have ended, and each second of how the
// dependencies were used in it, one at a time and from
// this goroutine. It returns nil after the experiment's Duration, or the
// context's error when that ends, or why a fault could not be applied. On every
// way out, a panic in emit included, each fault is lifted first and connections
// that are still open are told of, as ended by "end". Their sockets stay open.
// AtNS never decreases from one fault event to the next; a connection's own
// times are in it.
func (ps *Proxies) Play(ctx context.Context, t0 time.Time, emit func(journal.Event)) error {
	return ps.play(ctx, ps.exp, t0, emit)
}

// play is Play with the faults of an experiment whose dependencies are the proxies'.
func (ps *Proxies) play(ctx context.Context, exp *configs.Experiment, t0 time.Time, emit func(journal.Event)) error {
	ps.playing.Lock()
	defer ps.playing.Unlock()
	if ps.closed {
		return errClosed
	}
	faults, err := ps.faults(exp)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ps.done, cancel)()

	ps.rec.begin(t0, ps.all())
	pl := &player{Proxies: ps, t0: t0, emit: emit, faults: faults, second: time.NewTimer(toSecond(t0))}
	defer pl.second.Stop()
	defer pl.end()
	for _, a := range faultActions(exp) {
		if err := pl.until(ctx, a.at); err != nil {
			return err
		}
		if err := pl.do(a); err != nil {
			return err
		}
	}
	return pl.until(ctx, exp.Duration())
}

// faults makes all faults, in the experiment's order. The error tells of one
// that cannot be played.
func (ps *Proxies) faults(exp *configs.Experiment) ([]*played, error) {
	var faults []*played
	for _, phase := range exp.Phases {
		for _, spec := range phase.Faults {
			p := ps.proxies[spec.Dependency]
			if p == nil {
				return nil, fmt.Errorf("play %s on %s: that dependency has no listen and upstream address, and no host", spec.Kind(), spec.Dependency)
			}
			e, err := effectOf(spec, p.listens())
			if err != nil {
				return nil, err
			}
			f := &fault{effect: e, index: len(faults), phase: phase.Name, spec: spec, seed: exp.Seed}
			faults = append(faults, &played{f, p, e.size})
		}
	}
	return faults, nil
}

// do takes the action.
func (pl *player) do(a faultAction) error {
	f := pl.faults[a.fault]
	switch a.kind {
	case actionApply:
		return pl.apply(f)
	case actionStep:
		pl.step(f, a.size)
	case actionLift:
		pl.lift(f)
	}
	return nil
}

// until emits the recorded events until that time, or returns the context's error.
func (pl *player) until(ctx context.Context, at time.Duration) error {
	timer := time.NewTimer(at - time.Since(pl.t0))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		case <-pl.second.C:
			pl.rec.used(pl.all())
			pl.second.Reset(toSecond(pl.t0))
		case <-pl.rec.more:
			for _, e := range pl.rec.take() {
				pl.emit(e)
			}
		}
	}
}

// toSecond returns how long it is until the next whole second since t0, or until t0.
func toSecond(t0 time.Time) time.Duration {
	past := time.Since(t0)
	if past < 0 {
		return -past
	}
	return time.Second - past%time.Second
}

func (pl *player) apply(f *played) error {
	at := time.Since(pl.t0)
	if err := f.proxy.apply(f.fault); err != nil {
		return err
	}
	pl.applied = append(pl.applied, f)
	pl.emit(journal.Event{AtNS: int64(at), Kind: journal.FaultApplied, Fault: f.asked(f.now)})
	return nil
}

func (pl *player) step(f *played, size time.Duration) {
	f.now = size
	f.resize(size)
	pl.emit(journal.Event{AtNS: int64(time.Since(pl.t0)), Kind: journal.FaultStepped, Fault: f.asked(size)})
}

func (pl *player) lift(f *played) { pl.emit(pl.undo(f)()) }

// undo lifts a fault. The function that it returns sees that the fault is
// lifted, which may take a while, and makes the event that tells of it.
func (pl *player) undo(f *played) (confirm func() journal.Event) {
	pl.applied = slices.DeleteFunc(pl.applied, func(a *played) bool { return a == f })
	at := time.Since(pl.t0) // before what was withheld comes
	undone := f.proxy.lift()
	return func() journal.Event {
		return journal.Event{AtNS: int64(at), Kind: journal.FaultLifted, Fault: f.met(f.now, undone && f.proxy.confirmed())}
	}
}

// end lifts every fault in force before it calls emit again, and closes the record.
func (pl *player) end() {
	var confirm []func() journal.Event
	for _, f := range slices.Clone(pl.applied) {
		confirm = append(confirm, pl.undo(f))
	}
	var events []journal.Event
	for _, c := range confirm {
		events = append(events, c())
	}
	pl.rec.end(pl.all())
	for _, e := range append(events, pl.rec.take()...) {
		pl.emit(e)
	}
}
