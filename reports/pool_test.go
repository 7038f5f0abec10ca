package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// physicsSite is the site of the model's rows 4 and 5: 4 workers, 17 slots, 0.1 s.
func physicsSite() *madeUp {
	return &madeUp{workers: 4, slots: 17, own: 100 * milli, share: 1}
}

// hangRun is baseline 0..10, hang 10..25 in force from 11 to 23, recovery 25..35.
func hangRun(rate float64) *scenario {
	return newScenario(rated("baseline", 10*second, rate), rated("hang", 15*second, rate), rated("recovery", 10*second, rate))
}

// poolOf returns the pool of a run in which the dependency hangs from 11 s to 23 s.
func poolOf(t *testing.T, m *madeUp, s *scenario) *Report {
	t.Helper()
	return m.play(s, 11*second, 23*second).report(t)
}

func wantEstimate(t *testing.T, what string, e *Estimate, truth, within float64) {
	t.Helper()
	switch {
	case e == nil:
		t.Errorf("%s: not told, want %v", what, truth)
	case math.Abs(e.Value-truth) > within*truth || truth < e.Low-1e-9 || truth > e.High+1e-9:
		t.Errorf("%s: got %v, want %v within %v and in the interval", what, *e, truth, within)
	}
}

// Row 4: 8 a second on 4 workers hang. 21 are inside at the first refusal, 4 of
// them calls: 17 slots. S = 0.1 s and so C = 40/s.
func TestPoolOfAHang(t *testing.T) {
	r := poolOf(t, physicsSite(), hangRun(8))
	wantEstimate(t, "workers", r.Pool.Workers, 4, 0)
	wantEstimate(t, "queue slots", r.Pool.QueueSlots, 17, 0)
	wantEstimate(t, "service", r.Pool.ServiceS, 0.1, 0.01)
	wantEstimate(t, "capacity", r.Pool.CapacityHz, 40, 0.05)
	if r.Pool.Network != "unix" || r.Pool.Grew || r.Pool.GatewayTimeoutS != nil {
		t.Errorf("got network %q, grew %v, gateway timeout %v; want unix, not grown, and no timeout seen", r.Pool.Network, r.Pool.Grew, r.Pool.GatewayTimeoutS)
	}
}

// Row 5, T = 1 s: calls end all the time, and 4 wait at once between.
func TestPoolWithATimeout(t *testing.T) {
	m := physicsSite()
	m.timeout = second
	r := poolOf(t, m, hangRun(8))
	wantEstimate(t, "workers", r.Pool.Workers, 4, 0)
	wantEstimate(t, "queue slots", r.Pool.QueueSlots, 17, 0)
}

// With one request in three calling, the other workers go on serving until the
// last has met a call.
func TestPoolOfAShareThatCalls(t *testing.T) {
	m := &madeUp{workers: 7, slots: 12, own: 120 * milli, plain: 200 * milli, share: 1.0 / 3, d: 60 * milli, poisson: true, seed: 3}
	r := poolOf(t, m, newScenario(rated("baseline", 10*second, 12), rated("hang", 15*second, 20), rated("recovery", 10*second, 12)))
	wantEstimate(t, "workers", r.Pool.Workers, 7, 0)
	wantEstimate(t, "queue slots", r.Pool.QueueSlots, 12, 0)
}

// The gateway gives up after 5 s: the requests that it answered are inside
// unseen, and must not be taken for free workers or free slots.
func TestGatewayTimeoutIsTheClusterOf504s(t *testing.T) {
	m := physicsSite()
	m.gateway = 5 * second
	r := poolOf(t, m, hangRun(3)) // (4+17)/3 = 7 s to fill
	wantEstimate(t, "gateway timeout", r.Pool.GatewayTimeoutS, 5, 0.01)
	wantEstimate(t, "workers", r.Pool.Workers, 4, 0)
}

// What can't be told is null, not a guess.
func TestPoolSaysNothingThatItCannotTell(t *testing.T) {
	healthy := hangRun(8)
	r := physicsSite().play(healthy, 0, 0).report(t)
	wantEstimate(t, "service of a healthy run", r.Pool.ServiceS, 0.1, 0.01)
	if p := r.Pool; p.Workers != nil || p.QueueSlots != nil || p.CapacityHz != nil || p.FitR2 != nil || p.Network != "" {
		t.Errorf("a healthy run: got %+v, want the service time and nothing else", p)
	}
	// 12 s at 0.25 a second are 3 calls: all that come wait, on 4 workers or more.
	r = poolOf(t, physicsSite(), newScenario(rated("baseline", 10*second, 2), rated("hang", 15*second, 0.25), rated("recovery", 10*second, 2)))
	if p := r.Pool; p.Workers != nil || p.QueueSlots != nil || p.CapacityHz != nil {
		t.Errorf("a hang without a queue: got %+v, want no workers, slots or capacity", p)
	}
	// 8 calls of 4 workers, two each.
	m := physicsSite()
	m.several = 2
	r = poolOf(t, m, hangRun(8))
	if w := r.Pool.Workers; w != nil && w.Value > 4.4 {
		t.Errorf("two calls at once: got %+v, want 4 workers or nothing", w)
	}
}

