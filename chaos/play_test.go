package chaos

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Every way out of Play lifts the fault first, tells of it, and leaves a
// dependency that answers.
func TestPlayLiftsOnEveryWayOut(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for _, row := range []struct {
		name string
		out  func(r *rig, cancel func(), e journal.Event) // what emit does
		want error
	}{
		{"at the end", func(r *rig, cancel func(), e journal.Event) {}, nil},
		{"when the context ends", func(r *rig, cancel func(), e journal.Event) {
			if e.Kind == journal.FaultApplied {
				cancel()
			}
		}, context.Canceled},
		{"on a panic in emit", func(r *rig, cancel func(), e journal.Event) {
			if e.Kind == journal.FaultApplied {
				panic(boom)
			}
		}, boom},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, newDependency(t).addr, configs.Fault{Hang: &configs.Hang{}, For: 50 * time.Millisecond})
			r.exp.Phases[0].Duration = 100 * time.Millisecond
			c := r.asked()
			c.ask("9", 9)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var lifted []journal.Fault
			var connections int
			err := recovered(func() error {
				return r.Play(ctx, time.Now(), func(e journal.Event) {
					switch e.Kind {
					case journal.FaultLifted:
						lifted = append(lifted, *e.Fault)
					case journal.ConnClosed:
						connections++
					}
					row.out(r, cancel, e)
				})
			})
			if !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
			if len(lifted) != 1 || lifted[0].UndoConfirmed == nil || !*lifted[0].UndoConfirmed {
				t.Errorf("got %+v, want one fault lifted and confirmed", lifted)
			}
			if connections != 1 {
				t.Errorf("got %d connections told of, want 1", connections)
			}
			c.sees("whole, open")
			r.asked()
		})
	}
}

func recovered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = p.(error)
		}
	}()
	return f()
}

