package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// physicsSite is the site of the model's rows 4 and 5: 4 workers, 17 slots, 0.1 s.
func physicsSite() *madeup.MadeUp {
	return &madeup.MadeUp{Workers: 4, Slots: 17, Own: 100 * madeup.Millisecond, Share: 1}
}

// hangRun is baseline 0..10, hang 10..25 in force from 11 to 23, recovery 25..35.
func hangRun(rate float64) *madeup.Scenario {
	return madeup.NewScenario(madeup.Rated("baseline", 10*madeup.Second, rate), madeup.Rated("hang", 15*madeup.Second, rate), madeup.Rated("recovery", 10*madeup.Second, rate))
}

// poolOf returns the pool of a run in which the dependency hangs from 11 s to 23 s.
func poolOf(t *testing.T, m *madeup.MadeUp, s *madeup.Scenario) *reports.Report {
	t.Helper()
	return reportOf(m.Play(s, 11*madeup.Second, 23*madeup.Second), t)
}

func wantEstimate(t *testing.T, what string, e *reports.Estimate, truth, within float64) {
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
	m.Timeout = madeup.Second
	r := poolOf(t, m, hangRun(8))
	wantEstimate(t, "workers", r.Pool.Workers, 4, 0)
	wantEstimate(t, "queue slots", r.Pool.QueueSlots, 17, 0)
}

// With one request in three calling, the other workers go on serving until the
// last has met a call.
func TestPoolOfAShareThatCalls(t *testing.T) {
	m := &madeup.MadeUp{Workers: 7, Slots: 12, Own: 120 * madeup.Millisecond, Plain: 200 * madeup.Millisecond, Share: 1.0 / 3, D: 60 * madeup.Millisecond, Poisson: true, Seed: 3}
	r := poolOf(t, m, madeup.NewScenario(madeup.Rated("baseline", 10*madeup.Second, 12), madeup.Rated("hang", 15*madeup.Second, 20), madeup.Rated("recovery", 10*madeup.Second, 12)))
	wantEstimate(t, "workers", r.Pool.Workers, 7, 0)
	wantEstimate(t, "queue slots", r.Pool.QueueSlots, 12, 0)
}

// The gateway gives up after 5 s: the requests that it answered are inside
// unseen, and must not be taken for free workers or free slots.
func TestGatewayTimeoutIsTheClusterOf504s(t *testing.T) {
	m := physicsSite()
	m.Gateway = 5 * madeup.Second
	r := poolOf(t, m, hangRun(3)) // (4+17)/3 = 7 s to fill
	wantEstimate(t, "gateway timeout", r.Pool.GatewayTimeoutS, 5, 0.01)
	wantEstimate(t, "workers", r.Pool.Workers, 4, 0)
}

// What can't be told is null, not a guess.
func TestPoolSaysNothingThatItCannotTell(t *testing.T) {
	healthy := hangRun(8)
	r := reportOf(physicsSite().Play(healthy, 0, 0), t)
	wantEstimate(t, "service of a healthy run", r.Pool.ServiceS, 0.1, 0.01)
	if p := r.Pool; p.Workers != nil || p.QueueSlots != nil || p.CapacityHz != nil || p.FitR2 != nil || p.Network != "" {
		t.Errorf("a healthy run: got %+v, want the service time and nothing else", p)
	}
	// 12 s at 0.25 a second are 3 calls: all that come wait, on 4 workers or more.
	r = poolOf(t, physicsSite(), madeup.NewScenario(madeup.Rated("baseline", 10*madeup.Second, 2), madeup.Rated("hang", 15*madeup.Second, 0.25), madeup.Rated("recovery", 10*madeup.Second, 2)))
	if p := r.Pool; p.Workers != nil || p.QueueSlots != nil || p.CapacityHz != nil {
		t.Errorf("a hang without a queue: got %+v, want no workers, slots or capacity", p)
	}
	// 8 calls of 4 workers, two each.
	m := physicsSite()
	m.Several = 2
	r = poolOf(t, m, hangRun(8))
	if w := r.Pool.Workers; w != nil && w.Value > 4.4 {
		t.Errorf("two calls at once: got %+v, want 4 workers or nothing", w)
	}
}

