package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/reports/journal"
)

// stand is a dependency behind a proxy that outlives its runs.
type stand struct {
	t    testing.TB
	dep  *dependency
	addr string // where the site calls the dependency
	url  string // of the proxy's API
	said chan string
	end  func() // the proxy
}

func newStand(t testing.TB) *stand { return newStandOf(t, func(*configs.Experiment) {}) }

// newStandOf is newStand for an experiment that change has changed.
func newStandOf(t testing.TB, change func(*configs.Experiment)) *stand {
	t.Helper()
	s := &stand{t: t, dep: newDependency(t), addr: ports.Test(t), said: make(chan string, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	s.end = cancel
	ready, served := make(chan string, 1), make(chan error, 1)
	exp := s.experiment()
	change(exp)
	go func() {
		served <- Serve(ctx, exp, "127.0.0.1:0", func(a string) { ready <- a }, func(text string) { s.said <- text })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	select {
	case a := <-ready:
		s.url = "http://" + a
	case <-time.After(soon):
		t.Fatal("the proxy does not begin")
	}
	return s
}

// experiment is one that Validate lets through, with these faults for an hour.
func (s *stand) experiment(faults ...configs.Fault) *configs.Experiment {
	for i := range faults {
		faults[i].Dependency, faults[i].Share = "payments", 1
		if faults[i].For == 0 {
			faults[i].For = time.Hour
		}
	}
	return &configs.Experiment{Version: configs.Version, Name: "checkout", Arrivals: configs.Arrivals{Kind: configs.Uniform}, Seed: 1,
		Target:       configs.Target{URL: "http://127.0.0.1:1", Timeout: time.Second},
		Requests:     []configs.Request{{Name: "r", Method: "GET", Path: "/", Weight: 1}},
		Dependencies: []configs.Dependency{{Name: "payments", Listen: s.addr, Upstream: s.dep.addr}},
		Chaos:        configs.Chaos{Toxiproxy: s.url},
		Limits:       configs.Limits{InFlight: 1},
		Phases:       []configs.Phase{{Name: "chaos", Duration: 2 * time.Hour, Rate: &configs.Rate{From: 1, To: 1}, Faults: faults}}}
}

// open takes the lease as a run does.
func (s *stand) open(exp *configs.Experiment) Injector {
	s.t.Helper()
	in, err := Open(context.Background(), exp)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { in.Close() })
	return in
}

// playing is a Play of an Injector.
type playing struct {
	t      testing.TB
	events chan journal.Event
	cancel context.CancelFunc
	played chan error
	t0     time.Time
}

func play(t testing.TB, in Injector) *playing {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	p := &playing{t: t, events: make(chan journal.Event, 10000), cancel: cancel, played: make(chan error, 1), t0: time.Now()}
	go func() { p.played <- in.Play(ctx, p.t0, func(e journal.Event) { p.events <- e }) }()
	return p
}

func (p *playing) wait(kind journal.EventKind) journal.Event {
	p.t.Helper()
	for {
		select {
		case e := <-p.events:
			if e.Kind == kind {
				return e
			}
		case <-time.After(soon):
			p.t.Fatalf("no %s event", kind)
		}
	}
}

func (p *playing) ends() error {
	p.t.Helper()
	select {
	case err := <-p.played:
		return err
	case <-time.After(soon):
		p.t.Fatal("Play does not return")
		return nil
	}
}

// answers makes a call through the proxy and reports whether it was answered in that time.
func (s *stand) answers(within time.Duration) bool {
	c, err := net.DialTimeout("tcp", s.addr, within)
	if err != nil {
		return false
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(within))
	fmt.Fprintln(c, "1")
	n, _ := c.Read(make([]byte, 1))
	return n == 1
}

func TestProxyPlaysForARun(t *testing.T) {
	s := newStand(t)
	if !s.answers(soon) {
		t.Fatal("without a run the proxy does not pass a call on")
	}
	in := s.open(s.experiment(configs.Fault{Hang: &configs.Hang{}}))
	before := time.Now()
	p := play(t, in)
	applied := p.wait(journal.FaultApplied)
	// Due at 0 on the runner's clock; it was told of before this moment.
	if at := time.Duration(applied.AtNS); at < -tolerable || at > time.Since(before)+tolerable {
		t.Errorf("applied at %v, of %v", at, time.Since(before))
	}
	if s.answers(while) {
		t.Error("a call is answered during the hang")
	}
	p.cancel()
	if err := p.ends(); !errors.Is(err, context.Canceled) {
		t.Errorf("Play: got %v, want the context's error", err)
	}
	lifted := p.wait(journal.FaultLifted)
	if u := lifted.Fault.UndoConfirmed; u == nil || !*u {
		t.Error("the undo was not confirmed")
	}
	if *lifted.Fault.RequestsHeld != 1 {
		t.Errorf("the hang held %d requests, want 1", *lifted.Fault.RequestsHeld)
	}
	if !s.answers(soon) {
		t.Error("a call is not answered after the hang")
	}
}

func TestProxiesAreHeldByOneRun(t *testing.T) {
	s := newStand(t)
	first := s.open(s.experiment())
	_, err := Open(context.Background(), s.experiment())
	if want := "the proxies are held by run checkout of "; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	s.open(s.experiment())
}

// A runner that is suspended keeps its connection and says nothing.
func TestFaultsOfASilentRunAreLifted(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	in := s.open(s.experiment(configs.Fault{Down: &configs.Down{}})).(*leaseClient)
	p := play(t, in)
	p.wait(journal.FaultApplied)
	in.mu.Lock() // no beat gets out
	silent := time.Now()
	waitFor(t, func() bool { return s.answers(while) })
	if after := time.Since(silent); after > 3*time.Second {
		t.Errorf("lifted after %v, want within 3 s", after)
	}
	in.mu.Unlock()
	if err := p.ends(); err == nil || !strings.Contains(err.Error(), "the run was not heard for 2s") {
		t.Errorf("Play: got %v", err)
	}
}

// Ctrl-C on the proxy lifts the faults of the run that holds it, and the run says so.
func TestAProxyThatIsEndedLiftsFirst(t *testing.T) {
	s := newStand(t)
	p := play(t, s.open(s.experiment(configs.Fault{Hang: &configs.Hang{}})))
	p.wait(journal.FaultApplied)
	ended := time.Now()
	s.end()
	if lifted := p.wait(journal.FaultLifted); !*lifted.Fault.UndoConfirmed {
		t.Error("the undo was not confirmed")
	}
	if err := p.ends(); err == nil || !strings.Contains(err.Error(), "the proxy was ended") {
		t.Errorf("Play: got %v", err)
	}
	if took := time.Since(ended); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// The traffic that a proxy's own file asks for has no part in what it plays for a run.
func TestProxyWithTrafficOfItsOwn(t *testing.T) {
	own := configs.Hz(2)
	s := newStandOf(t, func(exp *configs.Experiment) {
		exp.Requests = []configs.Request{{Name: "r", Method: "GET", Path: "/", Rate: &own}}
		exp.Phases[0].Rate = &configs.Rate{}
	})
	p := play(t, s.open(s.experiment(configs.Fault{Hang: &configs.Hang{}})))
	p.wait(journal.FaultApplied)
	p.cancel()
	p.ends()
}

func TestProxyRefusesAPlan(t *testing.T) {
	s := newStand(t)
	other := s.experiment(configs.Fault{Hang: &configs.Hang{}})
	other.Dependencies[0].Upstream = "127.0.0.1:1"
	unknown := s.experiment(configs.Fault{Hang: &configs.Hang{}})
	unknown.Phases[0].Faults[0].Dependency = "bank"
	for _, row := range []struct {
		exp  *configs.Experiment
		want string
	}{
		{other, "dependency payments is another here"},
		{unknown, `no dependency is named "bank"`},
		{s.experiment(configs.Fault{Slice: &configs.Slice{}}), "slice.size: needs to be from 1B"},
	} {
		_, err := Open(context.Background(), row.exp)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, want %q", err, row.want)
		}
	}
	for _, body := range []string{"", "\n", "{}\n", "nonsense", `{"plan":{}}` + "\n", `{"plan":{"protocol":1}} {}` + "\n", strings.Repeat("x", leaseLine+1)} {
		r, err := http.Post(s.url+leasePath, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusBadRequest {
			t.Errorf("%.30q: got %s, want 400", body, r.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if !s.answers(soon) {
		t.Error("the proxy does not pass a call on")
	}
}

// Who may call out through the egress is not who may break the dependencies: the
// API on loopback stays closed to a client that the egress lets in.
func TestEgressDoesNotLeadToTheAPI(t *testing.T) {
	egress := ports.Test(t)
	s := newStandOf(t, func(exp *configs.Experiment) { exp.Chaos.Egress.Listen = egress })
	through := &http.Client{Timeout: soon, Transport: &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: egress})}}
	defer through.CloseIdleConnections()
	for _, host := range []string{s.url, strings.Replace(s.url, "127.0.0.1", "localhost", 1)} {
		if answer, err := through.Post(host+"/reset", "", nil); err == nil { // a host that is not reached gives no answer
			answer.Body.Close()
			t.Errorf("%s through the egress answers %s", host, answer.Status)
		}
	}
	tunnel, err := net.Dial("tcp", egress)
	if err != nil {
		t.Fatal(err)
	}
	defer tunnel.Close()
	fmt.Fprintf(tunnel, "CONNECT %s HTTP/1.1\r\n\r\n", strings.TrimPrefix(s.url, "http://"))
	tunnel.SetDeadline(time.Now().Add(soon))
	answer, err := http.ReadResponse(bufio.NewReader(tunnel), &http.Request{Method: http.MethodConnect})
	if err != nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("a tunnel to the API: %v, %v, want 403", answer, err)
	}
}