// A pool that is gone refuses at once too, with nobody inside.
func TestRefusalsWithoutAQueueTellNoSlots(t *testing.T) {
	s := newScenario(rated("baseline", 10*second, 8), rated("down", 10*second, 8)).drive(func(h *journal.Hit) {
		if h.Due > 12*second {
			h.Done, h.Code, h.Class = h.Due+milli, 502, journal.ClassStatus
		}
	})
	if p := s.report(t).Pool; p.QueueSlots != nil || p.Network != "" || p.Workers != nil {
		t.Errorf("got %+v, want no slots, network or workers", p)
	}
}

// Overload alone: 60 a second on C = 4/0.1 = 40. Workers are what capacity and
// service time come to; of these and 21 inside the slots follow.
func TestPoolOfAnOverload(t *testing.T) {
	s := newScenario(rated("baseline", 10*second, 8), rated("overload", 10*second, 60), rated("after", 5*second, 8))
	r := physicsSite().play(s, 0, 0).report(t)
	wantEstimate(t, "capacity", r.Pool.CapacityHz, 40, 0.02)
	wantEstimate(t, "workers", r.Pool.Workers, 4, 0.05)
	wantEstimate(t, "queue slots", r.Pool.QueueSlots, 17, 0.05)
	if w := r.Pool.Workers; w != nil && w.Kind != effectiveWorkers {
		t.Errorf("workers from capacity: got kind %q, want %q", w.Kind, effectiveWorkers)
	}
}

// 6 workers compute on 2 cores: 0.1 s each alone, so 20 a second at most and
// not 60. The hang shows the 6; the capacity must not be 6/S.
func TestCapacityOfAComputingPoolIsNotWorkersOverService(t *testing.T) {
	m := &madeUp{workers: 6, slots: 17, own: 100 * milli, share: 1, cores: 2}
	s := newScenario(rated("baseline", 10*second, 4), rated("hang", 15*second, 8), rated("recovery", 10*second, 4), rated("overload", 8*second, 40))
	r := poolOf(t, m, s)
	wantEstimate(t, "workers", r.Pool.Workers, 6, 0)
	if c := r.Pool.CapacityHz; c != nil && c.Value > 25 {
		t.Errorf("capacity: got %v, want about 20 or nothing", *c)
	}
}

// 6 workers compute on 2 cores under too much load: from outside 2 workers'
// worth, 20/s x 0.1 s. The access log, if it is this site's, has 0.3 s a request: 6.
func TestAccessLogTellsWorkersThatCompete(t *testing.T) {
	m := &madeUp{workers: 6, slots: 17, own: 100 * milli, share: 1, cores: 2}
	s := newScenario(rated("baseline", 10*second, 4), rated("overload", 12*second, 40), rated("after", 5*second, 4))
	in := m.play(s, 0, 0).contents()
	for _, test := range []struct {
		name string
		n    int64 // lines a second; 20 were served
		want float64
	}{{"of this site", 20, 6}, {"of a busier host", 300, 2}} {
		t.Run(test.name, func(t *testing.T) {
			in.Observations = nil
			for at := 10 * second; at < 22*second; at += second {
				in.Observations = append(in.Observations, journal.Observation{AtNS: int64(at), Source: journal.PHPAccessLog, Kind: journal.Access, Count: test.n,
					Code: 200, Times: &journal.Times{N: test.n, SumS: 0.3 * float64(test.n), SquaresS2: 0.09 * float64(test.n), MaxS: 0.3}})
			}
			r, err := analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			wantEstimate(t, "workers", r.Pool.Workers, test.want, 0.1)
		})
	}
}

