package chaos

import (
	"context"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// start is apply with the Play's t0 told.
func (r *rig) start() (t0 time.Time) {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, t0 = cancel, time.Now()
	go func() { r.played <- r.Play(ctx, t0, func(e journal.Event) { r.events <- e }) }()
	return t0
}

// wantWait checks whose wait it is, that it began in [from, to], and ended at least then.
func wantWait(t *testing.T, w *journal.Wait, fault int, by string, from, to, ended time.Duration) {
	t.Helper()
	if w.Dependency != "payments" || w.Connection != 1 || w.Fault != fault || w.EndedBy != by {
		t.Errorf("got %+v, want a wait of payments on connection 1, of fault %d, ended by %s", w, fault, by)
	}
	if w.BeganNS < int64(from) || w.BeganNS > int64(to) || w.EndedNS < int64(ended) {
		t.Errorf("it waited from %v to %v, want from %v to %v on, until %v or later", time.Duration(w.BeganNS), time.Duration(w.EndedNS), from, to, ended)
	}
}

// Two hangs on a kept connection, an answered call between them and one behind:
// each hang has caught one call, which ends at its lifting and is told of then,
// while the connection lives on.
func TestAWaitEndsWithItsAnswer(t *testing.T) {
	hang := configs.Fault{Hang: &configs.Hang{}, For: 200 * time.Millisecond}
	first, second := hang, hang
	first.After, second.After = 20*time.Millisecond, 600*time.Millisecond
	r := newRig(t, newDependency(t).addr, first, second)
	c := r.asked()
	t0 := r.start()
	var began, lifted [2]time.Duration
	for fault := range 2 {
		r.wait(journal.FaultApplied)
		began[fault] = time.Since(t0)
		c.ask("9", 9)
		asked := time.Since(t0)
		lifted[fault] = time.Duration(r.wait(journal.FaultLifted).AtNS)
		c.reads()
		wantWait(t, r.wait(journal.Waited).Wait, fault, byAnswer, began[fault], asked+50*time.Millisecond, lifted[fault])
		c.ask("1", 1)
		c.reads()
	}
	c.Close()
	got := *r.wait(journal.ConnClosed).Connection
	if got.Requests != 5 || got.Waiting || got.HeldNS == nil || got.ClosedBy != bySite {
		t.Errorf("got %+v, want five requests and a wait that had an answer", got)
	}
	if got.Fault == nil || *got.Fault != 0 || len(got.LaterFaults) != 1 || got.LaterFaults[0] != 1 {
		t.Errorf("got faults %v and %v, want 0 and then 1", got.Fault, got.LaterFaults)
	}
	r.cancel()
	<-r.played
}

// Ten slow calls with pauses are ten waits, none of them as long as a pause more.
func TestIdlingIsNoWait(t *testing.T) {
	const delay, pause = 10 * time.Millisecond, 60 * time.Millisecond
	r := newRig(t, newDependency(t).addr, configs.Fault{Latency: &configs.Latency{Delay: configs.Dose{From: delay, To: delay}}})
	r.start()
	r.wait(journal.FaultApplied)
	c := r.dial()
	var waited, asking time.Duration
	for range 10 {
		before := time.Now()
		c.ask("1", 1)
		c.reads()
		asking += time.Since(before)
		w := r.wait(journal.Waited).Wait
		if w.EndedBy != byAnswer || time.Duration(w.EndedNS-w.BeganNS) < delay {
			t.Errorf("got %+v, want a wait of %v or more for an answer", w, delay)
		}
		waited += time.Duration(w.EndedNS - w.BeganNS)
		time.Sleep(pause)
	}
	if waited > asking {
		t.Errorf("waits of %v together, and the client waited %v", waited, asking)
	}
	r.lift()
}

// A wait without an answer ends with its connection: the site gives up, the
// fault cuts it, the run ends. It is told right before.
func TestAWaitEndsWithItsConnection(t *testing.T) {
	for _, row := range []struct {
		by    string
		fault configs.Fault
		then  func(r *rig, c *client)
	}{
		{bySite, configs.Fault{Hang: &configs.Hang{}}, func(_ *rig, c *client) {
			time.Sleep(2 * goodbyeWithin) // sooner it would be a goodbye
			c.Close()
		}},
		{byFault, configs.Fault{Reset: &configs.Reset{After: 30 * time.Millisecond}}, func(*rig, *client) {}},
		{byEnd, configs.Fault{Hang: &configs.Hang{}}, func(r *rig, _ *client) { r.cancel() }},
	} {
		t.Run(row.by, func(t *testing.T) {
			d := newDependency(t)
			r := newRig(t, d.addr, row.fault)
			c := r.asked()
			t0 := r.start()
			r.wait(journal.FaultApplied)
			from := time.Since(t0)
			c.ask("wait", 1)
			waitFor(t, func() bool { return r.one().Requests == 2 || row.by == byFault })
			to := time.Since(t0)
			row.then(r, c)
			if row.by == byFault {
				to += while
			}
			wantWait(t, r.wait(journal.Waited).Wait, 0, row.by, from, to, from)
			next := <-r.events
			if next.Kind != journal.ConnClosed || next.Connection.ClosedBy != row.by || !next.Connection.Waiting {
				t.Errorf("then came %+v, want the connection, ended by %s while it waited", next, row.by)
			}
			r.cancel()
			<-r.played
		})
	}
}

// A connection that lives from one Play into the next tells there only of the
// faults of that one.
func TestAPlayKnowsNothingOfTheOneBefore(t *testing.T) {
	r := newRig(t, newDependency(t).addr, configs.Fault{Hang: &configs.Hang{}})
	c := r.asked()
	for range 2 {
		r.start()
		r.wait(journal.FaultApplied)
		c.ask("1", 1)
		r.holds(1)
		r.cancel()
		w := r.wait(journal.Waited).Wait
		if w.Fault != 0 || w.EndedNS-w.BeganNS > int64(soon) {
			t.Errorf("got %+v, want a wait of this Play", w)
		}
		if got := r.wait(journal.ConnClosed).Connection; got.LaterFaults != nil {
			t.Errorf("got faults %v after the first, want none", got.LaterFaults)
		}
		if err := <-r.played; err != context.Canceled {
			t.Fatal(err)
		}
		c.reads()
	}
}
