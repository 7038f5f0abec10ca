package chaos

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Six kept connections have had three answers each. Two have a request under
// way when the hang comes, three send one during it, one stays idle: 5 held on 6.
func TestHangCountsRequestsNotConnections(t *testing.T) {
	d := newDependency(t)
	r := newRig(t, d.addr, configs.Fault{Hang: &configs.Hang{}})
	var clients []*client
	for range 6 {
		c := r.dial()
		for range 3 {
			c.ask("1", 1)
			c.reads()
		}
		clients = append(clients, c)
	}
	d.hears(t, 18)
	for _, c := range clients[:2] {
		c.ask("wait", 1)
	}
	d.hears(t, 2)
	r.apply()
	for _, c := range clients[2:5] {
		c.ask("9", 9)
	}
	r.holds(5)
	for range 2 {
		d.go_ <- struct{}{}
	}
	met, conns := r.lift()
	for _, c := range clients {
		c.reads()
	}
	if *met.Connections != 6 || *met.RequestsHeld != 5 {
		t.Errorf("got %d requests on %d connections, want 5 on 6", *met.RequestsHeld, *met.Connections)
	}
	// 3 x "9\n" came in during the fault; 2 answers of one byte came, or not yet.
	if met.BytesUp != 6 || met.BytesDown > 2 {
		t.Errorf("got %d bytes up and %d down, want 6 and at most 2", met.BytesUp, met.BytesDown)
	}
	var requests, held, caught int64
	for _, c := range conns {
		requests += c.Requests
		if c.HeldNS != nil {
			held++
		}
		if c.Fault != nil && *c.Fault == 0 {
			caught++
		}
		if c.ClosedBy != byEnd {
			t.Errorf("connection %d was ended by %s, want the end", c.ID, c.ClosedBy)
		}
	}
	if len(conns) != 6 || requests != 23 || held != 5 || caught != 6 { // 6 x 3 + 5
		t.Errorf("got %d connections with %d requests, %d held, %d under the fault; want 6, 23, 5, 6", len(conns), requests, held, caught)
	}
}

// Ten requests one after the other on a kept connection are ten that were delayed.
func TestLatencyCountsEachRequestOfAKeptConnection(t *testing.T) {
	r := newRig(t, newDependency(t).addr, configs.Fault{Latency: &configs.Latency{Delay: configs.Dose{From: time.Millisecond, To: time.Millisecond}}})
	r.apply()
	c := r.dial()
	for range 10 {
		c.ask("1", 1)
		c.reads()
	}
	met, conns := r.lift()
	if *met.Connections != 1 || *met.RequestsHeld != 10 || met.BytesUp != 20 || met.BytesDown != 10 {
		t.Errorf("got %d requests on %d connections, %d and %d bytes; want 10, 1, 20, 10",
			*met.RequestsHeld, *met.Connections, met.BytesUp, met.BytesDown)
	}
	if len(conns) != 1 || conns[0].Waiting || conns[0].Requests != 10 || conns[0].HeldNS == nil || *conns[0].HeldNS < int64(time.Millisecond) {
		t.Errorf("got %+v, want one connection whose longest request waited 1 ms at least", conns)
	}
}

// A dependency that speaks first, as MySQL does, is waited for from the opening on.
func TestAGreetingIsHeldLikeAnAnswer(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		fault configs.Fault
		sees  string
		held  int64
	}{
		{"hang", configs.Fault{Hang: &configs.Hang{}}, "none, open", 3},
		{"reset", configs.Fault{Reset: &configs.Reset{}}, "none, reset", 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, greeter(t), row.fault)
			well := r.dial()
			well.want = 5
			well.reads()
			well.Close()
			waitFor(t, func() bool { return r.one().ID == 0 })
			r.apply()
			for range 3 {
				c := r.dial()
				c.want = 5
				c.sees(row.sees)
			}
			met, conns := r.lift()
			if *met.RequestsHeld != row.held || *met.Connections != 3 {
				t.Errorf("got %d held on %d connections, want %d on 3", *met.RequestsHeld, *met.Connections, row.held)
			}
			for _, c := range conns {
				if c.HeldNS == nil || *c.HeldNS > c.ClosedNS-c.OpenedNS || c.Requests != 0 {
					t.Errorf("got %+v, want a wait from the opening and no request", c)
				}
			}
		})
	}
}

