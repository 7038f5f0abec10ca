package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// often is an experiment that applies and lifts a fault over and over, one of each
// way to hold a connection.
const often = `
version: 1
name: drill
target: {url: "$SITE", timeout: 2s}
requests: [{path: "/external?ms=10"}]
dependencies: [{name: payments, listen: "$PROXY", upstream: "$PAYMENTS"}]
phases:
  - name: often
    duration: 4s
    rate: 20
    faults:
      - {dependency: payments, latency: {delay: 20ms}, after: 1s, for: 300ms}
      - {dependency: payments, hang: {}, after: 1500ms, for: 300ms}
      - {dependency: payments, bandwidth: {rate: 1MB/s}, after: 2s, for: 300ms}
      - {dependency: payments, slice: {size: 100, delay: 1ms}, after: 2500ms, for: 300ms}
      - {dependency: payments, limit: {bytes: 10}, after: 3s, for: 300ms}
      - {dependency: payments, down: {}, after: 3500ms, for: 300ms}
`

// A client that stopped reading, while more is sent to it than all buffers on
// the way hold, holds up neither the faults nor the others nor the end
// (a plain Toxiproxy stands still then: Shopify/toxiproxy#558).
func TestDrillClientThatStoppedReading(t *testing.T) {
	d := newDrill(t)
	var sent atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.vars["PAYMENTS"] = l.Addr().String()
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/endless" {
			io.WriteString(w, "ok")
			return
		}
		for chunk := make([]byte, 64<<10); ; {
			n, err := w.Write(chunk)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })

	d.start(often, inShell)
	var stuck net.Conn
	d.await("the proxy", func() bool { stuck, err = net.Dial("tcp", d.proxy); return err == nil })
	defer stuck.Close()
	fmt.Fprint(stuck, "GET /endless HTTP/1.1\r\nHost: payments\r\n\r\n")
	bufio.NewReaderSize(stuck, 16).ReadByte() // it reads the first byte, and then no more
	stalled := func() bool {
		was := sent.Load()
		time.Sleep(100 * time.Millisecond)
		return was > 1<<20 && sent.Load() == was
	}
	d.await("that all buffers are full", stalled)
	r := d.completes()
	d.faultless()
	d.lifted(false)
	if all, by := d.hits(); all != 80 || by[journal.ClassOK] < 40 {
		t.Errorf("%d hits ended so: %v; want 80, most of them well", all, by)
	}
	if len(r.Faults) != 6 {
		t.Errorf("%d faults, want 6: %+v", len(r.Faults), r.Faults)
	}
	// The faults begin each half a second from 1 s on. A busy machine may be late by
	// some; a proxy that waits for the client is late for ever.
	for i, f := range r.Faults {
		if late := f.AppliedS - 1 - float64(i)/2; late < 0 || late > 2 || f.LiftedS == nil {
			t.Errorf("fault %d: %+v, want it in force for 0.3 s from %.1f s on", i, f, 1+float64(i)/2)
		}
	}
}

// A port that is taken keeps the run from starting, and the ports that were free are let go of.
func TestDrillPortTaken(t *testing.T) {
	d := newDrill(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d.vars["TAKEN"] = l.Addr().String()
	d.start(strings.Replace(slowed, "dependencies: [", `dependencies: [{name: search, listen: "$TAKEN", upstream: "$PAYMENTS"}, `, 1), inShell)
	d.exits(exitFailed, "listen for dependency search on "+l.Addr().String(), "address already in use (free the port, or give the dependency another listen address)")
	d.faultless()
	if exists(d.out) {
		t.Error("a bundle was begun")
	}
}

// Connections that nobody counted on take all descriptors in mid-run.
func TestDrillDescriptors(t *testing.T) {
	d := newDrill(t)
	d.start(strings.Replace(slowed, "timeout: 2s", "timeout: 500ms", 1), "ulimit -n 140\n"+inShell) // 50/s x 0.5 s wait, each with 3; 64 are ours
	d.event(journal.FaultApplied)
	d.served(150) // 3 s
	// The proxy closes those for which it has no second descriptor, so they keep coming.
	var conns []net.Conn
	stop := each(5*time.Millisecond, func() {
		if c, err := net.DialTimeout("tcp", d.proxy, time.Second); err == nil {
			conns = append(conns, c)
		}
	})
	defer func() {
		stop()
		for _, c := range conns {
			c.Close()
		}
	}()
	d.exits(exitFailed, "too many open files", "raise the limit on open files")
	d.faultless()
	d.lifted(true) // the call that shows it needs descriptors as well
	d.keeps(2 * time.Second)
	d.warns(d.report(exitFailed), "too many open files")
}
