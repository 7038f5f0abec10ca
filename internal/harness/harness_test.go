package harness

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/chaos"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
	"github.com/tailback/tailback/reports/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hangExperiment is a site whose dependency hangs for all of one long phase.
func hangExperiment(t *testing.T, length time.Duration) *configs.Experiment {
	t.Helper()
	proxy := ports.Test(t)
	site, err := gosite.Start(t.Context(), staging.Options{Dependency: proxy})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	return &configs.Experiment{
		Version: 1, Name: "hang", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target:       configs.Target{URL: site.URL, Timeout: 5 * time.Second},
		Requests:     []configs.Request{{Name: "external", Method: "GET", Path: "/external?ms=10", Weight: 1}},
		Dependencies: []configs.Dependency{{Name: "payments", Listen: proxy, Upstream: site.DependencyAddr}},
		Chaos:        configs.Chaos{Toxiproxy: configs.Embedded},
		Limits:       configs.Limits{InFlight: 10_000},
		Phases: []configs.Phase{{Name: "hang", Duration: length, Rate: &configs.Rate{From: 50, To: 50},
			Faults: []configs.Fault{{Dependency: "payments", Share: 1, For: length, Hang: &configs.Hang{}}}}},
	}
}

// lifted reads the bundle and reports whether its fault was lifted, and shown to be.
func lifted(t *testing.T, dir string) bool {
	t.Helper()
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	events, err := b.Events()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == journal.FaultLifted {
			return *e.Fault.UndoConfirmed && b.Manifest.Outcome.Undone
		}
	}
	return false
}

func TestEveryFaultIsLifted(t *testing.T) {
	t.Parallel()
	t.Run("at the end", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "out")
		if err := Run(t.Context(), hangExperiment(t, time.Second), dir, nil); err != nil || !lifted(t, dir) {
			t.Errorf("err %v, lifted %v", err, lifted(t, dir))
		}
	})
	t.Run("when interrupted", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "out")
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("Ctrl-C")
		err := Run(ctx, hangExperiment(t, time.Hour), dir, func(s Status) {
			if len(s.Faults) == 1 {
				cancel(why)
			}
		})
		if !errors.Is(err, why) || !lifted(t, dir) {
			t.Errorf("err %v, lifted %v", err, lifted(t, dir))
		}
	})
}

// panicking plays real faults, and panics in its turn once one is in force.
type panicking struct{ chaos.Injector }

func (p panicking) Play(ctx context.Context, t0 time.Time, emit func(journal.Event)) error {
	return p.Injector.Play(ctx, t0, func(e journal.Event) {
		emit(e)
		if e.Kind == journal.FaultApplied {
			panic("boom")
		}
	})
}

// Whichever part panics with a fault in force, the others end in good order.
func TestPanicInAPart(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		part    string
		prepare func(*configs.Experiment)
		faults  func(chaos.Injector) chaos.Injector
		watch   func(Status)
	}{
		{part: "attack", prepare: func(exp *configs.Experiment) {
			exp.Phases[0].Rate = &configs.Rate{To: 50, Step: 50, Every: 300 * time.Millisecond} // the fault is in force before the first hit
			exp.Requests[0].Weight = 0                                                          // which Validate refuses: no request can be picked
			exp.Requests = append(exp.Requests, exp.Requests[0])
		}},
		{part: "chaos", faults: func(real chaos.Injector) chaos.Injector { return panicking{real} }},
		{part: "watch", watch: func(s Status) {
			if len(s.Faults) > 0 {
				panic("boom")
			}
		}},
	} {
		t.Run(row.part, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "out")
			exp := hangExperiment(t, time.Hour)
			if row.prepare != nil {
				row.prepare(exp)
			}
			p, _, err := prepare(t.Context(), exp)
			if err != nil {
				t.Fatal(err)
			}
			if row.faults != nil {
				p.faults = row.faults(p.faults)
			}
			err = p.run(t.Context(), exp, dir, row.watch, Enough{})
			if err == nil || !strings.HasPrefix(err.Error(), "panic in "+row.part) || !lifted(t, dir) {
				t.Errorf("err %v, lifted %v", err, lifted(t, dir))
			}
			if conn, err := net.Dial("tcp", exp.Dependencies[0].Listen); err == nil {
				conn.Close()
				t.Error("the proxy still listens")
			}
		})
	}
}

