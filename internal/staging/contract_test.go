package staging_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

// The contract: what both staging sites do, as measured first on nginx 1.22
// and php-fpm 8.2. W workers, a backlog of B, so B+1 slots on a unix socket,
// service time S, gateway timeout R, lambda arrivals a second.
const (
	workers = 4
	slots   = 16 + 1
	inside  = workers + slots // what pool and queue hold: 21
)

// Capacity is C = W/S = 4/0.5 s = 8/s: at or below it every answer is good. At
// 6/s none waits, so the median is S, within half of it. At 8/s nothing is left
// over to catch up with what a busy machine delays, so no time is asserted.
func TestRow1AtOrBelowCapacityAllIsGood(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{6, 8} {
		t.Run(fmt.Sprintf("%d a second", rate), func(t *testing.T) {
			onBoth(t, staging.Options{}, func(t *testing.T, site *staging.Site) {
				hits := load{path: "/work?ms=500", rate: rate, lasts: 6 * time.Second}.run(t, site)
				wantAll(t, "answers", hits, 200)
				if rate == 6 {
					wantBetween(t, "median", median(hits), 500*time.Millisecond, 750*time.Millisecond)
				}
				t.Logf("seen: %v, p50 %v", tally(hits), median(hits))
			})
		})
	}
}

// Above capacity exactly C = 8 answers of each full second are good, the rest
// 502. The four workers finish 1/lambda apart and rest until the next round,
// S later; the seconds are cut in the middle of that rest. The median second
// is exact. Tolerance: one round of four in any one second, as a stall of the
// machine moves a round over the cut, and in all of them together; below, 10%
// more, since a busy machine lengthens S and nothing shortens it.
//
// Row 3, the slots: a good answer at overload has waited for all slots before
// it, S + slots/C = 0.5 + 17/8 = 2.6 s. With S = W/C and C as counted, slots =
// longest*C - W = 17 within 15%. The longest is the one that came at the start
// of a rest, which adds rest - 1/C: 0.6 slots at 10/s, where it is asserted,
// 1.8 at 20/s.
func TestRows1And3AboveCapacity(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rate, seconds int
	}{{10, 12}, {20, 9}} {
		t.Run(fmt.Sprintf("%d a second", row.rate), func(t *testing.T) {
			onBoth(t, staging.Options{}, func(t *testing.T, site *staging.Site) {
				lasts := time.Duration(row.seconds) * time.Second
				hits := load{path: "/work?ms=500", rate: row.rate, lasts: lasts}.run(t, site)
				good, refused := coded(hits, 200), coded(hits, 502)
				if len(refused) == 0 || len(good)+len(refused) != len(hits) {
					t.Errorf("answers: got %v, want 200 and 502 only, and some of both", tally(hits))
				}
				gap := time.Second / time.Duration(row.rate)
				from := 500*time.Millisecond + 3*gap + (500*time.Millisecond-3*gap)/2
				var perSecond []int
				all := 0
				for ; from+time.Second <= lasts; from += time.Second {
					n := len(answeredIn(good, from, from+time.Second))
					wantBetween(t, fmt.Sprintf("good answers in the second from %v", from), n, 8-workers, 8+workers)
					perSecond = append(perSecond, n)
					all += n
				}
				wantBetween(t, "good answers in all full seconds", all, 8*len(perSecond)*9/10-workers, 8*len(perSecond)+workers)
				wantBetween(t, "good answers in the median second", slices.Sorted(slices.Values(perSecond))[len(perSecond)/2], 8, 8)
				capacity := float64(all) / float64(len(perSecond))
				seen := longest(good).Seconds()*capacity - workers
				if row.rate == 10 {
					wantBetween(t, "slots", seen, slots*0.85, slots*1.15)
				}
				t.Logf("seen: %v, good in each second %v, longest good %v, slots %.1f", tally(hits), perSecond, longest(good), seen)
			})
		})
	}
}

