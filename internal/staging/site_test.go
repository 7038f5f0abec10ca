package staging_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

// A deploy: the pool goes, the gateway says 502, and the pool comes back at
// the same socket. Twice is once.
func TestPoolStartsAgain(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			onAll(t, staging.Options{Network: network}, func(t *testing.T, site *staging.Site) {
				for range 2 {
					for _, step := range []struct {
						do   func() error
						want int
					}{{site.StopPool, 502}, {site.StopPool, 502}, {site.StartPool, 200}, {site.StartPool, 200}} {
						if err := step.do(); err != nil {
							t.Fatal(err)
						}
						wantAll(t, "answer", []hit{get(t, site, "/work")}, step.want)
					}
				}
			})
		})
	}
}

// The edge passes good answers and the application's 500, and says 503 itself
// for an origin's 502 and 504. All of it carries the edge's headers.
func TestEdgeAnswersForTheOrigin(t *testing.T) {
	onAll(t, staging.Options{GatewayTimeout: time.Second}, func(t *testing.T, site *staging.Site) {
		if err := site.StartEdge("127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]hit{
			"/work":           {code: 200, body: "ok"},
			"/app?status=500": {code: 500, body: "the application could not"},
			"/close":          {code: 503, body: "Error 503 Backend fetch failed"},
			"/work?ms=5000":   {code: 503, body: "Error 503 Backend fetch failed"},
			"/blocked":        {code: 503, body: "Error 503 Backend fetch failed"},
		} {
			h := send(t.Context(), time.Now(), 0, site.EdgeURL+path)
			if h.code != want.code || !strings.Contains(h.body, want.body) {
				t.Errorf("%s: got %d %q, %v, want %d %q", path, h.code, h.body, h.err, want.code, want.body)
			}
		}
		resp, err := client.Get(site.EdgeURL + "/health")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for _, name := range []string{"Via", "X-Cache", "X-Served-By"} {
			if resp.Header.Get(name) == "" {
				t.Errorf("got headers %v, want %s among them", resp.Header, name)
			}
		}
	})
}

func TestSitesRefuseWhatOnlyPHPHas(t *testing.T) {
	for _, o := range []staging.Options{{PM: "dynamic"}, {Status: staging.StatusApart}, {SlowLog: time.Second}, {AccessFormat: "%s"}, {Stores: true}, {Sessions: staging.SessionsLocked}} {
		for name, start := range map[string]starter{"gosite": gosite.Start, "gunicorn": gunicorn.Start} {
			site, err := start(t.Context(), o)
			if err == nil {
				site.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "needs php-fpm") {
				t.Errorf("%s, %+v: got %v, want that it needs php-fpm", name, o, err)
			}
		}
	}
}

// Four at once, 500 ms and as much again for each that runs already: 0.5, 1,
// 1.5 and 2 s, less than a step late. Some time after a worker was killed in it, one
// alone takes 0.5 s: who died is not counted for ever.
func TestContendedPageGrowsWithThoseRunning(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]starter{"phpfpm": phpfpm.Start, "gunicorn": gunicorn.Start} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, start, staging.Options{TerminateTimeout: 3 * time.Second}, func(t *testing.T, site *staging.Site) {
				hits := make([]hit, 4)
				var running sync.WaitGroup
				for i := range hits {
					running.Go(func() { hits[i] = get(t, site, "/contend?ms=500&grow=1") })
				}
				running.Wait()
				for i, took := range times(hits) {
					want := time.Duration(i+1) * 500 * time.Millisecond
					wantBetween(t, "service time", took, want, want+490*time.Millisecond)
				}
				wantAll(t, "the killed request", []hit{get(t, site, "/contend?ms=20000")}, 502)
				// The gateway hears of a death when the connection closes, which may be just
				// before the kernel gives the dead one's place back.
				alone := get(t, site, "/contend?ms=500&grow=1")
				for n := 0; n < 5 && alone.took() > 900*time.Millisecond; n++ {
					alone = get(t, site, "/contend?ms=500&grow=1")
				}
				wantBetween(t, "alone after a killed one", alone.took(), 500*time.Millisecond, 900*time.Millisecond)
			})
		})
	}
}

// Two requests a processor that compute 100 ms each need 200 ms, less a
// clock's tick: sleeps would all be over after 100.
func TestComputingPageComputes(t *testing.T) {
	t.Parallel()
	n := 2 * runtime.NumCPU()
	for name, start := range map[string]starter{"phpfpm": phpfpm.Start, "gunicorn": gunicorn.Start} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, start, staging.Options{Workers: n}, func(t *testing.T, site *staging.Site) {
				hits := make([]hit, n)
				var running sync.WaitGroup
				for i := range hits {
					running.Go(func() { hits[i] = get(t, site, "/cpu?ms=100") })
				}
				running.Wait()
				wantAll(t, "answers", hits, 200)
				wantBetween(t, "longest", longest(hits), 185*time.Millisecond, 30*time.Second)
			})
		})
	}
}
