package main

import (
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports/journal"
)

// front stands in front of a site, passes its connections on, and goes bad when it is told to.
type front struct {
	net.Listener
	site string
	bad  atomic.Pointer[func(net.Conn)] // what becomes of a connection then
	seen atomic.Int64
}

func newFront(d *drill) *front {
	d.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.Fatal(err)
	}
	f := &front{Listener: l, site: d.site.URL[len("http://"):]}
	d.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	d.vars["SITE"] = "http://" + l.Addr().String()
	return f
}

// serve passes one connection on, or what the front has gone bad to.
func (f *front) serve(c net.Conn) {
	defer c.Close()
	if bad := f.bad.Load(); bad != nil {
		(*bad)(c)
		return
	}
	site, err := net.Dial("tcp", f.site)
	if err != nil {
		return
	}
	defer site.Close()
	go io.Copy(site, c)
	buf := make([]byte, 4096)
	for f.bad.Load() == nil {
		n, err := site.Read(buf)
		if err != nil {
			return
		}
		c.Write(buf[:n])
	}
}

// steady is an experiment of four seconds whose fault is in force in the last three.
const steady = `
version: 1
name: drill
target: {url: "$SITE", timeout: 2s}
requests: [{path: "/external?ms=10"}]
dependencies: [{name: payments, listen: "$PROXY", upstream: "$PAYMENTS"}]
phases:
  - {name: before, duration: 1s, rate: 25}
  - {name: slow, duration: 3s, rate: 25, faults: [{dependency: payments, latency: {delay: 20ms}}]}
`

// The target goes bad in mid-run, and stays so: the run goes on to its end, and
// says how the requests ended.
func TestDrillTarget(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	for _, row := range []struct {
		name  string
		bad   func(*front) func(net.Conn)
		class journal.Class
	}{
		{"dies", func(f *front) func(net.Conn) { f.Close(); return func(net.Conn) {} }, journal.ClassRefused},
		{"hangs", func(*front) func(net.Conn) { return func(net.Conn) { <-hang } }, journal.ClassClientTimeout},
		{"answers garbage", func(*front) func(net.Conn) {
			return func(c net.Conn) { c.Write([]byte("\x16\x03\x01 220 garbage\r\n\r\n\r\n")) }
		}, journal.ClassProtocol},
		{"closes at random", func(f *front) func(net.Conn) {
			return func(c net.Conn) {
				io.ReadAtLeast(c, make([]byte, 4096), 1)
				if f.seen.Add(1)%2 == 0 {
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")
				}
			}
		}, journal.ClassClosed},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDrill(t)
			f := newFront(d)
			d.start(steady, inShell)
			d.event(journal.FaultApplied)
			d.served(40)
			bad := row.bad(f)
			f.bad.Store(&bad)
			d.completes()
			d.faultless()
			d.lifted(false)
			all, by := d.hits()
			if all != 100 || by[journal.ClassOK] < 30 || by[row.class] < 20 {
				t.Errorf("%d hits ended so: %v; want 100, 20 or more of them as %v", all, by, row.class)
			}
		})
	}
}

// The same with the real thing: nginx and php-fpm are killed under load.
func TestDrillRealTargetKilled(t *testing.T) {
	d := newDrillOn(t, phpfpm.Start)
	d.start(steady, inShell)
	d.event(journal.FaultApplied)
	d.served(40)
	for _, leader := range d.site.Children {
		if err := syscall.Kill(-leader, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	d.completes()
	d.faultless()
	d.lifted(false)
	if all, by := d.hits(); all != 100 || by[journal.ClassOK] < 30 || by[journal.ClassRefused] < 20 {
		t.Errorf("%d hits ended so: %v; want 100, 20 or more of them refused", all, by)
	}
}
