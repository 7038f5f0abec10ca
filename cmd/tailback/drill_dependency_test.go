package main

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// patient is steady for a site that gives payments up after 100 ms.
const patient = `
version: 1
name: drill
target: {url: "$SITE", timeout: 2s}
requests: [{path: "/external?ms=10&timeout_ms=100"}]
dependencies: [{name: payments, listen: "$PROXY", upstream: "$PAYMENTS"}]
phases:
  - {name: before, duration: 1s, rate: 20}
  - {name: slow, duration: 3s, rate: 20, faults: [{dependency: payments, latency: {delay: 20ms}}]}
`

// hole is a dependency that answers until it becomes a black hole: connecting
// to it never completes.
type hole struct {
	*net.TCPListener
	fillers []net.Conn
}

func newHole(d *drill) *hole {
	d.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.Fatal(err)
	}
	h := &hole{TCPListener: l.(*net.TCPListener)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.ReadAtLeast(c, make([]byte, 4096), 1)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
			c.Close()
		}
	}()
	d.Cleanup(func() {
		l.Close()
		for _, c := range h.fillers {
			c.Close()
		}
	})
	d.vars["PAYMENTS"] = l.Addr().String()
	return h
}

// swallow stops accepting and fills the queue of what is to be accepted, as short as the kernel makes it.
func (h *hole) swallow(d *drill) {
	d.Helper()
	h.SetDeadline(time.Unix(1, 0)) // ends accepting
	raw, err := h.SyscallConn()
	if err == nil {
		var failed error
		err = errors.Join(raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), 0) }), failed)
	}
	for range 64 {
		if err != nil {
			break
		}
		var c net.Conn
		if c, err = net.DialTimeout("tcp", h.Addr().String(), 300*time.Millisecond); err == nil {
			h.fillers = append(h.fillers, c)
		}
	}
	if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() {
		d.Fatalf("fill the queue: %v", err)
	}
}

// A dependency that ends, or swallows connects, in mid-run takes nothing of the
// run with it, and the run does not wait for it at its end.
func TestDrillDependencyGone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		gone func(*drill, *hole)
		says string
	}{
		{"unreachable", func(d *drill, h *hole) { h.Close() }, "the proxy of payments could not connect to"},
		{"a black hole", func(d *drill, h *hole) { h.swallow(d) }, "no answer for 1s; what the site waits for is not only the fault"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDrill(t)
			h := newHole(d)
			d.start(patient, inShell)
			began := time.Now()
			d.event(journal.FaultApplied)
			row.gone(d, h)
			r := d.completes()
			if took := time.Since(began); took > 20*time.Second { // connecting is given 30 s
				t.Errorf("the run of 4 s took %v", took)
			}
			d.faultless()
			d.lifted(false)
			// A busy machine may drop some: these were not sent.
			if all, by := d.hits(); all != 80 || by[journal.ClassOK] < 60 || by[journal.ClassOK]+by[journal.ClassDropped] != 80 {
				t.Errorf("%d hits ended so: %v; want 80, all of them well: the site gives payments up", all, by)
			}
			d.warns(r, row.says)
		})
	}
}

// Nothing is begun with a dependency that can't be reached.
func TestDrillBlackHoleAtTheStart(t *testing.T) {
	d := newDrill(t)
	newHole(d).swallow(d)
	d.start(patient, inShell)
	d.exits(exitFailed, "reach dependency payments: ", "i/o timeout; start it, or correct dependencies[0].upstream")
	d.faultless()
	if exists(d.out) {
		t.Error("a bundle was begun")
	}
}
