package chaos

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

func TestMain(m *testing.M) {
	if arg := os.Getenv(childEnv); arg != "" {
		os.Exit(serveChild(arg))
	}
	var err error
	if builtIn, err = os.MkdirTemp("", "toxiproxy-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(builtIn)
		os.Exit(code)
	}))
}

const (
	soon  = 30 * time.Second       // a deadline that is only there so that a broken test ends
	while = 250 * time.Millisecond // how long "nothing comes" is watched
)

// dependency is a real TCP server that answers lines. "N" is answered by N
// bytes, "N bye" likewise and then closes, "wait" when the test says go,
// "eof" takes everything to the end and then answers how many bytes that was.
type dependency struct {
	addr string
	go_  chan struct{}
	got  chan string // each line

	mu    sync.Mutex
	conns []net.Conn
}

func newDependency(t testing.TB) *dependency {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dependency{addr: l.Addr().String(), go_: make(chan struct{}), got: make(chan string, 4096)}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d.mu.Lock()
			d.conns = append(d.conns, c)
			d.mu.Unlock()
			serving.Go(func() { d.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		d.closeAll()
		close(d.go_)
		serving.Wait()
	})
	return d
}

func (d *dependency) closeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		c.Close()
	}
}

func (d *dependency) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		d.got <- line
		if line == "wait" {
			<-d.go_
			line = "1"
		}
		if line == "eof" {
			n, _ := io.Copy(io.Discard, r)
			fmt.Fprintf(c, "%d", n)
			return
		}
		var n int
		fmt.Sscan(line, &n)
		c.Write([]byte(strings.Repeat("x", n)))
		if strings.HasSuffix(line, "bye") {
			return
		}
	}
}

// hears waits until the dependency has got n lines.
func (d *dependency) hears(t testing.TB, n int) {
	t.Helper()
	for range n {
		select {
		case <-d.got:
		case <-time.After(soon):
			t.Fatal("the dependency was not asked")
		}
	}
}

// rig is a dependency behind a proxy, and a Play of one fault on it.
type rig struct {
	*Proxies
	t      testing.TB
	exp    *configs.Experiment
	events chan journal.Event
	cancel context.CancelFunc
	played chan error
}

func newRig(t testing.TB, upstream string, faults ...configs.Fault) *rig {
	t.Helper()
	for i := range faults {
		faults[i].Dependency = "payments"
		if faults[i].Share == 0 {
			faults[i].Share = 1
		}
	}
	exp := &configs.Experiment{Seed: 1,
		Dependencies: []configs.Dependency{{Name: "payments", Listen: "127.0.0.1:0", Upstream: upstream}},
		Phases:       []configs.Phase{{Name: "chaos", Duration: time.Hour, Faults: faults}}}
	ps, err := Listen(exp)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Proxies: ps, t: t, exp: exp, events: make(chan journal.Event, 10000), played: make(chan error, 1)}
	t.Cleanup(func() {
		if r.cancel != nil {
			r.cancel()
		}
		if err := ps.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// apply starts the Play and waits until its fault is in force.
func (r *rig) apply() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.played <- r.Play(ctx, time.Now(), func(e journal.Event) { r.events <- e }) }()
	r.wait(journal.FaultApplied)
}

// wait returns the next event of that kind, dropping others.
func (r *rig) wait(kind journal.EventKind) journal.Event {
	r.t.Helper()
	for {
		select {
		case e := <-r.events:
			if e.Kind == kind {
				return e
			}
		case <-time.After(soon):
			r.t.Fatalf("no %s event", kind)
		}
	}
}

// lift ends the Play and returns what the fault met and the connections recorded since apply.
func (r *rig) lift() (journal.Fault, []journal.Connection) {
	r.t.Helper()
	r.cancel()
	select {
	case err := <-r.played:
		if !errors.Is(err, context.Canceled) {
			r.t.Fatalf("Play: got %v, want the context's error", err)
		}
	case <-time.After(soon):
		r.t.Fatal("Play does not return")
	}
	var met *journal.Fault
	var conns []journal.Connection
	for len(r.events) > 0 {
		switch e := <-r.events; e.Kind {
		case journal.FaultLifted:
			met = e.Fault
		case journal.ConnClosed:
			conns = append(conns, *e.Connection)
		}
	}
	if met == nil {
		r.t.Fatal("no fault_lifted event")
	}
	if met.UndoConfirmed == nil || !*met.UndoConfirmed {
		r.t.Error("the undo was not confirmed")
	}
	return *met, conns
}

// holds waits until the fault in force holds n requests.
func (r *rig) holds(n int64) {
	r.t.Helper()
	p := r.proxies["payments"]
	waitFor(r.t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.fault != nil && p.fault.held.Load() == n
	})
}