// A pool that is gone refuses at once too, with nobody inside.
func TestRefusalsWithoutAQueueTellNoSlots(t *testing.T) {
	s := madeup.NewScenario(madeup.Rated("baseline", 10*madeup.Second, 8), madeup.Rated("down", 10*madeup.Second, 8)).Drive(func(h *journal.Hit) {
		if h.Due > 12*madeup.Second {
			h.Done, h.Code, h.Class = h.Due+madeup.Millisecond, 502, journal.ClassStatus
		}
	})
	if p := reportOf(s, t).Pool; p.QueueSlots != nil || p.Network != "" || p.Workers != nil {
		t.Errorf("got %+v, want no slots, network or workers", p)
	}
}

// Overload alone: 60 a second on C = 4/0.1 = 40. Workers are what capacity and
// service time come to; of these and 21 inside the slots follow.
func TestPoolOfAnOverload(t *testing.T) {
	s := madeup.NewScenario(madeup.Rated("baseline", 10*madeup.Second, 8), madeup.Rated("overload", 10*madeup.Second, 60), madeup.Rated("after", 5*madeup.Second, 8))
	r := reportOf(physicsSite().Play(s, 0, 0), t)
	wantEstimate(t, "capacity", r.Pool.CapacityHz, 40, 0.02)
	wantEstimate(t, "workers", r.Pool.Workers, 4, 0.05)
	wantEstimate(t, "queue slots", r.Pool.QueueSlots, 17, 0.05)
	if w := r.Pool.Workers; w != nil && w.Kind != reports.EffectiveWorkers {
		t.Errorf("workers from capacity: got kind %q, want %q", w.Kind, reports.EffectiveWorkers)
	}
}

// 6 workers compute on 2 cores: 0.1 s each alone, so 20 a second at most and
// not 60. The hang shows the 6; the capacity must not be 6/S.
func TestCapacityOfAComputingPoolIsNotWorkersOverService(t *testing.T) {
	m := &madeup.MadeUp{Workers: 6, Slots: 17, Own: 100 * madeup.Millisecond, Share: 1, Cores: 2}
	s := madeup.NewScenario(madeup.Rated("baseline", 10*madeup.Second, 4), madeup.Rated("hang", 15*madeup.Second, 8), madeup.Rated("recovery", 10*madeup.Second, 4), madeup.Rated("overload", 8*madeup.Second, 40))
	r := poolOf(t, m, s)
	wantEstimate(t, "workers", r.Pool.Workers, 6, 0)
	if c := r.Pool.CapacityHz; c != nil && c.Value > 25 {
		t.Errorf("capacity: got %v, want about 20 or nothing", *c)
	}
}

// 6 workers compute on 2 cores under too much load: from outside 2 workers'
// worth, 20/s x 0.1 s. The access log, if it is this site's, has 0.3 s a request: 6.
func TestAccessLogTellsWorkersThatCompete(t *testing.T) {
	m := &madeup.MadeUp{Workers: 6, Slots: 17, Own: 100 * madeup.Millisecond, Share: 1, Cores: 2}
	s := madeup.NewScenario(madeup.Rated("baseline", 10*madeup.Second, 4), madeup.Rated("overload", 12*madeup.Second, 40), madeup.Rated("after", 5*madeup.Second, 4))
	in := m.Play(s, 0, 0).Contents()
	for _, test := range []struct {
		name string
		n    int64 // lines a second; 20 were served
		want float64
	}{{"of this site", 20, 6}, {"of a busier host", 300, 2}} {
		t.Run(test.name, func(t *testing.T) {
			in.Observations = nil
			for at := 10 * madeup.Second; at < 22*madeup.Second; at += madeup.Second {
				in.Observations = append(in.Observations, journal.Observation{AtNS: int64(at), Source: journal.PHPAccessLog, Kind: journal.Access, Count: test.n,
					Code: 200, Times: &journal.Times{N: test.n, SumS: 0.3 * float64(test.n), SquaresS2: 0.09 * float64(test.n), MaxS: 0.3}})
			}
			r, err := Contents(in)
			if err != nil {
				t.Fatal(err)
			}
			wantEstimate(t, "workers", r.Pool.Workers, test.want, 0.1)
		})
	}
}