// A hang without a timeout stops the pool (C = 0). Pool and queue fill in
// (W + B + 1 - already inside)/lambda, at most 21/8 = 2.6 s; the next arrival,
// up to 1/lambda later, is refused with 21 others in flight, and so are all
// until the hang is lifted. Then the 21 are served at W/S = 40/s. Counts are
// exact; onset has 1/lambda below and 0.25 s above for a late machine.
func TestRow4OnsetUnderHang(t *testing.T) {
	const hang, lift = 925 * time.Millisecond, 5 * time.Second // between two arrivals
	onBoth(t, staging.Options{}, func(t *testing.T, site *staging.Site) {
		hits := load{path: "/external?ms=100", rate: 8, lasts: 7 * time.Second, at: []moment{
			{hang, func() { site.Dependency.Hang(true) }},
			{lift, func() { site.Dependency.Hang(false) }},
		}}.run(t, site)
		onset, _ := first(t, hits, 502)
		if n := inFlight(hits, onset); n != inside {
			t.Errorf("in flight at the first 502: got %d, want %d", n, inside)
		}
		already := with(hits, func(h hit) bool { return h.sent < hang && h.done > hang })
		fill := time.Duration(inside-len(already)) * time.Second / 8
		wantBetween(t, "onset after the hang", onset.done-hang, fill-time.Second/8, fill+time.Second/8+250*time.Millisecond)
		refused := with(hits, func(h hit) bool { return h.sent > onset.done && h.sent < lift })
		wantAll(t, "from the onset to lifting", refused, 502)
		wantBetween(t, "median time of a 502", median(refused), 0, 25*time.Millisecond) // at once: no waiting in it
		wantCause(t, site, onset, "failed (11: Resource temporarily unavailable) while connecting to upstream", "resource temporarily unavailable")

		held := with(hits, func(h hit) bool { return h.sent < lift && h.done > lift })
		wantAll(t, "held until lifting", held, 200)
		wantBetween(t, "held until lifting", len(held), inside, inside)
		soonest := slices.MinFunc(held, func(a, b hit) int { return cmp.Compare(a.done, b.done) }).done - lift
		wantBetween(t, "first good answer after lifting", soonest, 0, time.Second)
		wantAll(t, "a second after lifting", with(hits, func(h hit) bool { return h.sent > lift+time.Second }), 200)
		t.Logf("seen: %d inside, onset %v after the hang, %d in flight, then %v in %v; good %v after lifting",
			len(already), onset.done-hang, inFlight(hits, onset), tally(refused), median(refused), soonest)
	})
}

// The dependency hangs for 15 s under lambda = 8/s, S0 = 0.1 s, R = 10 s.
func TestRow5TimeoutHelpsOnlyIfShortEnough(t *testing.T) {
	t.Parallel()
	const lift = 15 * time.Second
	for _, row := range []struct {
		name, path string
		want       func(t *testing.T, hits []hit)
	}{
		{"no timeout: 502 from 2.6 s on, all of them", "/external?ms=100", noTimeout},
		{"3 s: 504, then 502", "/external?ms=100&timeout_ms=3000", timeout3s},
		{"1 s: 502 from 4 s on, half of all", "/external?ms=100&timeout_ms=1000", timeout1s},
		{"0.35 s: every answer good", "/external?ms=100&timeout_ms=350", timeout350ms},
	} {
		t.Run(row.name, func(t *testing.T) {
			onBoth(t, staging.Options{}, func(t *testing.T, site *staging.Site) {
				site.Dependency.Hang(true)
				hits := load{path: row.path, rate: 8, lasts: lift, at: []moment{
					{lift, func() { site.Dependency.Hang(false) }},
				}}.run(t, site)
				hits = with(hits, func(h hit) bool { return h.sent < lift }) // a late one may miss the hang
				row.want(t, hits)
				for _, h := range answeredIn(coded(hits, 200), 0, lift) {
					if !strings.HasPrefix(h.body, "fallback") {
						t.Fatalf("good answer under the hang: got %q, want a fallback", h.body)
					}
				}
			})
		})
	}
}

// The 22nd arrival, at 21/8 = 2.6 s, is the first refused, and all after it.
// The 21 inside wait for R, which frees nothing. Exact.
func noTimeout(t *testing.T, hits []hit) {
	onset, _ := first(t, hits, 502)
	wantBetween(t, "onset", onset.due, 2500*time.Millisecond, 2750*time.Millisecond) // one arrival either way
	wantBetween(t, "504", len(coded(hits, 504)), inside, inside)
	wantBetween(t, "502", len(coded(hits, 502)), len(hits)-inside, len(hits)-inside)
	t.Logf("seen: first 502 at %v, %v", onset.due, tally(hits))
}