// Half of 8 workers start 5 s into the hang, while requests queue.
// On TCP, after too much load, one of 12 workers waited for a request that the
// kernel had dropped, while 11 calls were held: seen on a real pool. 76.1/s x
// 0.1536 s = 11.7, and with 5.3% of it 12.3 at most, so it may be 12. A unix
// socket drops nothing.
func TestHeldCallsMayMissAWorkerOnTCP(t *testing.T) {
	fit := func(full int64, capacity float64) *Estimate {
		p := &poolFit{full: fullFit{n: full},
			workers:  workersFit{estimate: &Estimate{Value: 11, Low: 11, High: 11, Kind: countedWorkers}, peak: 11},
			capacity: capacityFit{rough: &Estimate{Value: capacity, Low: 0.97 * capacity, High: 1.05 * capacity}},
			service:  serviceFit{estimate: &Estimate{Value: 0.1536, Low: 0.1462, High: 0.1575}}}
		return p.decideWorkers()
	}
	for _, test := range []struct {
		full     int64
		capacity float64
		high     float64
	}{{0, 76.1, 12}, {28, 76.1, 11}, {0, 72, 11}} { // 72/s x 0.1536 s = 11.1
		if e := fit(test.full, test.capacity); e.Value != 11 || e.Low != 11 || e.High != test.high {
			t.Errorf("%d in flight at a refusal, %v/s: got %+v, want 11 (11 to %v)", test.full, test.capacity, e, test.high)
		}
	}
}

func TestPoolThatGrows(t *testing.T) {
	m := &madeUp{workers: 8, slots: 40, own: 100 * milli, share: 1, later: 16 * second}
	r := poolOf(t, m, hangRun(5))
	if w := r.Pool.Workers; !r.Pool.Grew || w == nil || w.Low != 4 || w.High != 8 {
		t.Errorf("got grew %v, workers %+v; want 4 to 8", r.Pool.Grew, w)
	}
}

func status(total int64) []journal.Observation {
	return []journal.Observation{{AtNS: int64(5 * second), Source: journal.PHPFPMStatus, Kind: journal.Gauge, Count: 1,
		Pool: &journal.Pool{Manager: "static", Total: total}}}
}

func TestStatusPageBacksOrIsDoubted(t *testing.T) {
	for _, test := range []struct {
		name    string
		total   int64
		hang    bool
		want    float64
		doubted bool
	}{
		{"the same as outside", 4, true, 4, false},
		{"another than outside", 9, true, 4, true},
		{"where outside can't tell", 9, false, 9, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, lift := hangRun(8), time.Duration(0)
			if test.hang {
				lift = 23 * second
			}
			in := physicsSite().play(s, 11*second, lift).contents()
			in.Observations = status(test.total)
			r, err := analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			wantEstimate(t, "workers", r.Pool.Workers, test.want, 0)
			if doubted := strings.Contains(strings.Join(r.Warnings, "\n"), "status page"); doubted != test.doubted {
				t.Errorf("warned: got %v, want %v: %q", doubted, test.doubted, r.Warnings)
			}
		})
	}
}

// T* = W/lambda - S0 = 4/8 - 0.1 = 0.40 s, with headroom 0.8*4/8 - 0.1 = 0.30 s;
// with 1 s it takes 8*(0.1+1) = 8.8, so 9 workers.
func TestBudget(t *testing.T) {
	m := physicsSite()
	m.timeout = second
	r := poolOf(t, m, hangRun(8))
	if len(r.Budget) != 1 {
		t.Fatalf("got %d budgets, want one", len(r.Budget))
	}
	b := r.Budget[0]
	if b.MaxTimeoutS == nil || math.Abs(*b.MaxTimeoutS-0.4) > 0.005 || b.WithHeadroomS == nil || math.Abs(*b.WithHeadroomS-0.3) > 0.005 {
		t.Errorf("got %v and %v, want 0.40 and 0.30", b.MaxTimeoutS, b.WithHeadroomS)
	}
	if b.RateHz != 8 || b.Calls != 1 {
		t.Errorf("got rate %v, calls %v, want 8 and 1", b.RateHz, b.Calls)
	}
	for _, c := range b.Choices {
		if want := int(math.Ceil(8 * (0.1 + c.TimeoutS) * 0.999)); c.WorkersNeeded != want || c.Holds != (c.TimeoutS < 0.4) {
			t.Errorf("at %v s: got %+v, want %d workers", c.TimeoutS, c, want)
		}
	}
	if b.TimeoutS == nil || b.WorkersNeeded == nil || *b.WorkersNeeded != 9 {
		t.Errorf("at the timeout seen: got %v needs %v, want 1 s and 9", b.TimeoutS, b.WorkersNeeded)
	}
}