func TestPoolThatGrows(t *testing.T) {
	m := &madeup.MadeUp{Workers: 8, Slots: 40, Own: 100 * madeup.Millisecond, Share: 1, Later: 16 * madeup.Second}
	r := poolOf(t, m, hangRun(5))
	if w := r.Pool.Workers; !r.Pool.Grew || w == nil || w.Low != 4 || w.High != 8 {
		t.Errorf("got grew %v, workers %+v; want 4 to 8", r.Pool.Grew, w)
	}
}

func status(total int64) []journal.Observation {
	return []journal.Observation{{AtNS: int64(5 * madeup.Second), Source: journal.PHPFPMStatus, Kind: journal.Gauge, Count: 1,
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
				lift = 23 * madeup.Second
			}
			in := physicsSite().Play(s, 11*madeup.Second, lift).Contents()
			in.Observations = status(test.total)
			r, err := Contents(in)
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
	m.Timeout = madeup.Second
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
	for name, timeout := range map[string]time.Duration{"no timeout": 0, "1 s": madeup.Second} {
		t.Run(name, func(t *testing.T) {
			m := physicsSite()
			m.Timeout = timeout
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
		c := float64(m.Workers) / m.MeanS()
		places := float64(m.Workers + m.Slots)
		overload := time.Duration((places/(0.7*c) + max(6, 40/c)) * float64(madeup.Second))
		hangs := time.Duration(float64(m.Workers)/(m.Share*0.7*c)*float64(madeup.Second)) + time.Duration(float64(m.Slots)/(0.7*c)*float64(madeup.Second)) + 4*madeup.Second
		hangs = max(hangs, 3*m.Timeout+3*madeup.Second)
		s := madeup.NewScenario(madeup.Rated("baseline", max(8, time.Duration(60/(0.4*c)))*madeup.Second, 0.4*c), madeup.Rated("overload", overload, 1.7*c),
			madeup.Rated("drain", time.Duration((1.5*places/c+3)*float64(madeup.Second)), 0.2*c), madeup.Rated("hang", hangs+madeup.Second, 0.7*c), madeup.Rated("recovery", 8*madeup.Second, 0.4*c))
		from := time.Duration(s.Phases[3].StartNS) + madeup.Second
		p := reportOf(m.Play(s, from, from+hangs), t).Pool
		for _, f := range []struct {
			name  string
			e     *reports.Estimate
			truth float64
		}{{"workers", p.Workers, float64(m.Workers)}, {"slots", p.QueueSlots, float64(m.Slots)}, {"service", p.ServiceS, m.MeanS()}, {"capacity", p.CapacityHz, c}} {
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

func drawSite(seed uint64) *madeup.MadeUp {
	rng := rand.New(rand.NewPCG(seed, 11))
	ms := func(from, to int) time.Duration { return time.Duration(from+rng.IntN(to-from+1)) * madeup.Millisecond }
	m := &madeup.MadeUp{Workers: 2 + rng.IntN(11), Slots: 5 + rng.IntN(29), Own: ms(60, 300), Share: 1, Poisson: rng.IntN(2) == 0, Seed: seed}
	if rng.IntN(2) == 0 {
		m.Plain, m.Share = ms(60, 300), []float64{1.0 / 3, 0.5, 2.0 / 3}[rng.IntN(3)]
	}
	if rng.IntN(2) == 0 {
		m.D = ms(20, 200)
	}
	if rng.IntN(2) == 0 {
		m.Timeout = m.D + ms(300, 1500)
	}
	return m
}