// A panic is the error of its part, so that the others end in good order.
func TestGuard(t *testing.T) {
	err := safely("chaos", func() error { panic("boom") })()
	if err == nil || !strings.HasPrefix(err.Error(), "panic in chaos: boom\n") {
		t.Errorf("got %v", err)
	}
}

// childEnv names the folder in which the test's own binary, run again as a
// child with little disk to write to, is to run an experiment.
const childEnv = "TAILBACK_TEST_DISK_FULL"

// When the disk is full the run ends in good order, and what was recorded is kept.
func TestDiskFull(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		runOnFullDisk(t, dir)
		return
	}
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	child := exec.Command(os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
	child.Env = append(os.Environ(), childEnv+"="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for hits, err := range b.Hits() {
		if err != nil {
			t.Fatal(err)
		}
		n += len(hits)
	}
	if n == 0 {
		t.Error("nothing of what was recorded is left")
	}
}

func runOnFullDisk(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ) // then a write beyond the limit fails with EFBIG, as ENOSPC does on a full disk
	// Each segment of a second is a file of its own. The first holds 35 hits, the
	// twentieth 1,000, 13 bytes each. The rest of the bundle is begun before.
	limit := syscall.Rlimit{Cur: 10_000, Max: 10_000}
	full := func(Status) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Error(err)
		}
	}
	exp := hangExperiment(t, time.Minute)
	exp.Limits.InFlight = 500 // the rest is dropped, and recorded
	exp.Phases[0].Rate = &configs.Rate{From: 10, To: 3000}
	err := Run(t.Context(), exp, dir, full)
	if !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("got %v, want EFBIG", err)
	}
}

func TestUnsupportedIsRefused(t *testing.T) {
	exp := hangExperiment(t, time.Second)
	exp.Phases = nil
	dir := filepath.Join(t.TempDir(), "out")
	err := Run(t.Context(), exp, dir, nil)
	if err == nil || !strings.Contains(err.Error(), "it has no phases") {
		t.Errorf("an experiment without phases is not refused: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a bundle was begun")
	}
}

// A request may wait for a faulted dependency, and besides for any host through the egress.
func TestFaultedDependencies(t *testing.T) {
	exp := &configs.Experiment{Chaos: configs.Chaos{Toxiproxy: configs.Embedded}, Phases: []configs.Phase{{Faults: []configs.Fault{{Dependency: "a"}, {Dependency: "b"}}}, {Faults: []configs.Fault{{Dependency: "a"}}}}}
	if got := faulted(exp); got != 2 {
		t.Errorf("%d dependencies are faulted, want 2", got)
	}
	exp.Chaos.Egress.Listen = "127.0.0.1:8888"
	if got := faulted(exp); got != 3 {
		t.Errorf("with an egress %d, want 3", got)
	}
}

// By Little's law 8/s x 30 s = 240 requests may wait; each has a connection to
// the target and, with one dependency faulted, two at the proxy.
func TestWaiting(t *testing.T) {
	open := configs.Phase{Duration: time.Hour, Rate: &configs.Rate{From: 2, To: 8}}
	for _, c := range []struct {
		name   string
		phases []configs.Phase
		limit  int
		want   int
	}{
		{"the highest rate times the timeout", []configs.Phase{open}, 10_000, 240},
		{"a short run cannot pile up more than it sends", []configs.Phase{{Duration: 2 * time.Second, Rate: &configs.Rate{From: 8, To: 8}}}, 10_000, 16},
		{"a burst waits at once", []configs.Phase{open, {Duration: time.Second, Burst: 500}}, 10_000, 500},
		{"a closed phase has as many as it has clients", []configs.Phase{{Duration: time.Second, Concurrency: 64}}, 10_000, 64},
		{"never more than the ceiling", []configs.Phase{open}, 100, 100},
	} {
		exp := &configs.Experiment{Phases: c.phases, Target: configs.Target{Timeout: 30 * time.Second}, Limits: configs.Limits{InFlight: c.limit}}
		if got := waiting(exp); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	own := configs.Hz(2)
	exp := &configs.Experiment{Requests: []configs.Request{{Rate: &own}, {Weight: 1}}, Phases: []configs.Phase{open}, Target: configs.Target{Timeout: 30 * time.Second}, Limits: configs.Limits{InFlight: 1000}}
	if got := waiting(exp); got != 300 { // (8 + 2)/s for 30 s
		t.Errorf("with a request's own rate: %d, want 300", got)
	}
	if got := ownRates(exp); !slices.Equal(got, []float64{2, 0}) {
		t.Errorf("the manifest has the rates %v", got)
	}
}