// A last word behind which the site ends the connection at once, as MySQL's
// QUIT, is no request and no wait; one behind which it waited is.
func TestAGoodbyeIsNoRequest(t *testing.T) {
	t.Parallel()
	delay := configs.Dose{From: 100 * time.Millisecond, To: 100 * time.Millisecond}
	for _, row := range []struct {
		name     string
		wait     time.Duration // before leaving
		requests int64
		waiting  bool
	}{
		{"at once", 0, 2, false},
		{"after a wait", 60 * time.Millisecond, 3, true},
	} {
		r := newRig(t, newDependency(t).addr, configs.Fault{Latency: &configs.Latency{Delay: delay}})
		r.apply()
		c := r.dial()
		for range 2 {
			c.ask("1", 1)
			c.reads()
		}
		c.ask("quit", 0)
		time.Sleep(row.wait)
		c.Close()
		got := *r.wait(journal.ConnClosed).Connection
		met, _ := r.lift()
		if got.Requests != row.requests || got.Waiting != row.waiting || *met.RequestsHeld != row.requests || got.HeldNS == nil || *got.HeldNS < int64(delay.From) {
			t.Errorf("%s: got %+v, held %d; want %d requests, waiting %v, and the longest wait 100 ms at least", row.name, got, *met.RequestsHeld, row.requests, row.waiting)
		}
	}
}

// greeter says five bytes to whoever connects.
func greeter(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { l.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				io.WriteString(c, "hello")
				io.Copy(io.Discard, c)
			})
		}
	})
	return l.Addr().String()
}

// Eight connections: three with a request under way, five idle. A cut holds
// three, and each of four new connections that sends something.
func TestCutsCountWhatWasOutstanding(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault configs.Fault
		held  int64
		conns int64
		late  string
	}{
		{"reset", configs.Fault{Reset: &configs.Reset{}}, 7, 12, "none, reset"},
		{"close", configs.Fault{Close: &configs.Close{}}, 7, 12, "none, eof"},
		{"down", configs.Fault{Down: &configs.Down{}}, 3, 8, "refused"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDependency(t)
			r := newRig(t, d.addr, row.fault)
			for i := range 8 {
				c := r.dial()
				c.ask("1", 1)
				c.reads()
				if i < 3 {
					c.ask("wait", 1)
				}
			}
			d.hears(t, 11)
			r.apply()
			for range 4 {
				c := r.dial()
				c.ask("9", 9)
				c.sees(row.late)
			}
			met, conns := r.lift()
			if *met.Connections != row.conns || *met.RequestsHeld != row.held {
				t.Errorf("got %d requests on %d connections, want %d on %d", *met.RequestsHeld, *met.Connections, row.held, row.conns)
			}
			for _, c := range conns {
				if c.ClosedBy != byFault {
					t.Errorf("connection %d was ended by %s, want the fault", c.ID, c.ClosedBy)
				}
			}
			if len(conns) != int(row.conns) {
				t.Errorf("got %d connections recorded, want %d", len(conns), row.conns)
			}
		})
	}
}

// A share is drawn from the seed, the fault and the connection: the same again
// for the same, another for another seed or fault, and about as many as asked.
func TestShareIsDrawnBySeed(t *testing.T) {
	drawn := func(seed uint64, index int) (in []bool, n int) {
		f := &fault{spec: configs.Fault{Share: 0.3}, seed: seed, index: index}
		for id := range int64(10000) {
			in = append(in, f.draws(id))
			if in[id] {
				n++
			}
		}
		return in, n
	}
	same := func(a, b []bool) bool {
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	a, n := drawn(1, 0)
	again, _ := drawn(1, 0)
	otherSeed, _ := drawn(2, 0)
	otherFault, _ := drawn(1, 1)
	if !same(a, again) || same(a, otherSeed) || same(a, otherFault) {
		t.Error("the draw is not a function of seed and fault")
	}
	// 3000 expected, standard deviation sqrt(10000 * 0.3 * 0.7) = 46: six of it are 275.
	if n < 2725 || n > 3275 {
		t.Errorf("drew %d of 10000 at a share of 0.3", n)
	}
}

// A share falls on open connections as well, and on exactly those drawn.
func TestShareOfConnections(t *testing.T) {
	r := newRig(t, newDependency(t).addr, configs.Fault{Hang: &configs.Hang{}, Share: 0.5})
	f := &fault{spec: r.exp.Phases[0].Faults[0], seed: r.exp.Seed}
	var clients []*client
	open := func(n int) {
		for range n { // one after the other, so that their numbers are known
			before := r.proxies["payments"].accepted()
			clients = append(clients, r.dial())
			waitFor(t, func() bool { return r.proxies["payments"].accepted() > before })
		}
	}
	open(5)
	r.apply()
	open(5)
	var want int64
	for i, c := range clients {
		c.ask("1", 1)
		if f.draws(int64(i + 1)) {
			want++
		} else {
			c.reads()
		}
	}
	r.holds(want)
	met, _ := r.lift()
	for _, c := range clients {
		c.reads()
	}
	if want == 0 || want == 10 || *met.Connections != want || *met.RequestsHeld != want {
		t.Errorf("got %d requests on %d connections, want %d", *met.RequestsHeld, *met.Connections, want)
	}
}

func (p *proxy) accepted() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}
