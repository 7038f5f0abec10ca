package accuracy

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
)

// TestRealDatabaseAndCache: a real MariaDB, which speaks first, is asked three
// times a page, and a real Redis twice, each through its proxy, while both are
// slow, hang, reset and are down.
func TestRealDatabaseAndCache(t *testing.T) {
	t.Parallel()
	r := trusted(t, func() *reports.Report { return stores(t) })
	met := map[string]reports.Fault{}
	for _, f := range r.Faults {
		met[f.Dependency+" "+f.Kind] = f
		if !f.Exercised || f.UndoConfirmed == nil || !*f.UndoConfirmed {
			t.Errorf("%s %s: got %+v, want it exercised, and lifted for sure", f.Dependency, f.Kind, f)
		}
	}

	// MySQL: the greeting, the answer to the login, three to queries: each 100 ms
	// late. Its QUIT gets no answer. Redis: two answers. The pages do nothing else.
	for name, answers := range map[string]float64{"db": 5, "cache": 2} {
		p50 := request(t, r, "latency", name).ResponseS.P50
		if want := answers * 0.1; p50 == nil || *p50 < want || *p50 > want+0.09 {
			t.Errorf("%s: a page takes %v with 100 ms more on each answer, want %v s", name, value(p50), want)
		}
		// Of a page that began or ended outside of the fault some answers were not late.
		f := met[name+" latency"]
		conns, held := float64(*f.Connections), float64(*f.RequestsHeld)
		if held > answers*conns || held < answers*(conns-4) {
			t.Errorf("%s: %v answers late on %v connections, want %v on each", name, held, conns, answers)
		}
	}

	timeouts := map[string]reports.Timeout{}
	for _, x := range r.Timeouts {
		timeouts[x.Dependency+" "+x.Fault] = x
	}
	for name, want := range map[string]float64{"db": 1, "cache": 0.3} {
		x := timeouts[name+" hang"]
		if e := x.ObservedS; x.Verdict != "app" || e == nil || math.Abs(e.Value-want) > 0.05 || e.Low > want || e.High < want {
			t.Errorf("%s: got %+v, %+v; want a timeout of %v s, by the app", name, x, x.ObservedS, want)
		}
		if x := timeouts[name+" latency"]; x.ObservedS != nil {
			t.Errorf("%s: a timeout of %v s was seen where nobody gave up", name, x.ObservedS.Value)
		}
		// A cut is met by every call, but not between two of a page that had begun; a
		// refused connect leaves no trace.
		if f := met[name+" reset"]; *f.RequestsHeld > *f.Connections || *f.RequestsHeld < *f.Connections-2 || *f.RequestsHeld == 0 {
			t.Errorf("%s: reset %d requests on %d connections, want one on each", name, *f.RequestsHeld, *f.Connections)
		}
		if f := met[name+" down"]; f.RequestsHeld != nil {
			t.Errorf("%s: down held %d requests, want unknown", name, *f.RequestsHeld)
		}
		for _, phase := range []string{"hang", "reset", "down"} {
			if q := request(t, r, phase, name); q.DegradedRatio == nil || *q.DegradedRatio < 0.6 {
				t.Errorf("%s: degraded ratio %v under %s, want all but those whose wait was cut short by lifting", name, value(q.DegradedRatio), phase)
			}
		}
		if q := request(t, r, "recovery", name); q.DegradedRatio == nil || *q.DegradedRatio > 0 || q.OKRatio == nil || *q.OKRatio < 1 {
			t.Errorf("%s: after the faults %v ok, %v degraded; want all well", name, value(q.OKRatio), value(q.DegradedRatio))
		}
	}
	used(t, r)
}

// used checks how the dependencies were used when all was well: a greeting is no
// call, nor is a goodbye, so the login and three queries are four.
func used(t *testing.T, r *reports.Report) {
	t.Helper()
	all, of := 0.0, map[string]float64{} // requests sent: calls are told by the mix of the whole run
	for _, p := range r.Phases {
		for _, q := range p.Requests {
			all, of[q.Name] = all+float64(q.Sent), of[q.Name]+float64(q.Sent)
		}
	}
	for _, d := range r.Dependencies {
		want := map[string]float64{"db": 4, "cache": 2}[d.Name] * of[d.Name] / all
		if d.CallsPerHit == nil || math.Abs(*d.CallsPerHit-want) > want/20 {
			t.Errorf("%s: %v calls a request, want %v", d.Name, value(d.CallsPerHit), want)
		}
		if d.HeldMeanS == nil || *d.HeldMeanS <= 0 || *d.HeldMeanS > 0.05 || d.PeakWaiting < 1 || d.PeakWaiting > 16 || d.PeakOpen < d.PeakWaiting {
			t.Errorf("%s: a call takes %v s, at most %d waited and %d were open; want little, 16 workers at most", d.Name, value(d.HeldMeanS), d.PeakWaiting, d.PeakOpen)
		}
	}
	if len(r.Dependencies) != 2 {
		t.Errorf("got %d dependencies, want 2", len(r.Dependencies))
	}
}

func stores(t *testing.T) *reports.Report {
	t.Helper()
	o := staging.Options{Workers: 16, Stores: true, Database: ports.Test(t), Cache: ports.Test(t)}
	site, err := phpfpm.Start(t.Context(), o)
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	// Between two arrivals, which are 100 ms apart: no page is under way as a fault begins.
	faults := func(kind, lasts string) string {
		return fmt.Sprintf("faults: [{dependency: db, %s, after: 50ms, for: %s}, {dependency: cache, %s, after: 50ms, for: %s}]", kind, lasts, kind, lasts)
	}
	text := fmt.Sprintf(`version: 1
name: stores
target: {url: "%s", timeout: 30s}
requests:
  - {name: db, path: "/db?queries=3&timeout_s=1", degraded: {body: fallback}}
  - {name: cache, path: "/cache?timeout_ms=300", degraded: {body: fallback}}
dependencies:
  - {name: db, listen: "%s", upstream: "%s"}
  - {name: cache, listen: "%s", upstream: "%s"}
phases:
  - {name: baseline, duration: 4s, rate: 20}
  - {name: latency, duration: 3s, rate: 10, %s}
  - {name: calm, duration: 1s, rate: 10}
  - {name: hang, duration: 5s, rate: 10, %s}
  - {name: calm again, duration: 1s, rate: 10}
  - {name: reset, duration: 2s, rate: 10, %s}
  - {name: down, duration: 2s, rate: 10, %s}
  - {name: calm at last, duration: 1s, rate: 10}
  - {name: recovery, duration: 3s, rate: 10}
`, site.URL, o.Database, site.DatabaseAddr, o.Cache, site.CacheAddr,
		faults("latency: {delay: 100ms}", "2950ms"), faults("hang: {}", "4950ms"), faults("reset: {}", "1950ms"), faults("down: {}", "1950ms"))
	dir := t.TempDir()
	file := filepath.Join(dir, "experiment.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), file, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// request returns a phase's figures of one request.
func request(t *testing.T, r *reports.Report, phase, name string) reports.RequestTraffic {
	t.Helper()
	p := r.Phases[slices.IndexFunc(r.Phases, func(p reports.Phase) bool { return p.Name == phase })]
	return p.Requests[slices.IndexFunc(p.Requests, func(q reports.RequestTraffic) bool { return q.Name == name })]
}

func value(p *float64) any {
	if p == nil {
		return "unknown"
	}
	return *p
}
