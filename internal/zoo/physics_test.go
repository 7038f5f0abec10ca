package zoo

import (
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// The tables of physics.md, by the number of the point. What was measured there
// is what the simulation must give.

const second = time.Second

// pagesOf is a pool with one page.
func pagesOf(workers, backlog int, network string, r time.Duration, page Page) *Site {
	page.Name, page.Weight = "page", 1
	return &Site{Gateway: Gateway{Timeout: r}, Pools: []Pool{{Workers: workers, Backlog: backlog, Network: network}},
		Dependencies: []Dependency{{Name: "payments"}}, Pages: []Page{page}}
}

func working(ms int) Page { return Page{Work: Work{Mean: time.Duration(ms) * time.Millisecond}} }

func callingFor(ms int, timeout time.Duration) Page {
	p := working(ms)
	p.Calls = []Call{{Share: 1, Timeout: timeout}}
	return p
}

func steady(hz float64, length time.Duration, faults ...configs.Fault) Plan {
	return Plan{Name: "physics", Seed: 1, Arrivals: configs.Uniform, Patience: time.Minute,
		Phases: []configs.Phase{{Name: "steady", Duration: length, Rate: constant(hz), Faults: faults}}}
}

// counted are the hits of a run by status, good ones apart, in the order of their answers.
type counted struct {
	t    *testing.T
	hits []journal.Hit
}

func play(t *testing.T, s *Site, p Plan) counted {
	t.Helper()
	r, _ := Simulate(s, p, 1)
	slices.SortFunc(r.Hits, func(x, y journal.Hit) int { return int(x.Done - y.Done) })
	return counted{t, r.Hits}
}

func (c counted) of(code int32) (list []journal.Hit) {
	for _, h := range c.hits {
		if h.Code == code {
			list = append(list, h)
		}
	}
	return list
}

// within fails the test unless v is.
func within(t *testing.T, what string, v, low, high float64) {
	t.Helper()
	if v < low || v > high {
		t.Errorf("%s is %.4g, want %.4g to %.4g", what, v, low, high)
	}
}

func quantile(hits []journal.Hit, q float64) float64 {
	var all []time.Duration
	for _, h := range hits {
		all = append(all, h.Service())
	}
	slices.Sort(all)
	return all[min(int(q*float64(len(all))), len(all)-1)].Seconds()
}

// Point 1. W=4, S=0.5 s carry 8/s: at 6/s and 8/s all are good, with a p50 of 501
// and 509 ms; at 10/s and 20/s exactly 8 are in every full second. Point 2: then
// C*S is W. Point 3: the longest good answer is S + slots/C = 0.5 + 17/8 = 2.62 s.
func TestCapacityIsWorkersOverService(t *testing.T) {
	site := pagesOf(4, 16, Unix, 10*second, working(500))
	for _, hz := range []float64{6, 7.9} {
		c := play(t, site, steady(hz, 20*second))
		if n := len(c.of(200)); n != len(c.hits) {
			t.Errorf("at %v/s %d of %d are good", hz, n, len(c.hits))
		}
		within(t, "p50", quantile(c.hits, 0.5), 0.5, 0.512)
	}
	for _, hz := range []float64{10, 20} {
		c := play(t, site, steady(hz, 20*second))
		good := c.of(200)
		if len(good)+len(c.of(502)) != len(c.hits) {
			t.Errorf("at %v/s others than 200 and 502 came", hz)
		}
		n := 0
		for _, h := range good {
			if h.Done > 5*second && h.Done <= 20*second {
				n++
			}
		}
		within(t, "good answers a second", float64(n)/15, 7.85, 8.05)
		within(t, "C*S", float64(n)/15*0.502, 3.94, 4.04)
		// 2.62 s when the workers end one after another; 4 that end together make
		// the 17th wait for the fifth batch: up to 3 s.
		within(t, "longest good answer", quantile(good, 1), 2.55, 3.01)
	}
}

// Point 4. Under a hang the 4 + 17 places fill in 21/8 = 2.6 s (measured 2.6 to
// 3.0); then each answer is a 502 within a millisecond, until the first good one,
// within 1 s of the lifting.
func TestHangFillsWorkersAndQueue(t *testing.T) {
	c := play(t, pagesOf(4, 16, Unix, 30*second, callingFor(100, 0)), steady(8, 20*second, Hanging("payments", 2*second, 15*second)))
	refused := c.of(502)
	within(t, "onset after the fault", (refused[0].Done - 2*second).Seconds(), 2.6, 3)
	within(t, "median of a 502", quantile(refused, 0.5), 0.0001, 0.001)
	for _, h := range c.of(200) {
		if h.Done > refused[0].Done && h.Done < 17*second {
			t.Errorf("a good answer came at %v, while all workers hang", h.Done)
		}
	}
	first := slices.IndexFunc(c.hits, func(h journal.Hit) bool { return h.Code == 200 && h.Done > 17*second })
	within(t, "first good answer after the lifting", (c.hits[first].Done - 17*second).Seconds(), 0, 1)
}

// Point 5. 8/s, W=4, S=0.1 s, a hang of 15 s, R = 10 s, by the app's timeout.
func TestTimeoutHelpsOnlyIfShortEnough(t *testing.T) {
	run := func(timeout time.Duration) counted {
		return play(t, pagesOf(4, 16, Unix, 10*second, callingFor(100, timeout)), steady(8, 20*second, Hanging("payments", 2*second, 15*second)))
	}
	since := func(h journal.Hit) float64 { return (h.Done - 2*second).Seconds() }
	// 3 s: C = 4/3.1 = 1.29/s; a queued request would wait 17/1.29 = 13 s > R.
	long := run(3 * second)
	if len(long.of(504)) == 0 || len(long.of(502)) == 0 {
		t.Errorf("with 3 s there are %d x 504 and %d x 502, want both", len(long.of(504)), len(long.of(502)))
	}
	// 1 s: C = 4/1.1 = 3.64/s; 17 slots fill in about 17/(8-3.64) = 3.9 s; then half
	// of all are refused, and a good answer takes 17/3.64 + 1.1 = 5.8 s (measured 5.9 to 6.2).
	one := run(second)
	within(t, "onset with 1 s", since(one.of(502)[0]), 3.6, 4.6)
	refused := 0
	for _, h := range one.hits {
		if h.Done > 7*second && h.Done < 17*second && h.Code == 502 {
			refused++
		}
	}
	within(t, "refused of 80 with 1 s", float64(refused), 36, 50)
	within(t, "longest good answer with 1 s", quantile(one.of(200), 1), 5.7, 6.3)
	// 0.35 s: C = 4/0.45 = 8.9/s: all good, the slowest measured in 459 ms.
	short := run(350 * time.Millisecond)
	if n := len(short.of(200)); n != len(short.hits) {
		t.Errorf("with 0.35 s %d of %d are good", n, len(short.hits))
	}
	within(t, "slowest with 0.35 s", quantile(short.hits, 1), 0.44, 0.475)
	// The budget is (4/8 - 0.1)/1 = 0.40 s.
	_, truth := Simulate(pagesOf(4, 16, Unix, 10*second, callingFor(100, 0)), steady(8, second), 1)
	within(t, "budget", truth.Budget(0, 8, 10*second).Seconds(), 0.39, 0.41)
}

// Point 6. What ends a request, and when.
func TestWhoGivesUpFirst(t *testing.T) {
	hangs := Hanging("payments", second, 14*second)
	t.Run("killed after 3 to 4 s", func(t *testing.T) {
		s := pagesOf(8, 16, Unix, 60*second, callingFor(100, 0))
		s.Pools[0].Kill, s.Pools[0].KillEvery = 3*second, second
		for _, h := range play(t, s, steady(1, 12*second, hangs)).of(502) {
			within(t, "a 502", h.Service().Seconds(), 3, 4.02)
		}
	})
	t.Run("504 at R", func(t *testing.T) {
		c := play(t, pagesOf(30, 16, Unix, 2*second, callingFor(100, 0)), steady(1, 12*second, hangs))
		if len(c.of(504)) == 0 {
			t.Fatal("no 504 came")
		}
		for _, h := range c.of(504) {
			within(t, "a 504", h.Service().Seconds(), 2, 2.01)
		}
	})
	t.Run("a dropped SYN costs 1, 3 or 7 s", func(t *testing.T) {
		c := play(t, pagesOf(4, 16, TCP, 60*second, working(500)), steady(12, 15*second))
		if n := len(c.of(200)); n != len(c.hits) {
			t.Errorf("%d of %d are good, want all: nothing refuses on TCP", n, len(c.hits))
		}
		within(t, "slowest", quantile(c.hits, 1), 5, 20)
	})
	t.Run("client leaves", func(t *testing.T) {
		p := steady(2, 8*second, Hanging("payments", second, 6*second))
		p.Patience = second
		r, _ := Simulate(pagesOf(4, 16, Unix, 60*second, callingFor(100, 0)), p, 1)
		n := 0
		for _, h := range r.Hits {
			if h.Class == journal.ClassClientTimeout {
				n++
				within(t, "patience", h.Service().Seconds(), 1, 1.01)
			}
		}
		within(t, "visitors that left", float64(n), 8, 13)
	})
}

// Point 7. Work outlives its reader: W=1, S=1 s, R=2 s and 4 requests at once:
// two get a 504 at 2 s, but their work is done all the same, so a request at
// 2.5 s finds the fourth of them at the worker and waits until 4 s.
func TestWorkOutlivesItsReader(t *testing.T) {
	p := steady(1, second)
	p.Phases = []configs.Phase{{Name: "four", Duration: 2500 * time.Millisecond, Burst: 4}, {Name: "one", Duration: 5 * second, Burst: 1}}
	c := play(t, pagesOf(1, 16, Unix, 2*second, working(1000)), p)
	last := c.hits[len(c.hits)-1]
	if len(c.of(504)) < 2 || last.Phase != 1 || last.Code != 504 && last.Code != 200 {
		t.Fatalf("%d x 504, last %+v", len(c.of(504)), last)
	}
	within(t, "the one behind them takes", last.Service().Seconds(), 1.9, 2.6)
}

// Point 8. 30 requests in 300 ms of a page that calls its own site after 50 ms, 4 workers, 17
// slots, R = 10 s: 4 are served and their own 4 requests queue with 13 others; the
// 13 beyond are refused. None is good: 17 x 504 at 10 s, 13 x 502.
func TestSelfRequestsDeadlock(t *testing.T) {
	s := pagesOf(4, 16, Unix, 10*second, Page{Work: Work{Mean: 50 * time.Millisecond}, Self: 2})
	s.Pages = append(s.Pages, Page{Name: "inner", Work: Work{Mean: 100 * time.Millisecond}})
	c := play(t, s, steady(100, 300*time.Millisecond))
	if len(c.of(200)) != 0 || len(c.of(502)) != 13 || len(c.of(504)) != 17 {
		t.Errorf("%d x 200, %d x 502, %d x 504, want 0, 13 and 17", len(c.of(200)), len(c.of(502)), len(c.of(504)))
	}
	within(t, "504 at", quantile(c.of(504), 0), 10, 10.1)
	if c := play(t, s, steady(3, 10*second)); len(c.of(200)) != len(c.hits) {
		t.Errorf("at 3/s %d of %d are good", len(c.of(200)), len(c.hits))
	}
}

// Point 10. gunicorn, W=3, S=0.25 s, TCP, backlog 32, R = 5 s, asked 30/s for 12 s:
// 12 good a second for 12 s, then, when arrivals have ended, half a minute of 504s
// and scraps, the slowest good answer after 36 s. nginx connects for up to 60 s.
func TestGoodputIsCapacityOnlyBeforeGiveUps(t *testing.T) {
	s := pagesOf(3, 32, TCP, 5*second, working(250))
	s.Pools[0].Server, s.Gateway.Connect, s.OldKernel = Gunicorn, 60*second, true
	c := play(t, s, steady(30, 12*second))
	n := 0
	for _, h := range c.of(200) {
		if h.Done > second && h.Done <= 11*second {
			n++
		}
	}
	within(t, "good answers a second", float64(n)/10, 11.7, 12.1)
	last := c.hits[len(c.hits)-1]
	within(t, "the last answer comes after", last.Done.Seconds(), 30, 75)
	if len(c.of(504)) == 0 {
		t.Error("no 504 came")
	}
	within(t, "slowest good answer", quantile(c.of(200), 1), 15, 40) // SYNs after 15 and 31 s
}
