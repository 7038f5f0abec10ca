package attack

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

var quiet = log.New(io.Discard, "", 0)

func experiment(url string, phases ...configs.Phase) *configs.Experiment {
	return &configs.Experiment{
		Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target:   configs.Target{URL: url, Timeout: 5 * time.Second},
		Requests: []configs.Request{{Name: "home", Method: "GET", Path: "/", Weight: 1}},
		Limits:   configs.Limits{InFlight: 10_000},
		Phases:   phases,
	}
}

func burst(n int) configs.Phase {
	return configs.Phase{Name: "burst", Duration: time.Second, Burst: n}
}

// drive runs the experiment's traffic and returns its hits.
func drive(t *testing.T, exp *configs.Experiment) []journal.Hit {
	t.Helper()
	return driveCtx(t, t.Context(), exp)
}

func driveCtx(t *testing.T, ctx context.Context, exp *configs.Experiment) []journal.Hit {
	t.Helper()
	hits, _ := driveTelling(t, ctx, exp)
	return hits
}

// driveTelling also returns the events, but for the last, of which every run has one.
func driveTelling(t *testing.T, ctx context.Context, exp *configs.Experiment) ([]journal.Hit, []journal.Event) {
	t.Helper()
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	if len(exp.Visits) > 0 {
		a.late = time.Hour // a busy machine may stand still, which is not what is looked at
	}
	var mu sync.Mutex
	var hits []journal.Hit
	var events []journal.Event
	err = a.Run(ctx, time.Now(), func(h journal.Hit) {
		mu.Lock()
		defer mu.Unlock()
		hits = append(hits, h)
	}, func(e journal.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Kind != journal.Spoke {
			events = append(events, e)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return hits, events
}

// untilClosed waits for the other side to leave.
func untilClosed(c net.Conn) { io.Copy(io.Discard, c) }

// fullListener returns an address whose accept queue is full: connects to it
// are never completed.
func fullListener(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}).String()
	for range 16 { // fills the queue, then one connect times out
		c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the accept queue does not fill")
	return ""
}

func countCodes(hits []journal.Hit) map[int32]int {
	n := map[int32]int{}
	for _, h := range hits {
		n[h.Code]++
	}
	return n
}

// Open arrivals do not wait for answers: with every answer withheld until all
// hits are in, all are sent all the same.
func TestOpenArrivalsDoNotWait(t *testing.T) {
	t.Parallel()
	const hits = 40
	var seen sync.WaitGroup
	seen.Add(hits)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		seen.Done()
		seen.Wait()
	}))
	defer server.Close()
	got := drive(t, experiment(server.URL, open(time.Second, hits, hits)))
	if len(got) != hits || countCodes(got)[200] != hits {
		t.Errorf("got %d hits %v, want %d good ones", len(got), countCodes(got), hits)
	}
}

// No hit is sent before it is due, each once, in its phase; the sequence numbers
// of a closed and a burst phase begin at a multiple of SeqStride.
func TestPhases(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Millisecond) }))
	defer server.Close()
	ms := time.Millisecond
	exp := experiment(server.URL, open(200*ms, 100, 100), open(200*ms, 0, 200),
		configs.Phase{Name: "closed", Duration: 200 * ms, Concurrency: 3},
		configs.Phase{Name: "burst", Duration: 100 * ms, Burst: 25}, open(100*ms, 50, 50))
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	want := map[int32]uint64{0: 20, 1: 20, 3: 25, 4: 5}
	for i, span := range a.Spans() {
		if span.Hits != want[int32(i)] {
			t.Errorf("the manifest says %d hits in phase %d, want %d", span.Hits, i, want[int32(i)])
		}
	}
	counts, seqs := map[int32]uint64{}, map[uint64]bool{}
	for _, h := range drive(t, exp) {
		counts[h.Phase]++
		if seqs[h.Seq] {
			t.Errorf("two hits have the number %d", h.Seq)
		}
		seqs[h.Seq] = true
		if h.Sent < h.Due || h.FirstByte < h.Sent || h.Done < h.FirstByte {
			t.Errorf("out of order: %+v", h)
		}
		if start, end := exp.Start(int(h.Phase)), exp.Start(int(h.Phase)+1); h.Due < start || h.Due >= end {
			t.Errorf("hit %d is due at %v, outside its phase %d", h.Seq, h.Due, h.Phase)
		}
		if want := map[int32]uint64{0: 0, 1: 0, 2: 1, 3: 2, 4: 3}[h.Phase]; h.Seq/journal.SeqStride != want {
			t.Errorf("hit %d of phase %d is not in stride %d", h.Seq, h.Phase, want)
		}
	}
	closed := counts[2]
	delete(counts, 2)
	for phase, n := range want {
		if counts[phase] != n {
			t.Errorf("phase %d: %d hits, want %d", phase, counts[phase], n)
		}
	}
	// 3 clients, 1 ms a request, 200 ms: at most 600.
	if closed < 6 || closed > 600 {
		t.Errorf("closed phase: %d hits", closed)
	}
}