// The model, with the figures that were worked out, must say what came.
func TestPredictionAgreesWithTheRun(t *testing.T) {
	for name, timeout := range map[string]time.Duration{"no timeout": 0, "1 s": second} {
		t.Run(name, func(t *testing.T) {
			m := physicsSite()
			m.timeout = timeout
			r := poolOf(t, m, hangRun(8))
			p := r.Prediction
			if len(r.Onset) == 0 || p.OnsetS == nil || math.Abs(*p.OnsetS-r.Onset[0].FirstS) > 0.3 {
				t.Errorf("onset: got %v, want that of the run, %v", p.OnsetS, r.Onset)
			}
			if r.Pool.FitR2 == nil || *r.Pool.FitR2 < 0.9 {
				t.Errorf("fit_r2: got %v, want at least 0.9", r.Pool.FitR2)
			}
			// 4/(0.1 s + T), and none without a timeout.
			want := 0.0
			if timeout > 0 {
				want = 4 / (0.1 + timeout.Seconds())
			}
			if p.CapacityHz == nil || math.Abs(*p.CapacityHz-want) > 0.05 {
				t.Errorf("capacity under the hang: got %v, want %.2f", p.CapacityHz, want)
			}
			if len(p.Series) != len(r.Timeline.StartS) {
				t.Errorf("got %d moments, want one a bucket, %d", len(p.Series), len(r.Timeline.StartS))
			}
		})
	}
}

// Over sites drawn at random, the truth must lie in the interval of at least
// nine figures in ten, no interval be wider than a quarter, and most be told.
func TestIntervalsHoldTheTruth(t *testing.T) {
	const sites = 60
	inside, told, wide := map[string]int{}, map[string]int{}, 0
	for seed := range uint64(sites) {
		m := drawSite(seed)
		c := float64(m.workers) / m.meanS()
		places := float64(m.workers + m.slots)
		overload := time.Duration((places/(0.7*c) + max(6, 40/c)) * float64(second))
		hangs := time.Duration(float64(m.workers)/(m.share*0.7*c)*float64(second)) + time.Duration(float64(m.slots)/(0.7*c)*float64(second)) + 4*second
		hangs = max(hangs, 3*m.timeout+3*second)
		s := newScenario(rated("baseline", max(8, time.Duration(60/(0.4*c)))*second, 0.4*c), rated("overload", overload, 1.7*c),
			rated("drain", time.Duration((1.5*places/c+3)*float64(second)), 0.2*c), rated("hang", hangs+second, 0.7*c), rated("recovery", 8*second, 0.4*c))
		from := time.Duration(s.Phases[3].StartNS) + second
		p := m.play(s, from, from+hangs).report(t).Pool
		for _, f := range []struct {
			name  string
			e     *Estimate
			truth float64
		}{{"workers", p.Workers, float64(m.workers)}, {"slots", p.QueueSlots, float64(m.slots)}, {"service", p.ServiceS, m.meanS()}, {"capacity", p.CapacityHz, c}} {
			if f.e == nil {
				continue
			}
			told[f.name]++
			if f.e.Low <= f.truth+1e-9 && f.truth <= f.e.High+1e-9 {
				inside[f.name]++
			} else {
				t.Logf("seed %d: %s is %v, told %+v of %+v", seed, f.name, f.truth, *f.e, *m)
			}
			if f.e.High-f.e.Low > 0.25*f.e.Value {
				wide++
				t.Logf("seed %d: %s is wide: %+v", seed, f.name, *f.e)
			}
		}
	}
	for _, name := range []string{"workers", "slots", "service", "capacity"} {
		if told[name]*10 < sites*8 || inside[name]*10 < told[name]*9 {
			t.Errorf("%s: told of %d of %d sites, the truth inside in %d", name, told[name], sites, inside[name])
		}
	}
	if wide*20 > 4*sites {
		t.Errorf("%d intervals are wider than a quarter", wide)
	}
	t.Log(fmt.Sprint(told, inside))
}

func drawSite(seed uint64) *madeUp {
	rng := rand.New(rand.NewPCG(seed, 11))
	ms := func(from, to int) time.Duration { return time.Duration(from+rng.IntN(to-from+1)) * milli }
	m := &madeUp{workers: 2 + rng.IntN(11), slots: 5 + rng.IntN(29), own: ms(60, 300), share: 1, poisson: rng.IntN(2) == 0, seed: seed}
	if rng.IntN(2) == 0 {
		m.plain, m.share = ms(60, 300), []float64{1.0 / 3, 0.5, 2.0 / 3}[rng.IntN(3)]
	}
	if rng.IntN(2) == 0 {
		m.d = ms(20, 200)
	}
	if rng.IntN(2) == 0 {
		m.timeout = m.d + ms(300, 1500)
	}
	return m
}
