package chaos

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// outRig is an egress, and a Play on it.
type outRig struct {
	*rig
	client *http.Client // whose calls go through the egress
}

// newOutRig declares the host as the dependency "payments".
func newOutRig(t testing.TB, host string, change func(*configs.Experiment), faults ...configs.Fault) *outRig {
	t.Helper()
	for i := range faults {
		faults[i].Dependency = "payments"
		if faults[i].Share == 0 {
			faults[i].Share = 1
		}
	}
	exp := &configs.Experiment{Seed: 1, Target: configs.Target{URL: "http://127.0.0.1:1"},
		Dependencies: []configs.Dependency{{Name: "payments", Host: host}},
		Chaos:        configs.Chaos{Egress: configs.Egress{Listen: "127.0.0.1:0"}},
		Phases:       []configs.Phase{{Name: "chaos", Duration: time.Hour, Faults: faults}}}
	if change != nil {
		change(exp)
	}
	ps, err := Listen(exp)
	if err != nil {
		t.Fatal(err)
	}
	r := &outRig{rig: &rig{Proxies: ps, t: t, exp: exp, events: make(chan journal.Event, 10000), played: make(chan error, 1)}}
	r.client = r.newClient()
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

// newClient makes a client whose calls go through the egress, with connections of its own.
func (r *outRig) newClient() *http.Client {
	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: r.out.addr}),
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	r.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: soon}
}

// play starts a Play without waiting for a fault.
func (r *outRig) play() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.played <- r.Play(ctx, time.Now(), func(e journal.Event) { r.events <- e }) }()
	waitFor(r.t, func() bool { r.rec.mu.Lock(); defer r.rec.mu.Unlock(); return r.rec.on })
}

// stop ends the Play and returns all that it told.
func (r *outRig) stop() []journal.Event {
	r.t.Helper()
	r.cancel()
	<-r.played
	var events []journal.Event
	for len(r.events) > 0 {
		events = append(events, <-r.events)
	}
	return events
}

func (r *outRig) get(address string) string {
	r.t.Helper()
	answer, err := r.client.Get(address)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}

// echo serves what it was asked: method, host, URI, length of the body and what else came with it.
func echo(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	fmt.Fprintf(w, "%s %s %s %d %v %v", r.Method, r.Host, r.RequestURI, n, err, r.Header)
}

func hostOf(s *httptest.Server) string { return strings.SplitN(s.URL, "//", 2)[1] }

// Each host has its own record: the declared one by its name, others by their
// host and port. The keep-alive connection of a client that asks three hosts in turn is one to each.
func TestEveryHostIsSeen(t *testing.T) {
	plain, other, secure := httptest.NewServer(http.HandlerFunc(echo)), httptest.NewServer(http.HandlerFunc(echo)), httptest.NewTLSServer(http.HandlerFunc(echo))
	t.Cleanup(func() { plain.Close(); other.Close(); secure.Close() })
	r := newOutRig(t, hostOf(plain), nil)
	r.play()
	for range 3 {
		for _, s := range []*httptest.Server{plain, other, secure} {
			got := r.get(s.URL + "/a?b=c")
			if want := "GET " + hostOf(s) + " /a?b=c 0 <nil> map["; !strings.HasPrefix(got, want) || strings.Contains(got, "Proxy-") {
				t.Errorf("got %q, want %q and no header of the proxy's", got, want)
			}
		}
	}
	r.client.CloseIdleConnections()
	calls, held := map[string]int64{}, map[string]int64{}
	for _, e := range r.stop() {
		if u := e.Usage; u != nil {
			calls[u.Dependency] += u.Calls
			for _, n := range u.Waits {
				held[u.Dependency] += n
			}
			if want := map[bool]string{true: hostOf(plain), false: u.Dependency}[u.Dependency == "payments"]; u.Host != want || u.Self {
				t.Errorf("usage %+v: want host %s, not the site itself", u, want)
			}
		} else if e.Kind == journal.Refused || e.Kind == journal.Warning {
			t.Errorf("got %+v, want no trouble", e)
		}
	}
	for _, name := range []string{"payments", hostOf(other), hostOf(secure)} {
		if calls[name] != 3 || held[name] != 3 {
			t.Errorf("%s: %d calls, %d waits, want 3", name, calls[name], held[name])
		}
	}
}

