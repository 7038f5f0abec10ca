package staging_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

// Row 6 of the contract: what happens, the answer it gives, and the cause that
// the gateway names.

// One worker and two slots: of six requests one is served, two wait, and three
// are refused while the first still runs. Exact.
func TestRow6QueueFullOnUnixSocket(t *testing.T) {
	onAll(t, staging.Options{Workers: 1, Backlog: 1}, func(t *testing.T, site *staging.Site) {
		hits := load{path: "/work?ms=1000", rate: 20, lasts: 300 * time.Millisecond}.run(t, site)
		served, refused := coded(hits, 200), coded(hits, 502)
		wantBetween(t, "served", len(served), 3, 3)
		wantBetween(t, "refused", len(refused), 3, 3)
		for _, h := range refused {
			wantBetween(t, "when a 502 came", h.done, 0, served[0].done)
		}
		wantCause(t, site, refused[0], "failed (11: Resource temporarily unavailable) while connecting to upstream", "resource temporarily unavailable")
		t.Logf("seen: %v, 502 in %v", tally(hits), median(refused))
	})
}

// A worker killed in mid-request at 1 s. Php-fpm looks once a second, so it
// may take until 2 s, and 1 s more is for a busy machine. The pool of one
// answers again afterwards: the worker was replaced.
func TestRow6WorkerKilled(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			o := staging.Options{Workers: 1, Network: network, TerminateTimeout: time.Second}
			onBoth(t, o, func(t *testing.T, site *staging.Site) {
				h := get(t, site, "/work?ms=20000")
				wantAll(t, "the killed request", []hit{h}, 502)
				wantBetween(t, "killed after", h.took(), time.Second, 3*time.Second)
				wantCause(t, site, h, "recv() failed (104: Connection reset by peer) while reading response header from upstream", "connection reset by peer")
				wantAll(t, "the next request", []hit{get(t, site, "/work")}, 200)
				t.Logf("seen: %d after %v", h.code, h.took())
			})
		})
	}
}

// Waited longer than R = 1 s: a 504 at R, well before the 5 s that the page
// takes.
func TestRow6GatewayTimeout(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			o := staging.Options{Network: network, GatewayTimeout: time.Second}
			onAll(t, o, func(t *testing.T, site *staging.Site) {
				h := get(t, site, "/work?ms=5000")
				wantAll(t, "the slow page", []hit{h}, 504)
				wantBetween(t, "answered after", h.took(), time.Second, 3*time.Second)
				wantCause(t, site, h, "upstream timed out (110: Connection timed out) while reading response header from upstream", "i/o timeout")
				t.Logf("seen: %d after %v", h.code, h.took())
			})
		})
	}
}

// No pool behind the gateway: its socket is gone (2) or refuses (111).
func TestRow6PoolNotRunning(t *testing.T) {
	t.Parallel()
	for network, cause := range map[string][2]string{
		"unix": {"failed (2: No such file or directory)", "no such file or directory"},
		"tcp":  {"failed (111: Connection refused)", "connection refused"},
	} {
		t.Run(network, func(t *testing.T) {
			onAll(t, staging.Options{Network: network}, func(t *testing.T, site *staging.Site) {
				if err := site.StopPool(); err != nil {
					t.Fatal(err)
				}
				h := get(t, site, "/work")
				wantAll(t, "without a pool", []hit{h}, 502)
				wantCause(t, site, h, cause[0], cause[1])
				wantAll(t, "the gateway's own page", []hit{get(t, site, "/health")}, 200)
				t.Logf("seen: %d after %v", h.code, h.took())
			})
		})
	}
}

// A worker that closes without an answer: 502, another cause.
func TestRow6WorkerClosed(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			onAll(t, staging.Options{Network: network}, func(t *testing.T, site *staging.Site) {
				h := get(t, site, "/close")
				wantAll(t, "the closed request", []hit{h}, 502)
				wantCause(t, site, h, "upstream prematurely closed connection while reading response header from upstream", "EOF")
				t.Logf("seen: %d after %v", h.code, h.took())
			})
		})
	}
}

// A full TCP queue does not refuse: the kernel drops the SYN and tries again
// after 1, 3 and 7 s. R = 5 s, 20/s for 6 s on C = 8/s: whoever connects does
// so by 6 + 5 = 11 s, at most 8*11 + 21 = 109 of 120, so 11 or more are 504;
// none is 502; and some good answer was dropped first, so it took longer than
// any queue would, S + 17/8 = 2.6 s, by most of the first second's wait.
func TestRow6QueueFullOnTCP(t *testing.T) {
	o := staging.Options{Network: "tcp", GatewayTimeout: 5 * time.Second}
	onBoth(t, o, func(t *testing.T, site *staging.Site) {
		hits := load{path: "/work?ms=500", rate: 20, lasts: 6 * time.Second}.run(t, site)
		codes, good := tally(hits), coded(hits, 200)
		if codes[502] != 0 || codes[504] < 11 || codes[200]+codes[504] != len(hits) {
			t.Errorf("answers: got %v, want no 502, at least 11 x 504, the rest 200", codes)
		}
		wantBetween(t, "longest good answer", longest(good), 3200*time.Millisecond, 10500*time.Millisecond)
		late, _ := first(t, hits, 504)
		wantCause(t, site, late, "upstream timed out (110: Connection timed out) while connecting to upstream", "i/o timeout")
		t.Logf("seen: %v, longest good %v, 504 after %v", codes, longest(good), median(coded(hits, 504)))
	})
}

// The client leaves: nginx logs 499, the worker goes on. Of two clients that
// leave after 0.3 s the one is being worked on for 2 s, the other queued behind
// it; a third is served after both, so it waits for the rest of the 2 s (half
// a second less for a late start), and by then the second one's page has
// called the dependency: work outlives its reader, queued work too (row 7).
func TestRow6ClientLeft(t *testing.T) {
	onBoth(t, staging.Options{Workers: 1}, func(t *testing.T, site *staging.Site) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		left := make(chan hit, 2)
		begin := time.Now()
		go func() { left <- send(ctx, begin, 0, site.URL+"/work?ms=2000") }()
		time.Sleep(100 * time.Millisecond) // the queue is in order of arrival
		go func() { left <- send(ctx, begin, 0, site.URL+"/external") }()
		for range 2 {
			if h := <-left; h.err == nil {
				t.Errorf("a client that left: got %d, want no answer", h.code)
			}
		}
		h := get(t, site, "/work")
		wantAll(t, "the third client", []hit{h}, 200)
		wantBetween(t, "its wait", h.took(), 1200*time.Millisecond, 10*time.Second)
		wantBetween(t, "calls of the page whose client left", site.Dependency.Calls(), 1, 1)
		if site.AccessLog != "" {
			log, err := os.ReadFile(site.AccessLog)
			if err != nil {
				t.Fatal(err)
			}
			wantBetween(t, "499 in the access log", strings.Count(string(log), `" 499 `), 2, 2)
		}
		t.Logf("seen: third client waited %v, %d call by an abandoned page", h.took(), site.Dependency.Calls())
	})
}