// Two faults that meet and a stepped one: order, indexes, sizes and times.
func TestPlayKeepsTheSchedule(t *testing.T) {
	const ms = time.Millisecond
	r := newRig(t, newDependency(t).addr,
		configs.Fault{Latency: &configs.Latency{Delay: configs.Dose{From: 0, To: 20 * ms, Step: 10 * ms, Every: 20 * ms}}, After: 10 * ms, For: 70 * ms},
		configs.Fault{Down: &configs.Down{}, After: 80 * ms, For: 20 * ms})
	r.exp.Phases[0].Duration = 100 * ms
	r.exp.Phases = append([]configs.Phase{{Name: "baseline", Duration: 20 * ms}}, r.exp.Phases...)
	want := []struct {
		kind  journal.EventKind
		index int
		size  float64
		at    time.Duration
	}{
		{journal.FaultApplied, 0, 0, 30 * ms},
		{journal.FaultStepped, 0, 0.01, 50 * ms},
		{journal.FaultStepped, 0, 0.02, 70 * ms},
		{journal.FaultLifted, 0, 0.02, 100 * ms},
		{journal.FaultApplied, 1, 0, 100 * ms},
		{journal.FaultLifted, 1, 0, 120 * ms},
	}
	var got []journal.Event
	if err := r.Play(t.Context(), time.Now(), func(e journal.Event) { got = append(got, e) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("got %d events, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		e := got[i]
		if e.Kind != w.kind || e.Fault.Index != w.index || e.Fault.SizeS != w.size || e.Fault.Phase != "chaos" || e.AtNS < int64(w.at) {
			t.Errorf("event %d: got %s of fault %+v at %v, want %+v or later", i, e.Kind, *e.Fault, time.Duration(e.AtNS), w)
		}
	}
	r.asked()
}

// A client that has stopped reading, its answers filling every buffer, holds
// up neither applying nor lifting nor the others, and Close ends it.
func TestAClientThatStoppedReading(t *testing.T) {
	t.Parallel()
	r := newRig(t, newDependency(t).addr, configs.Fault{Latency: &configs.Latency{Delay: configs.Dose{From: time.Millisecond, To: time.Millisecond}}})
	stuck := r.asked()
	stuck.SetReadBuffer(4 << 10)
	stuck.ask("100000000", 1e8)
	stalled := func() bool {
		was := r.one().BytesDown
		time.Sleep(50 * time.Millisecond)
		return was > 1e6 && r.one().BytesDown == was
	}
	waitFor(t, stalled)
	r.apply()
	other := r.dial()
	other.ask("9", 9)
	other.reads()
	r.lift()
	r.asked()
	closed := make(chan error, 1)
	go func() { closed <- r.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(soon):
		t.Fatal("Close waits for the client")
	}
	if err := r.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

// Close ends a Play, whose fault is lifted; nothing is played afterwards.
func TestCloseEndsAPlay(t *testing.T) {
	for _, fault := range []configs.Fault{{Hang: &configs.Hang{}}, {Down: &configs.Down{}}, {NoAccept: &configs.NoAccept{}}} {
		r := newRig(t, newDependency(t).addr, fault)
		r.asked().ask("9", 9)
		r.apply()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if met := r.wait(journal.FaultLifted); !*met.Fault.UndoConfirmed {
			t.Errorf("%s: the undo was not confirmed", met.Fault.Kind)
		}
		if err := <-r.played; !errors.Is(err, context.Canceled) {
			t.Errorf("Play: got %v", err)
		}
		if err := r.Play(t.Context(), time.Now(), func(journal.Event) {}); !errors.Is(err, errClosed) {
			t.Errorf("Play after Close: got %v, want %v", err, errClosed)
		}
		if c, err := net.Dial("tcp", r.Addr("payments")); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after Close: got %v %v, want a refused connect", c, err)
		}
	}
}

// While a dependency is down its port is ours: nobody else gets it.
func TestDownKeepsThePort(t *testing.T) {
	r := newRig(t, newDependency(t).addr, configs.Fault{Down: &configs.Down{}})
	r.apply()
	if l, err := net.Listen("tcp", r.Addr("payments")); err == nil {
		l.Close()
		t.Error("somebody else could listen on the port")
	}
	r.lift()
	r.asked()
}

// If the port cannot be had again, lifting says so, and Play goes on.
func TestALostPortIsNotConfirmed(t *testing.T) {
	t.Parallel()
	r := newRig(t, newDependency(t).addr, configs.Fault{Down: &configs.Down{}, For: time.Millisecond})
	r.exp.Phases[0].Duration = time.Millisecond
	var thief net.Listener
	var met *journal.Fault
	err := r.Play(t.Context(), time.Now(), func(e journal.Event) {
		switch e.Kind {
		case journal.FaultApplied:
			r.proxies["payments"].tcp.Close()
			var err error
			if thief, err = net.Listen("tcp", r.Addr("payments")); err != nil {
				t.Error(err)
			}
		case journal.FaultLifted:
			met = e.Fault
		}
	})
	if thief != nil {
		thief.Close()
	}
	if err != nil || met == nil || met.UndoConfirmed == nil || *met.UndoConfirmed {
		t.Errorf("got %+v and %v, want a lifting that is not confirmed", met, err)
	}
}

// Both ends of a connection get the RST, with or without a request under way;
// a new connection that sends nothing gets it a little later.
func TestResetReachesBothSides(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := newRig(t, l.Addr().String(), configs.Fault{Reset: &configs.Reset{}})
	site := r.dial()
	dep, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer dep.Close()
	io.WriteString(dep, "x") // so that the proxy's dial is known to be over
	site.want = 1
	site.reads()
	r.apply()
	site.want = 2
	site.sees("part, reset")
	dep.SetReadDeadline(time.Now().Add(soon))
	if _, err := dep.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the dependency sees %v, want a reset", err)
	}
	silent := r.dial()
	silent.want = 1
	silent.sees("none, reset")
	again, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if met, _ := r.lift(); *met.RequestsHeld != 0 || *met.Connections != 2 {
		t.Errorf("got %d requests on %d connections, want 0 on 2", *met.RequestsHeld, *met.Connections)
	}
}

// What got into the accept queue while it was filled is served after lifting,
// and is counted.
func TestNoAcceptServesWhatGotIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, newDependency(t).addr, configs.Fault{NoAccept: &configs.NoAccept{}})
	p := r.proxies["payments"]
	p.pause() // as if they came between the last accept and the shrinking of the queue
	var in []*client
	for range 3 {
		c := r.dial()
		c.ask("9", 9)
		in = append(in, c)
	}
	r.apply()
	r.wantsNoMore()
	met, _ := r.lift()
	for _, c := range in {
		c.sees("whole, open")
	}
	if *met.Connections != 3 || met.RequestsHeld != nil {
		t.Errorf("got %d connections and %v requests, want 3 and unknown", *met.Connections, met.RequestsHeld)
	}
}

func (r *rig) wantsNoMore() {
	r.t.Helper()
	if c := r.dialFor(while); c.failed != "no connect" {
		r.t.Errorf("a connect during no_accept: got %q", c.failed)
	}
}

func TestOpenErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := func(name string) configs.Dependency {
		return configs.Dependency{Name: name, Listen: "127.0.0.1:0", Upstream: "127.0.0.1:1"}
	}
	hang := []configs.Phase{{Name: "p", Duration: time.Second, Faults: []configs.Fault{{Dependency: "bank", Hang: &configs.Hang{}}}}}
	for _, row := range []struct {
		name string
		exp  configs.Experiment
		want string
	}{
		{"a port that is taken is named", configs.Experiment{Dependencies: []configs.Dependency{free("payments"),
			{Name: "search", Listen: taken.Addr().String(), Upstream: "127.0.0.1:1"}}},
			"listen for dependency search on " + taken.Addr().String() + ": bind: address already in use"},
		{"a fault on what is not listened for", configs.Experiment{Dependencies: []configs.Dependency{free("payments"), {Name: "bank", Host: "bank:443"}}, Phases: hang},
			"play hang on bank: that dependency has no listen and upstream address"},
	} {
		ps, err := Listen(&row.exp)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
		if ps != nil {
			t.Errorf("%s: proxies were returned", row.name)
		}
	}
}