// A client that turns from host to host holds no connection to one that it has
// left, even if that host never closes any.
func TestAHostThatIsLeftIsLetGo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		var open []net.Conn // to the end of the test
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			open = append(open, c)
			serving.Go(func() {
				c.Read(make([]byte, 4096))
				io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			})
		}
		for _, c := range open {
			c.Close()
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	r := newOutRig(t, l.Addr().String(), nil)
	c, err := net.Dial("tcp", r.out.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(soon))
	answers := bufio.NewReader(c)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	const turns = 10
	for i := range turns {
		fmt.Fprintf(c, "GET http://%s/ HTTP/1.1\r\nHost: x\r\n\r\n", net.JoinHostPort([]string{"127.0.0.1", "localhost"}[i%2], port))
		answer, err := http.ReadResponse(answers, nil)
		if err != nil || answer.StatusCode != http.StatusNoContent {
			t.Fatalf("turn %d: %v, %v", i, answer, err)
		}
	}
	waitFor(t, func() bool {
		open := 0
		for _, p := range r.all() {
			p.mu.Lock()
			open += len(p.conns)
			p.mu.Unlock()
		}
		return open == 1 // to the host of the last
	})
}

// Faults act on tunnels as they do on connections to a listening address.
// The egress itself plays faults of connects.
func TestWhatAClientOfTheEgressSees(t *testing.T) {
	t.Parallel()
	rows := []clientView{
		{name: "down answers 502", fault: configs.Fault{Down: &configs.Down{}},
			ask: "9", n: 9, before: "none, eof", during: "502", lifted: "none, eof", late: "502", held: 1, conns: 2},
		{name: "no_accept does not answer", fault: configs.Fault{NoAccept: &configs.NoAccept{}},
			ask: "9", n: 9, before: "whole, open", during: "no answer", lifted: "whole, open", late: "no answer", held: 1, conns: 1},
		{name: "dns answers 502", fault: configs.Fault{DNS: &configs.DNS{}},
			ask: "9", n: 9, before: "whole, open", during: "502", lifted: "whole, open", late: "502", held: 1, conns: 1},
		{name: "dns after a while", fault: configs.Fault{DNS: &configs.DNS{Delay: far}},
			ask: "9", n: 9, before: "whole, open", during: "no answer", lifted: "whole, open", late: "no answer", held: 1, conns: 1},
		{name: "slow_dial connects late", fault: configs.Fault{SlowDial: &configs.SlowDial{Delay: 10 * time.Millisecond}},
			ask: "9", n: 9, before: "whole, open", during: "whole, open", lifted: "whole, open", held: 1, conns: 1},
		{name: "slow_dial leaves connections alone", fault: configs.Fault{SlowDial: &configs.SlowDial{Delay: far}},
			ask: "9", n: 9, before: "whole, open", during: "no answer", lifted: "whole, open", late: "no answer", held: 1, conns: 1},
	}
	for _, row := range views() {
		if row.fault.Down == nil && row.fault.NoAccept == nil {
			rows = append(rows, row)
		}
	}
	for _, row := range rows {
		row.egress = true
		t.Run(row.name, row.play)
	}
}

// A call that is never answered counts as one that waited until the end.
func TestAnEndlessCallIsInTheWaits(t *testing.T) {
	d := newDependency(t)
	r := newOutRig(t, d.addr, nil)
	r.play()
	c := r.dial()
	c.ask("wait", 1)
	d.hears(t, 1)
	time.Sleep(100 * time.Millisecond)
	var longest, ended, waits int64
	for _, e := range r.stop() {
		if u := e.Usage; u != nil {
			longest, ended = max(longest, u.MaxNS), ended+u.Ended
			for _, n := range u.Waits {
				waits += n
			}
		}
	}
	if waits != 1 || ended != 0 || longest < int64(100*time.Millisecond) {
		t.Errorf("%d waits, %d ended, the longest %v; want one of 100 ms that has not ended", waits, ended, time.Duration(longest))
	}
}