// Each round of four takes T + S0 = 3.1 s: arrivals 0..3 are answered at 3.1,
// 4..7 at 6.2 and 8..11, due from 1.0 s, at 9.3 s. Arrivals 12..20, due from
// 1.5 s, would be answered from 12.4 s on: more than R after, a 504. Arrivals
// 21..24 come from 2.6 to 3.0 s, before the first round ends, and are 502. So
// in order of arrival 504 comes first, although its answer is read much later.
// Exact: the nearest miss is 0.5 s off.
func timeout3s(t *testing.T, hits []hit) {
	late, _ := first(t, hits, 504)
	onset, _ := first(t, hits, 502)
	codes := tally(hits[:25])
	if codes[200] != 12 || codes[504] != 9 || codes[502] != 4 {
		t.Errorf("the first 25 arrivals: got %v, want 12 x 200, 9 x 504, 4 x 502", codes)
	}
	if late.due >= onset.due {
		t.Errorf("first 504 arrived at %v, first 502 at %v: want 504 before 502", late.due, onset.due)
	}
	wantBetween(t, "time of the first 504", late.took(), 10*time.Second, 11*time.Second)
	t.Logf("seen: first 504 arrived at %v (read at %v), first 502 at %v, %v", late.due, late.done, onset.due, tally(hits))
}

// C = 4/1.1 = 3.64/s. The first four are out after 1.1 s, so pool and queue
// are full after (21 - 4)/(8 - 3.64) = 3.9 s (0.5 s either way: they leave in
// fours); from then on 1 - 3.64/8 = 55% are refused (within 6 points) and a
// good answer takes 17/3.64 + 1.1 = 5.8 s (within 10%).
func timeout1s(t *testing.T, hits []hit) {
	onset, before := first(t, hits, 502)
	wantBetween(t, "onset", onset.due, 3400*time.Millisecond, 4500*time.Millisecond)
	after := hits[before:]
	share := float64(len(coded(after, 502))) / float64(len(after))
	wantBetween(t, "share of 502 from the onset on", share, 0.545-0.06, 0.545+0.06)
	good := answeredIn(coded(after, 200), 0, 15*time.Second)
	wantBetween(t, "median good answer", median(good).Seconds(), 5.8*0.9, 5.8*1.1)
	if codes := tally(hits); codes[200]+codes[502] != len(hits) {
		t.Errorf("answers: got %v, want 200 and 502 only", codes)
	}
	took := times(good)
	t.Logf("seen: first 502 at %v, then %.0f%% 502, good answers in %v to %v", onset.due, share*100, took[0], took[len(took)-1])
}

// C = 4/0.45 = 8.9/s, above lambda: nothing queues, S0 + T = 0.45 s (a third
// more for overhead on a busy machine).
func timeout350ms(t *testing.T, hits []hit) {
	wantAll(t, "answers", hits, 200)
	wantBetween(t, "median", median(hits), 450*time.Millisecond, 600*time.Millisecond)
	t.Logf("seen: %v, slowest %v", tally(hits), longest(hits))
}

// Row 8, pages that call their own site: 30 of them come while the 4 workers
// are busy for 0.8 s. 17 queue and 13 are refused. The first four to be served
// make calls that queue behind the other 13, so all 17 are 504 at R = 3 s and
// no answer is good. Exact: the nearest miss is 0.4 s off.
func TestRow8SelfRequestsDeadlock(t *testing.T) {
	onBoth(t, staging.Options{GatewayTimeout: 3 * time.Second}, func(t *testing.T, site *staging.Site) {
		wantAll(t, "one alone", []hit{get(t, site, "/self?ms=100")}, 200)
		var busy sync.WaitGroup
		for range workers {
			busy.Go(func() { get(t, site, "/work?ms=800") })
		}
		time.Sleep(200 * time.Millisecond) // the workers have taken them
		hits := load{path: "/self?ms=100", rate: 200, lasts: 150 * time.Millisecond}.run(t, site)
		busy.Wait()
		wantBetween(t, "504", len(coded(hits, 504)), slots, slots)
		wantBetween(t, "502", len(coded(hits, 502)), len(hits)-slots, len(hits)-slots)
		t.Logf("seen: %v", tally(hits))
	})
}