// one returns the record of a connection that has not ended, or an empty one if there is none.
func (r *rig) one() journal.Connection {
	p := r.proxies["payments"]
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		record, _ := c.takeRecord(time.Now())
		return *record
	}
	return journal.Connection{}
}

func waitFor(t testing.TB, met func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not happen")
		}
	}
}

// client is one connection of the site.
type client struct {
	*net.TCPConn
	t      testing.TB
	want   int // bytes of the answers asked for
	got    int
	failed string // why there is no connection
	broke  error  // of writing; the kernel tells of a reset only once
	ended  string // as seen before
}

func (r *rig) dial() *client { return r.dialFor(soon) }

func (r *rig) dialFor(patience time.Duration) *client {
	r.t.Helper()
	c := &client{t: r.t}
	address := r.Addr("payments")
	if r.out != nil {
		address = r.out.addr
	}
	conn, err := net.DialTimeout("tcp", address, patience)
	switch {
	case err == nil && r.out != nil:
		c.TCPConn = conn.(*net.TCPConn)
		r.t.Cleanup(func() { conn.Close() })
		c.failed = tunnel(c.TCPConn, r.exp.Dependencies[0].Host, patience)
	case err == nil:
		c.TCPConn = conn.(*net.TCPConn)
		r.t.Cleanup(func() { conn.Close() })
	case errors.Is(err, syscall.ECONNREFUSED):
		c.failed = "refused"
	case errors.Is(err, syscall.ECONNRESET):
		c.failed = "none, reset" // it came before the dialler looked
	case isTimeout(err):
		c.failed = "no connect"
	default:
		c.failed = err.Error()
	}
	return c
}

// tunnel asks the egress for a tunnel and returns why there is none, or "".
func tunnel(c *net.TCPConn, host string, patience time.Duration) string {
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", host, host)
	c.SetReadDeadline(time.Now().Add(patience))
	defer c.SetReadDeadline(time.Time{})
	var head []byte
	for b := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, b...) {
		if _, err := c.Read(b); isTimeout(err) {
			c.Close() // as a client whose time to connect is over
			return "no answer"
		} else if err != nil {
			return err.Error()
		}
	}
	if status := strings.Fields(string(head))[1]; status != "200" {
		return status
	}
	return ""
}

// ask sends a line that is answered by n bytes.
func (c *client) ask(line string, n int) {
	c.want += n
	if c.failed == "" {
		if _, err := c.Write([]byte(line + "\n")); err != nil {
			c.broke = err
		}
	}
}

// asked is a connection on which one request was answered.
func (r *rig) asked() *client {
	r.t.Helper()
	c := r.dial()
	c.ask("1", 1)
	c.reads()
	return c
}

// sees checks what the client sees from now on: how much of the answers ("none",
// "part" or "whole") and then whether the connection is "open" or ended by "eof"
// or "reset"; or why there is no connection. What does not come is watched for a
// while, what should come has long enough.
func (c *client) sees(want string) {
	c.t.Helper()
	if got := c.look(want); got != want {
		c.t.Errorf("the client sees %q (%d of %d bytes), want %q", got, c.got, c.want, want)
	}
}

func (c *client) look(want string) string {
	if c.failed != "" {
		return c.failed
	}
	end := "open"
	buf := make([]byte, 64<<10)
	for c.ended == "" {
		patience := while
		begun := strings.HasPrefix(want, "none") || c.got > 0
		whole := !strings.HasPrefix(want, "whole") || c.got >= c.want
		if !begun || !whole || !strings.HasSuffix(want, "open") {
			patience = soon
		}
		c.SetReadDeadline(time.Now().Add(patience))
		n, err := c.Read(buf)
		c.got += n
		if err == nil {
			if strings.HasPrefix(want, "part") && strings.HasSuffix(want, "open") && c.got < c.want {
				break // a slow answer that has begun
			}
			continue
		}
		if errors.Is(err, syscall.ECONNRESET) || errors.Is(c.broke, syscall.ECONNRESET) {
			c.ended = "reset"
		} else if errors.Is(err, io.EOF) {
			c.ended = "eof"
		} else if !errors.Is(err, os.ErrDeadlineExceeded) {
			end = err.Error()
		}
		break
	}
	if c.ended != "" {
		end = c.ended
	}
	switch {
	case c.got == 0 && c.want > 0:
		return "none, " + end
	case c.got < c.want:
		return "part, " + end
	}
	return "whole, " + end
}

// reads takes what was asked for, without watching for more.
func (c *client) reads() {
	c.t.Helper()
	for c.got < c.want {
		c.SetReadDeadline(time.Now().Add(soon))
		n, err := c.Read(make([]byte, 64<<10))
		c.got += n
		if err != nil {
			c.t.Fatalf("got %d of %d bytes: %v", c.got, c.want, err)
		}
	}
}
