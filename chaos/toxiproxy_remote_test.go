package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	toxiclient "github.com/Shopify/toxiproxy/v2/client"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/state"
	"github.com/tailback/tailback/reports/journal"
)

// plainStand is a dependency behind a plain Toxiproxy server: a process of its own.
type plainStand struct {
	stand
	program, api string
	server       *exec.Cmd
}

func newPlainStand(t *testing.T) *plainStand {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	s := &plainStand{stand: stand{t: t, dep: newDependency(t), addr: ports.Test(t)}, program: command(t, "server"), api: ports.Test(t)}
	s.url = "http://" + s.api
	t.Cleanup(func() { s.stop() })
	s.start()
	return s
}

// start starts the server, and makes the proxy.
func (s *plainStand) start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.api)
	s.server = exec.Command(s.program, "-host", "127.0.0.1", "-port", port)
	if err := s.server.Start(); err != nil {
		s.t.Fatal(err)
	}
	waitFor(s.t, func() bool {
		c, err := net.Dial("tcp", s.api)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	if status, text := s.do("POST", "/proxies", fmt.Sprintf(`{"name": "payments", "listen": %q, "upstream": %q}`, s.addr, s.dep.addr)); status != 201 {
		s.t.Fatal(status, text)
	}
}

func (s *plainStand) stop() {
	s.server.Process.Kill()
	s.server.Wait()
}

// toxics returns what is on the proxy, or nothing if it is disabled.
func (s *plainStand) toxics() []toxiclient.Toxic {
	s.t.Helper()
	all, err := (&api{url: s.url, at: s.api}).proxies(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return all["payments"].ActiveToxics
}

// notes returns the files in the state folder.
func notes(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, dir := range state.Dirs() {
		names, err := filepath.Glob(filepath.Join(dir, leftoverPrefix+"*"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, names...)
	}
	return all
}

// Each kind that a plain server has something for acts, in the server's own
// way, and is gone after.
func TestRemotePlays(t *testing.T) {
	s := newPlainStand(t)
	delay := func(from, to, step, every time.Duration) configs.Dose {
		return configs.Dose{From: from, To: to, Step: step, Every: every}
	}
	ms := time.Millisecond
	for _, row := range []struct {
		fault  configs.Fault
		acts   func() bool
		caveat bool
	}{
		{configs.Fault{Latency: &configs.Latency{Delay: delay(300*ms, 300*ms, 0, 0)}}, func() bool { return s.takes() >= 300*ms }, false},
		{configs.Fault{Latency: &configs.Latency{Delay: delay(0, 300*ms, 300*ms, 50*ms)}}, func() bool { return s.takes() >= 300*ms }, false},
		{configs.Fault{Hang: &configs.Hang{}}, func() bool { return !s.answers(while) }, true},
		{configs.Fault{Reset: &configs.Reset{}}, func() bool { return !s.answers(soon) }, true},
		{configs.Fault{Down: &configs.Down{}}, func() bool { return !s.answers(soon) }, false},
		{configs.Fault{Bandwidth: &configs.Bandwidth{Rate: 1000}}, func() bool { return s.toxics()[0].Attributes["rate"] == 1.0 }, false},
		{configs.Fault{Slice: &configs.Slice{Size: 1, Delay: ms}}, func() bool { return s.toxics()[0].Attributes["delay"] == 1000.0 }, false},
		{configs.Fault{SlowClose: &configs.SlowClose{Delay: ms}}, func() bool { return s.toxics()[0].Type == "slow_close" }, false},
		{configs.Fault{Limit: &configs.Limit{Bytes: 7}}, func() bool { return s.toxics()[0].Attributes["bytes"] == 7.0 }, false},
	} {
		kind := row.fault.Kind()
		in := s.open(s.experiment(row.fault))
		p := play(t, in)
		if row.caveat {
			if e := p.wait(journal.Warning); !strings.Contains(e.Text, kind+" on payments is played by a plain Toxiproxy server") {
				t.Errorf("%s: warned of %q", kind, e.Text)
			}
		}
		if applied := p.wait(journal.FaultApplied); applied.Fault.Connections != nil || applied.Fault.RequestsHeld != nil || !applied.Fault.Uncounted {
			t.Errorf("%s: counted %+v", kind, applied.Fault)
		}
		waitFor(t, row.acts)
		if list := s.toxics(); row.fault.Down == nil && (len(list) != 1 || !strings.HasPrefix(list[0].Name, toxicPrefix)) {
			t.Errorf("%s: toxics are %+v", kind, list)
		}
		p.cancel()
		if err := p.ends(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Play: %v", kind, err)
		}
		if lifted := p.wait(journal.FaultLifted); !*lifted.Fault.UndoConfirmed {
			t.Errorf("%s: the undo was not confirmed", kind)
		}
		if err := in.Close(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if took := s.takes(); took > 300*ms || len(s.toxics()) > 0 || len(notes(t)) > 0 {
			t.Errorf("%s: after it a call took %v, with %v on the proxy and %v noted", kind, took, s.toxics(), notes(t))
		}
	}
}

func TestRemoteRefuses(t *testing.T) {
	s := newPlainStand(t)
	moved := s.experiment(configs.Fault{Hang: &configs.Hang{}})
	moved.Dependencies[0].Upstream = "127.0.0.1:1"
	unknown := s.experiment(configs.Fault{Hang: &configs.Hang{}})
	unknown.Dependencies[0].Name = "bank"
	for _, row := range []struct {
		exp  *configs.Experiment
		want string
	}{
		{s.experiment(configs.Fault{Close: &configs.Close{}}), "a plain Toxiproxy server can't play close"},
		{s.experiment(configs.Fault{NoAccept: &configs.NoAccept{}}), "a plain Toxiproxy server can't play no_accept"},
		{moved, "correct one of them"},
		{unknown, "it has no proxy named bank; make it: toxiproxy-cli"},
	} {
		in, err := Open(context.Background(), row.exp)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, %v, want %q", in, err, row.want)
		}
	}
	if left := notes(t); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// What a run that died has left is lifted by the next, which says so; what
// others have put there stays, and is reported.
func TestLeftoversAreLifted(t *testing.T) {
	s := newPlainStand(t)
	if status, text := s.do("POST", "/proxies/payments/toxics", `{"name": "theirs", "type": "latency", "attributes": {"latency": 1}}`); status != 200 {
		t.Fatal(status, text)
	}
	abandon := func(f configs.Fault) {
		t.Helper()
		opened, err := Open(context.Background(), s.experiment(f))
		if err != nil {
			t.Fatal(err)
		}
		in := opened.(*remote)
		if err := in.put(context.Background(), in.faults[0]); err != nil {
			t.Fatal(err)
		}
		if lifted, err := Lift(context.Background(), ""); err != nil || len(lifted.Undone) > 0 || len(lifted.Alive) != 1 {
			t.Errorf("of a run that lives: lifted %+v, %v", lifted, err)
		}
		in.left.file.Close() // as the kernel does when a process dies
	}
	abandon(configs.Fault{Hang: &configs.Hang{}})
	if s.answers(while) {
		t.Fatal("the leftover does not act")
	}
	in := s.open(s.experiment(configs.Fault{Down: &configs.Down{}}))
	p := play(t, in)
	if e := p.wait(journal.Warning); !strings.Contains(e.Text, "lifted before the run: toxic tailback-") || !strings.Contains(e.Text, "left by run checkout, pid ") {
		t.Errorf("warned of %q", e.Text)
	}
	if e := p.wait(journal.Warning); !strings.Contains(e.Text, "the toxic theirs (latency, downstream) on payments is not of this run") {
		t.Errorf("warned of %q", e.Text)
	}
	p.wait(journal.FaultApplied)
	p.cancel()
	p.ends()
	in.Close()

	abandon(configs.Fault{Down: &configs.Down{}})
	lifted, err := Lift(context.Background(), s.url+"/")
	if err != nil || len(lifted.Undone) != 1 || !strings.HasPrefix(lifted.Undone[0], "the disabling of proxy payments at ") {
		t.Errorf("lifted %+v, %v", lifted, err)
	}
	if !s.answers(soon) {
		t.Error("a call is not answered")
	}
	if list := s.toxics(); len(list) != 1 || list[0].Name != "theirs" {
		t.Errorf("toxics are %+v, want theirs alone", list)
	}
	if left := notes(t); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// Of several that lift at the same time none fails because another was faster.
func TestLiftsAtOnce(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	for range 100 {
		dead, err := newLeftover("http://127.0.0.1:1", &configs.Experiment{Name: "dead before it did anything"})
		if err != nil {
			t.Fatal(err)
		}
		dead.file.Close()
		var lifting sync.WaitGroup
		for range 8 {
			lifting.Go(func() {
				if _, err := Lift(t.Context(), ""); err != nil {
					t.Error(err)
				}
			})
		}
		lifting.Wait()
		if left := notes(t); len(left) > 0 {
			t.Fatalf("left %v", left)
		}
	}
}

// A server that is gone in mid-run ends the run, loudly, and what it may still
// have is lifted when it is back.
func TestServerGoneInMidRun(t *testing.T) {
	s := newPlainStand(t)
	in := s.open(s.experiment(configs.Fault{Hang: &configs.Hang{}}))
	p := play(t, in)
	p.wait(journal.FaultApplied)
	s.stop()
	if err := p.ends(); err == nil || !strings.Contains(err.Error(), "the Toxiproxy server has gone") {
		t.Errorf("Play: %v", err)
	}
	if lifted := p.wait(journal.FaultLifted); *lifted.Fault.UndoConfirmed {
		t.Error("an undo on a server that is gone was confirmed")
	}
	if e := p.wait(journal.Warning); !strings.Contains(e.Text, "could not be shown to be lifted") || !strings.Contains(e.Text, "run tailback lift") {
		t.Errorf("warned of %q", e.Text)
	}
	if err := in.Close(); err == nil || !strings.Contains(err.Error(), "run tailback lift") {
		t.Errorf("Close: %v", err)
	}
	if left := notes(t); len(left) != 1 {
		t.Fatalf("noted %v, want one file", left)
	}
	if lifted, err := Lift(context.Background(), ""); err == nil || len(lifted.Undone) > 0 || len(notes(t)) != 1 {
		t.Errorf("while the server is gone: lifted %+v, %v, and %v is noted", lifted, err, notes(t))
	}
	s.start() // without the toxic: it forgets
	if lifted, err := Lift(context.Background(), ""); err != nil || len(lifted.Undone) != 1 || len(notes(t)) != 0 {
		t.Errorf("once it is back: lifted %+v, %v, and %v is noted", lifted, err, notes(t))
	}
}

// A run that is ended just while a fault is lifted or stepped leaves nothing behind.
func TestEndedWhileTheServerIsAsked(t *testing.T) {
	s := newPlainStand(t)
	server, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	var end atomic.Pointer[context.CancelFunc] // of the Play; once
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cancel := end.Load(); r.Method == http.MethodDelete && cancel != nil && end.CompareAndSwap(cancel, nil) {
			(*cancel)()
			select {
			case <-r.Context().Done(): // the removal is given up
				return
			case <-time.After(200 * time.Millisecond): // or it is not
			}
		}
		httputil.NewSingleHostReverseProxy(server).ServeHTTP(w, r)
	}))
	defer between.Close()
	const ms = time.Millisecond
	for name, fault := range map[string]configs.Fault{
		"lift": {Hang: &configs.Hang{}, For: 50 * ms},
		"step": {Latency: &configs.Latency{Delay: configs.Dose{From: ms, To: 3 * ms, Step: ms, Every: 50 * ms}}},
	} {
		exp := s.experiment(fault)
		exp.Chaos.Toxiproxy = between.URL
		in := s.open(exp)
		ctx, cancel := context.WithCancel(t.Context())
		end.Store(&cancel)
		var lifted []bool
		err := in.Play(ctx, time.Now(), func(e journal.Event) {
			if e.Kind == journal.FaultLifted {
				lifted = append(lifted, *e.Fault.UndoConfirmed)
			}
		})
		if !errors.Is(err, context.Canceled) || len(lifted) != 1 || !lifted[0] {
			t.Errorf("%s: got %v, lifted %v; want one lifted and confirmed", name, err, lifted)
		}
		if left := s.toxics(); len(left) != 0 {
			t.Errorf("%s: the server still has %+v", name, left)
		}
		if err := in.Close(); err != nil {
			t.Errorf("%s: Close: %v", name, err)
		}
	}
}

// A panic in emit, while it is told of the first of two, leaves none in force.
func TestRemoteLiftsAllOnAPanicInEmit(t *testing.T) {
	s := newPlainStand(t)
	exp := s.experiment(configs.Fault{Hang: &configs.Hang{}}, configs.Fault{SlowClose: &configs.SlowClose{Delay: time.Second}})
	other := ports.Test(t)
	if status, text := s.do("POST", "/proxies", fmt.Sprintf(`{"name": "mail", "listen": %q, "upstream": %q}`, other, s.dep.addr)); status != 201 {
		t.Fatal(status, text)
	}
	exp.Dependencies = append(exp.Dependencies, configs.Dependency{Name: "mail", Listen: other, Upstream: s.dep.addr})
	exp.Phases[0].Faults[1].Dependency = "mail"
	in := s.open(exp)
	applied, boom := 0, errors.New("boom")
	err := recovered(func() error {
		return in.Play(t.Context(), time.Now(), func(e journal.Event) {
			if e.Kind == journal.FaultApplied {
				applied++
			}
			if applied == 2 {
				panic(boom)
			}
		})
	})
	if err != boom || applied != 2 {
		t.Errorf("got %v after %d were applied", err, applied)
	}
	all, err := (&api{url: s.url, at: s.api}).proxies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range all {
		if len(p.ActiveToxics) > 0 {
			t.Errorf("%s still has %+v", name, p.ActiveToxics)
		}
	}
}

// flood is a dependency that sends without end to whoever connects, and counts.
func flood(t *testing.T) (addr string, sent *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sent = new(atomic.Int64)
	var serving sync.WaitGroup
	serving.Go(func() {
		c, err := l.Accept()
		for err == nil {
			var n int
			n, err = c.Write(make([]byte, 1000))
			sent.Add(int64(n))
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String(), sent
}

// A client that stopped reading blocks the removal of a toxic for ever
// (toxiproxy#558): that is bounded, and told.
func TestRemovalThatBlocks(t *testing.T) {
	addr, sent := flood(t) // before the server: that goes first, and with it the connection
	s := newPlainStand(t)
	s.addr = ports.Test(t)
	if status, text := s.do("POST", "/proxies", fmt.Sprintf(`{"name": "flood", "listen": %q, "upstream": %q}`, s.addr, addr)); status != 201 {
		t.Fatal(status, text)
	}
	exp := s.experiment(configs.Fault{SlowClose: &configs.SlowClose{Delay: time.Millisecond}})
	exp.Dependencies = []configs.Dependency{{Name: "flood", Listen: s.addr, Upstream: addr}}
	exp.Phases[0].Faults[0].Dependency = "flood"
	in := s.open(exp)
	p := play(t, in)
	p.wait(journal.FaultApplied)
	stuck, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	last, since := int64(0), time.Now()
	waitFor(t, func() bool { // all buffers are full
		if now := sent.Load(); now != last {
			last, since = now, time.Now()
		}
		return last > 0 && time.Since(since) > 500*time.Millisecond
	})
	began := time.Now()
	p.cancel()
	if lifted := p.wait(journal.FaultLifted); *lifted.Fault.UndoConfirmed {
		t.Error("a removal that blocks was confirmed")
	}
	if took := time.Since(began); took > apiFor+2*time.Second {
		t.Errorf("it took %v", took)
	}
	p.ends()
	if err := in.Close(); err == nil {
		t.Error("Close says that all is lifted")
	}
}
