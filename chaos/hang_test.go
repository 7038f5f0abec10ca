package chaos

import (
	"net"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// The dependency answers and closes while the answer is withheld; the client
// keeps waiting, and gets both when the fault is lifted.
func TestHangWhenTheDependencyAnswersAndCloses(t *testing.T) {
	t.Parallel()
	d := newDependency(t)
	r := newRig(t, d.addr, configs.Fault{Hang: &configs.Hang{}})
	c := r.asked()
	c.ask("wait", 1)
	d.hears(t, 2)
	r.apply()
	d.go_ <- struct{}{}
	c.sees("part, open") // it has the first answer
	d.closeAll()
	c.sees("part, open")
	met, _ := r.lift()
	c.sees("whole, eof")
	if *met.RequestsHeld != 1 {
		t.Errorf("requests held: got %d, want the one under way", *met.RequestsHeld)
	}
}

// A dependency that refuses looks as one that hangs, for as long as the fault is in force.
func TestHangWhenTheDependencyCannotBeDialled(t *testing.T) {
	r := newRig(t, refusedAddr(t), configs.Fault{Hang: &configs.Hang{}})
	before := r.dial()
	before.ask("9", 9)
	before.sees("none, eof")
	r.apply()
	c := r.dial()
	c.ask("9", 9)
	c.sees("none, open")
	met, _ := r.lift()
	c.sees("none, eof")
	if *met.RequestsHeld != 1 || *met.Connections != 1 || met.BytesUp != 2 {
		t.Errorf("met %d requests, %d connections, %d bytes; want 1, 1, 2", *met.RequestsHeld, *met.Connections, met.BytesUp)
	}
}

// A site that gives up after a while is recorded with that while.
func TestHangRecordsHowLongTheSiteWaited(t *testing.T) {
	const timeout = 60 * time.Millisecond
	r := newRig(t, newDependency(t).addr, configs.Fault{Hang: &configs.Hang{}})
	r.apply()
	start := time.Now()
	c := r.dial()
	c.ask("9", 9)
	r.holds(1)
	time.Sleep(timeout)
	c.Close()
	// The site's leaving is told at once, although the connection ends with the fault.
	got := *r.wait(journal.ConnClosed).Connection
	seen := time.Now()
	if _, again := r.lift(); len(again) != 0 {
		t.Errorf("told again: %+v", again)
	}
	if got.HeldNS == nil || *got.HeldNS < int64(timeout) || *got.HeldNS > int64(seen.Sub(start)) {
		t.Errorf("held: got %v ns, want %v at least and %v at most", deref(got.HeldNS), timeout, seen.Sub(start))
	}
	if got.ClosedBy != bySite || !got.Waiting || got.Requests != 1 || got.Fault == nil || *got.Fault != 0 {
		t.Errorf("got %+v, want one request, ended by the site, under fault 0", got)
	}
}

// The reply of a half-closed connection comes, with no fault and after a hang.
func TestHalfCloseCarriesTheReply(t *testing.T) {
	r := newRig(t, newDependency(t).addr, configs.Fault{Hang: &configs.Hang{}})
	half := func() *client {
		c := r.dial()
		c.ask("eof", 2) // the answer is the length of "eleven byte"
		c.Write([]byte("eleven byte"))
		c.CloseWrite()
		return c
	}
	half().sees("whole, eof")
	r.apply()
	c := half()
	c.sees("none, open")
	r.lift()
	c.sees("whole, eof")
}

// A dependency whose host answers no SYN must not keep others from being
// accepted, and does not keep Close waiting.
func TestABlackHoleDoesNotStopAccepting(t *testing.T) {
	t.Parallel()
	hole := &listener{ended: make(chan struct{})}
	close(hole.ended)
	if err := hole.listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer hole.tcp.Close()
	if err := hole.stall(); err != nil {
		t.Fatal(err)
	}
	defer hole.unstall()
	r := newRig(t, hole.tcp.Addr().String(), configs.Fault{Hang: &configs.Hang{}})
	r.apply()
	for range 20 {
		r.dial().ask("9", 9)
	}
	r.holds(20)
	met, _ := r.lift()
	if *met.RequestsHeld != 20 || met.BytesUp != 40 {
		t.Errorf("held %d requests with %d bytes, want 20 with 40", *met.RequestsHeld, met.BytesUp)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// refusedAddr is an address of this machine where nobody listens.
func refusedAddr(t *testing.T) string {
	d := &listener{ended: make(chan struct{})}
	close(d.ended)
	if err := d.listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.tcp.Close() })
	if err := d.refuse(); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", d.tcp.Addr().String()); err == nil {
		c.Close()
		t.Fatal("it is not refused")
	}
	return d.tcp.Addr().String()
}