// When a closed phase is over, clients that are stuck send nothing more.
func TestClosedPhaseEndsWithItsClientsStuck(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if seen.Add(1) == 4 {
			time.AfterFunc(400*time.Millisecond, func() { close(release) }) // past the phase's end
		}
		<-release
	}))
	defer server.Close()
	hits := drive(t, experiment(server.URL, configs.Phase{Name: "closed", Duration: 200 * time.Millisecond, Concurrency: 4}))
	if len(hits) != 4 || seen.Load() != 4 {
		t.Errorf("%d hits recorded, %d seen, want the 4 that were stuck", len(hits), seen.Load())
	}
}

// A closed phase never has more requests in flight than it has clients.
func TestConcurrency(t *testing.T) {
	var now, most atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
	}))
	defer server.Close()
	drive(t, experiment(server.URL, configs.Phase{Name: "closed", Duration: 200 * time.Millisecond, Concurrency: 4}))
	if most.Load() != 4 {
		t.Errorf("at most %d in flight, want 4", most.Load())
	}
}

func TestInterruptedRunEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	for _, phase := range []configs.Phase{open(time.Hour, 10, 10), {Name: "closed", Duration: time.Hour, Concurrency: 2}, {Name: "burst", Duration: time.Hour, Burst: 5}} {
		exp := experiment(server.URL, phase)
		exp.Target.Timeout = time.Hour
		for _, h := range driveCtx(t, ctx, exp) {
			if h.Class != journal.ClassCanceled {
				t.Errorf("a hit cut off by the end of the run is %v, want canceled", h.Class)
			}
		}
	}
}

// Hits over the ceiling on requests in flight are dropped, under their own
// numbers, and those below it are sent.
func TestInFlightCeiling(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var seen atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1); <-release }))
	defer server.Close()
	time.AfterFunc(500*time.Millisecond, func() { close(release) })
	exp := experiment(server.URL, open(300*time.Millisecond, 100, 100))
	exp.Limits.InFlight = 7
	dropped := 0
	for _, h := range drive(t, exp) {
		if h.Class == journal.ClassDropped {
			dropped++
		}
	}
	if seen.Load() != 7 || dropped != 23 {
		t.Errorf("%d sent and %d dropped of 30, want 7 and 23", seen.Load(), dropped)
	}
}

// At 10/s a burst of 25 sends 10, a second's worth, and drops the rest.
func TestRateCeiling(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	defer server.Close()
	exp := experiment(server.URL, burst(25))
	exp.Limits.Rate = 10
	hits := drive(t, exp)
	if n := seen.Load(); len(hits) != 25 || n < 10 || n > 12 { // one more each 100 ms, should the machine stall
		t.Errorf("%d of %d hits sent, want 10 of 25", n, len(hits))
	}
}

// A generator that stood still for longer than maxLate drops what it missed
// instead of sending it all at once.
func TestOverdueHitsAreDropped(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	defer server.Close()
	exp := experiment(server.URL, open(4*time.Second, 50, 50))
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	var dropped, late atomic.Int64
	// As if the first 2 s had gone by: 1.75 s of them, 87 hits, are beyond the bound.
	err = a.Run(t.Context(), time.Now().Add(-2*time.Second), func(h journal.Hit) {
		if h.Class == journal.ClassDropped {
			dropped.Add(1)
		} else if h.Sent-h.Due > maxLate {
			late.Add(1)
		}
	}, func(journal.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if n := dropped.Load(); n < 87 || n+seen.Load() != 200 || late.Load() != 0 {
		t.Errorf("%d dropped and %d sent of 200, %d sent too late; want 87 or more dropped, none late", n, seen.Load(), late.Load())
	}
}

// At 0.5/s nothing is over a ceiling of 0.5/s, whatever the jitter; two
// at once are.
func TestRateCeilingBelowOne(t *testing.T) {
	g := newGate(configs.Limits{Rate: 0.5, InFlight: 10})
	for k := range 100 {
		jitter := time.Duration(k%3-1) * 100 * time.Millisecond
		if now := time.Duration(k)*2*time.Second + jitter; !g.withinRate(now) {
			t.Fatalf("hit %d, at %v, is refused", k, now)
		}
	}
	if !g.withinRate(200*time.Second) || g.withinRate(200*time.Second) {
		t.Error("of two hits at once not just the first is let through")
	}
}

// A closed phase whose hits are dropped at a ceiling does not spin: 2 clients
// that pause 10 ms after a drop try 100 times in half a second at most.
func TestClosedPhaseAtACeiling(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	time.AfterFunc(700*time.Millisecond, func() { close(release) })
	exp := experiment(server.URL, configs.Phase{Name: "burst", Duration: 100 * time.Millisecond, Burst: 5},
		configs.Phase{Name: "closed", Duration: 500 * time.Millisecond, Concurrency: 2})
	exp.Limits.InFlight = 5
	dropped := 0
	for _, h := range drive(t, exp) {
		if h.Class == journal.ClassDropped {
			dropped++
		}
	}
	if dropped == 0 || dropped > 102 {
		t.Errorf("%d hits dropped, want 1 to 102", dropped)
	}
}
