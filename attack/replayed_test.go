package attack

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/replay"
	"github.com/tailback/tailback/reports/journal"
)

// logOf reads a log of GETs, each due so many milliseconds after the first line.
func logOf(t *testing.T, speed float64, at []int, targets ...string) *replay.Log {
	t.Helper()
	var text strings.Builder
	for i, ms := range at {
		when := time.UnixMilli(1795940547000 + int64(ms)).UTC()
		fmt.Fprintf(&text, "::1 - - [%s] \"GET %s HTTP/1.1\" 200 5\n", when.Format("2006-01-02T15:04:05.000Z"), targets[i%len(targets)])
	}
	log, err := replay.Read(strings.NewReader(text.String()), replay.Options{Methods: []string{"GET"}, Speed: speed})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// For any log, speed and phases: due times grow, each hit is due in its own phase,
// each phase has as many hits as it says, and all that is due before the last
// phase's end is sent.
func TestReplayedProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var at []int
		for ms := 0; len(at) < 1+rng.IntN(300); ms += rng.IntN(60) {
			at = append(at, ms)
		}
		exp := &configs.Experiment{Arrivals: configs.Arrivals{Kind: configs.Replay, Log: logOf(t, 0.5+3*rng.Float64(), at, "/a", "/b")}}
		for range 1 + rng.IntN(4) {
			exp.Phases = append(exp.Phases, configs.Phase{Duration: time.Duration(1+rng.IntN(3000)) * time.Millisecond})
		}
		s := newReplayed(exp, 0, len(exp.Phases)-1)
		count := make([]uint64, len(exp.Phases))
		last, k := time.Duration(0), uint64(0)
		for ; ; k++ {
			due, phase, ok := s.Due(k)
			if !ok {
				break
			}
			if due < last || due < exp.Start(int(phase)) || due >= exp.Start(int(phase)+1) {
				t.Fatalf("hit %d is due at %s in phase %d, after %s", k, due, phase, last)
			}
			count[phase]++
			last = due
		}
		if all := exp.Arrivals.Log.Before(exp.Duration()); int(k) != all {
			t.Fatalf("%d hits are sent, and %d are due in %s", k, all, exp.Duration())
		}
		for i, n := range count {
			seconds := exp.Phases[i].Duration.Seconds()
			if hz := s.MeanRate(int32(i)); s.Hits(int32(i)) != n || hz != float64(n)/seconds {
				t.Fatalf("phase %d of %v s has %d hits and says %d, %v/s", i, seconds, n, s.Hits(int32(i)), hz)
			}
		}
	}
}

// What the site gets is what the log has, byte for byte, in its order, behind the
// target's own path and with the headers of the request that it is like.
func TestReplayedRequests(t *testing.T) {
	var mu sync.Mutex
	var got []string
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, r.Header.Get("X-Own")))
	}))
	defer site.Close()
	targets := []string{"/own/1?a=b&c={{uuid}}", "//two//slashes", "/a%2Fb/%C3%A4?x=%20+", "/own/2", "/?"}
	log := logOf(t, 1, []int{0, 50, 100, 150, 200}, targets...)
	exp := experiment(site.URL+"/base/", configs.Phase{Name: "all", Duration: time.Second, Rate: &configs.Rate{}})
	exp.Arrivals = configs.Arrivals{Kind: configs.Replay, Log: log}
	exp.Requests = []configs.Request{
		{Name: "own", Method: "GET", Path: "/own/{{random 1 9}}", Weight: 2, Headers: []configs.Header{{Name: "X-Own", Value: configs.Secret{Text: "{{seq}}"}}}},
		{Name: "others", Method: "GET", Path: "/*", Weight: 3, Logged: true},
	}
	log.Group([]replay.Own{{Method: "GET", Path: "/own/*"}})
	exp.Requests = append(exp.Requests, exp.Requests[1], exp.Requests[1]) // each of the others is a group
	hits := drive(t, exp)
	want := []string{"GET /base/own/1?a=b&c=%7B%7Buuid%7D%7D 0", "GET /base//two//slashes ", "GET /base/a%2Fb/%C3%A4?x=%20+ ", "GET /base/own/2 3", "GET /base/? "}
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("got %q", got)
	}
	for _, h := range hits {
		if own := h.Seq == 0 || h.Seq == 3; own != (h.Request == 0) || h.Class != journal.ClassOK || h.Due != time.Duration(h.Seq)*50*time.Millisecond {
			t.Errorf("hit %d is of request %d, due at %s, %s", h.Seq, h.Request, h.Due, h.Class)
		}
	}
	if len(hits) != 5 {
		t.Errorf("%d hits", len(hits))
	}
}

// A request that is tried once is the one that the log has most of its group.
func TestReplayedIsTried(t *testing.T) {
	var mu sync.Mutex
	var got []string
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.RequestURI)
	}))
	defer site.Close()
	log := logOf(t, 1, []int{0, 1, 2, 3}, "/p/1", "/p/2", "/p/2", "/q")
	exp := experiment(site.URL, configs.Phase{Name: "all", Duration: time.Second, Rate: &configs.Rate{}})
	exp.Arrivals = configs.Arrivals{Kind: configs.Replay, Log: log}
	exp.Requests = nil
	for _, g := range log.Group([]replay.Own{{Method: "GET", Path: "/never"}}) {
		exp.Requests = append(exp.Requests, configs.Request{Name: g.Path, Method: g.Method, Path: g.Path, Weight: g.Hits, Logged: !g.Own})
	}
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.NewVisitor(t.Context(), time.Now()).Try(2)
	if !slices.Equal(got, []string{"/p/2", "/q"}) {
		t.Errorf("asked for %q", got)
	}
	spans := a.Spans()
	if spans[0].Kind != "open" || spans[0].Hits != 4 || spans[0].RateMean != 4 {
		t.Errorf("the phase is %+v", spans[0])
	}
}
