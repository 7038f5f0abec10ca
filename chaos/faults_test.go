package chaos

import (
	"runtime"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
)

// clientView is a fault and what clients see of it.
type clientView struct {
	name   string
	fault  configs.Fault
	ask    string // the request asked on each
	n      int    // its answer's bytes
	before string
	during string
	lifted string // the connection opened before, after lifting; the one opened during, as well unless:
	late   string
	held   int64 // -1: unknown
	conns  int64
	egress bool // the client comes by CONNECT
}

// What a client sees on a connection opened before, during and after each
// fault, and on the first two when it is lifted. Delays are far longer than
// the watching, so that what comes after lifting came because of it.
func TestWhatAClientSees(t *testing.T) {
	t.Parallel()
	for _, row := range views() {
		t.Run(row.name, row.play)
	}
}

const far = 100 * time.Second

func views() []clientView {
	dose := configs.Dose{From: far, To: far}
	return []clientView{
		{name: "latency delays answers", fault: configs.Fault{Latency: &configs.Latency{Delay: dose}},
			ask: "9", n: 9, before: "none, open", during: "none, open", lifted: "whole, open", held: 2, conns: 2},
		{name: "latency delays requests", fault: configs.Fault{Latency: &configs.Latency{Delay: dose, Direction: configs.Upstream}},
			ask: "9", n: 9, before: "none, open", during: "none, open", lifted: "whole, open", held: 2, conns: 2},
		{name: "hang withholds everything", fault: configs.Fault{Hang: &configs.Hang{}},
			ask: "9", n: 9, before: "none, open", during: "none, open", lifted: "whole, open", held: 2, conns: 2},
		{name: "hang withholds the end as well", fault: configs.Fault{Hang: &configs.Hang{}},
			ask: "9 bye", n: 9, before: "none, open", during: "none, open", lifted: "whole, eof", held: 2, conns: 2},
		// The one opened before was idle when it was cut: only the other's request was held.
		{name: "reset ends with a RST", fault: configs.Fault{Reset: &configs.Reset{}},
			ask: "9", n: 9, before: "none, reset", during: "none, reset", lifted: "none, reset", held: 1, conns: 2},
		{name: "close ends with a FIN", fault: configs.Fault{Close: &configs.Close{}},
			ask: "9", n: 9, before: "none, eof", during: "none, eof", lifted: "none, eof", held: 1, conns: 2},
		{name: "reset that is lifted before its time", fault: configs.Fault{Reset: &configs.Reset{After: far}},
			ask: "9", n: 9, before: "whole, open", during: "whole, open", lifted: "whole, open", held: 0, conns: 2},
		{name: "down refuses", fault: configs.Fault{Down: &configs.Down{}},
			ask: "9", n: 9, before: "none, eof", during: "refused", lifted: "none, eof", late: "refused", held: -1, conns: 1},
		{name: "no_accept does not complete a connect", fault: configs.Fault{NoAccept: &configs.NoAccept{}},
			ask: "9", n: 9, before: "whole, open", during: "no connect", lifted: "whole, open", late: "no connect", held: -1, conns: 0},
		{name: "bandwidth slows", fault: configs.Fault{Bandwidth: &configs.Bandwidth{Rate: 1000}},
			ask: "1000000", n: 1e6, before: "part, open", during: "part, open", lifted: "whole, open", held: 2, conns: 2},
		{name: "slow_close delays the end only", fault: configs.Fault{SlowClose: &configs.SlowClose{Delay: far}},
			ask: "9 bye", n: 9, before: "whole, open", during: "whole, open", lifted: "whole, eof", held: 2, conns: 2},
		{name: "slow_close of nothing that ends", fault: configs.Fault{SlowClose: &configs.SlowClose{Delay: far}},
			ask: "9", n: 9, before: "whole, open", during: "whole, open", lifted: "whole, open", held: 0, conns: 2},
		{name: "slice sends pieces", fault: configs.Fault{Slice: &configs.Slice{Size: 10, Delay: far}},
			ask: "100000", n: 1e5, before: "part, open", during: "part, open", lifted: "whole, open", held: 2, conns: 2},
		{name: "limit ends after some bytes", fault: configs.Fault{Limit: &configs.Limit{Bytes: 4}},
			ask: "9", n: 9, before: "part, eof", during: "part, eof", lifted: "part, eof", held: 2, conns: 2},
		// The dependency would answer nothing: it takes the request's lines for numbers that are none.
		{name: "http_error answers itself", fault: configs.Fault{HTTPError: busy}, ask: askHTTP + "\r", n: len(saysBusy),
			before: "whole, open", during: "whole, open", lifted: "whole, open", held: 2, conns: 2},
		{name: "http_error ends a connection that is to be closed", fault: configs.Fault{HTTPError: busy}, ask: askHTTP + "Connection: close\r\n\r",
			n: len(saysBusy + "Connection: close\r\n"), before: "whole, eof", during: "whole, eof", lifted: "whole, eof", held: 2, conns: 2},
		{name: "http_error lets pass what is no HTTP", fault: configs.Fault{HTTPError: busy},
			ask: "9", n: 9, before: "whole, open", during: "whole, open", lifted: "whole, open", held: 0, conns: 2},
	}
}

var busy = &configs.HTTPError{Status: 429, Body: "slow down", Headers: []configs.Header{{Name: "Retry-After", Value: configs.Secret{Text: "5"}}}}

const (
	askHTTP  = "GET /a HTTP/1.1\r\nHost: payments\r\n"
	saysBusy = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 9\r\nRetry-After: 5\r\n\r\nslow down"
)

func (row clientView) play(t *testing.T) {
	if row.fault.NoAccept != nil && runtime.GOOS != "linux" {
		t.Skip("no_accept is for Linux")
	}
	t.Parallel()
	var r *rig
	if d := newDependency(t); row.egress {
		r = newOutRig(t, d.addr, nil, row.fault).rig
	} else {
		r = newRig(t, d.addr, row.fault)
	}
	before := r.asked()
	before.got, before.want = 0, 0
	r.apply()

	before.ask(row.ask, row.n)
	before.sees(row.before)
	patience := soon
	if row.during == "no connect" || row.during == "no answer" {
		patience = while
	}
	during := r.dialFor(patience)
	during.ask(row.ask, row.n)
	during.sees(row.during)

	met, _ := r.lift()
	before.sees(row.lifted)
	if row.late == "" {
		row.late = row.lifted
	}
	during.sees(row.late)
	after := r.asked()
	after.ask("9", 9)
	after.sees("whole, open")

	if met.Connections == nil || *met.Connections != row.conns {
		t.Errorf("connections: got %v, want %d", deref(met.Connections), row.conns)
	}
	if held := deref(met.RequestsHeld); held != row.held {
		t.Errorf("requests held: got %d, want %d", held, row.held)
	}
}

func deref(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}
