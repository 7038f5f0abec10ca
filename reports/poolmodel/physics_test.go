package poolmodel

import (
	"fmt"
	"iter"
	"math"
	"testing"
	"time"
)

// What was measured on real servers, and what the model says. Where model and
// formula must agree to the nanosecond the tolerance is one; where the
// measurement is of real servers, the comment says what it may differ by.

func simulate(t testing.TB, sc Scenario, arrivals iter.Seq[time.Duration]) *Result {
	t.Helper()
	r, err := Simulate(sc, arrivals)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func counts(t *testing.T, what string, got, want Counts) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

var halfSecond = Site{Workers: 4, QueueSlots: 17, ServiceS: 0.5, GatewayTimeoutS: 10}

// Row 1: 4 workers of 0.5 s. 6/s and 8/s: all good in 0.5 s (measured 501 and
// 509 ms, of which the servers' own overhead isn't modelled). 10/s and 20/s:
// exactly 8 good answers in every full second once workers are busy, which is
// from the second second on, and the rest 502.
func TestRow1Capacity(t *testing.T) {
	for _, rate := range []float64{6, 8} {
		r := simulate(t, Scenario{Site: halfSecond}, Uniform(rate, 20*time.Second))
		n := int64(20 * rate)
		counts(t, fmt.Sprintf("%g/s", rate), r.Counts, Counts{Arrived: n, OK: n})
		near(t, "slowest", float64(r.Response.Max())/1e9, 0.5, 1e-9)
	}
	for _, rate := range []float64{10, 20} {
		r := simulate(t, Scenario{Site: halfSecond}, Uniform(rate, 20*time.Second))
		for i, s := range r.Seconds[1:20] {
			if s.OK != 8 {
				t.Errorf("%g/s: good answers in second %d: got %d, want 8", rate, i+1, s.OK)
			}
		}
		if r.OK+r.BadGateway != r.Arrived || r.BadGateway == 0 {
			t.Errorf("%g/s: got %+v, want 200 and 502 only", rate, r.Counts)
		}
	}
}

// then plays one after the other.
func then(first iter.Seq[time.Duration], lasts time.Duration, second iter.Seq[time.Duration]) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for at := range first {
			if !yield(at) {
				return
			}
		}
		for at := range second {
			if !yield(lasts + at) {
				return
			}
		}
	}
}

// Row 3: the longest good answer at overload, measured 2.619 s, is S + Q/C =
// 2.625 s where the workers end their requests evenly spread, as after a time
// at 8/s. From rest they start W/λ = 0.2 s after one another and then pause for
// the rest of S, so that the last place may have to wait for one pause of
// 0.3 s more than the mean.
func TestRow3LongestAnswer(t *testing.T) {
	spread := simulate(t, Scenario{Site: halfSecond}, then(Uniform(8, 10*time.Second), 10*time.Second, Uniform(20, 10*time.Second)))
	near(t, "longest, workers spread", float64(spread.Response.Max())/1e9, halfSecond.LongestS(0), 0.01)
	bunched := simulate(t, Scenario{Site: halfSecond}, Uniform(20, 10*time.Second))
	longest := float64(bunched.Response.Max()) / 1e9
	if longest < halfSecond.LongestS(0) || longest > halfSecond.LongestS(0)+0.3 {
		t.Errorf("longest, workers bunched: got %v, want 2.625 to 2.925", longest)
	}
}

// Row 4: pool and queue fill in 21/8 = 2.625 s (measured 2.6 to 3.0), with 21
// in flight; then all are 502 until the hang is lifted, and the first good
// answer comes within 1 s. The 21 are served S0 apart from the call: at once,
// as they did their own work before, but for the 17 queued: 40/s.
func TestRow4OnsetAndRecovery(t *testing.T) {
	site := article
	site.GatewayTimeoutS = 60
	r := simulate(t, Scenario{Site: site, Faults: []Fault{{ToS: 10, HoldS: forever}}}, Uniform(8, 15*time.Second))
	near(t, "onset", r.First502.AtS, 2.625, 1e-9)
	for i := 3; i < 10; i++ {
		if s := r.Seconds[i]; s.BadGateway != 8 || s.InFlight != 22 || s.Busy != 4 || s.Queued != 17 { // 22: with the one that is refused
			t.Errorf("second %d: got %+v, want 8 x 502, 4 busy, 17 queued", i, s)
		}
	}
	if s := r.Seconds[10]; s.OK < 21 {
		t.Errorf("the second after lifting: got %d good, want the 21 that waited at least", s.OK)
	}
	if s := r.Seconds[12]; s.OK != 8 || s.BadGateway != 0 {
		t.Errorf("two seconds after lifting: got %+v, want 8 good", s)
	}
}

// Row 5 and internal/staging's contract, which counts what real servers did:
// the dependency hangs for 15 s at 8/s. Exact but where the contract isn't.
func TestRow5Timeouts(t *testing.T) {
	hang := func(timeout float64) *Result {
		return simulate(t, Scenario{Site: article, TimeoutS: timeout, Faults: []Fault{{ToS: 15, HoldS: forever}}}, Uniform(8, 15*time.Second))
	}
	// The 21 inside get a 504 at R; R frees nothing, so all others are 502.
	none := hang(0)
	counts(t, "no timeout", none.Counts, Counts{Arrived: 120, GatewayTimeout: 21, BadGateway: 99})
	near(t, "no timeout: first 502", none.First502.AtS, 2.625, 1e-9)
	near(t, "no timeout: first 504", none.First504.AtS, 10, 1e-9)

	// By arrival 504 comes first, though its answer is read at 11.5 s.
	three := hang(3)
	near(t, "3 s: first 504 arrived", three.First504.ArrivedS, 1.5, 1e-9)
	near(t, "3 s: first 504", three.First504.AtS, 11.5, 1e-9)
	near(t, "3 s: first 502", three.First502.ArrivedS, 2.625, 1e-9)
	first25 := simulate(t, Scenario{Site: article, TimeoutS: 3, Faults: []Fault{{ToS: 30, HoldS: forever}}}, Uniform(8, 25*time.Second/8))
	counts(t, "3 s: the first 25", first25.Counts, Counts{Arrived: 25, OK: 12, GatewayTimeout: 9, BadGateway: 4})

	// Measured: 502 from about 4 s, half of all from there on (1 - 3.64/8 = 55%,
	// within 6 points), good answers then 5.9 to 6.2 s.
	one := hang(1)
	near(t, "1 s: first 502", one.First502.AtS, 4, 0.25)
	after, refused := 0.0, 0.0
	for _, s := range one.Seconds[4:15] {
		after, refused = after+float64(s.Arrived), refused+float64(s.BadGateway)
	}
	near(t, "1 s: share of 502 from 4 s on", refused/after, 0.55, 0.06)
	near(t, "1 s: slowest good answer", float64(one.Response.Max())/1e9, 6.05, 0.2)
	if one.GatewayTimeout != 0 {
		t.Errorf("1 s: got %d x 504, want none", one.GatewayTimeout)
	}

	// Measured 459 ms at most: S0 + T and the servers' overhead.
	short := hang(0.35)
	counts(t, "0.35 s", short.Counts, Counts{Arrived: 120, OK: 120})
	near(t, "0.35 s: slowest", float64(short.Response.Max())/1e9, 0.459, 0.01)
}

// Row 6, TCP, as internal/staging has it: R = 5 s for connecting too, 20/s for
// 6 s on C = 8/s. Whoever connects does so by 11 s, at most 8*11 + 21 = 109 of
// 120: 11 or more are 504, none is 502, and the slowest good answer was
// dropped before, so it is beyond the 2.6 s of a queue, by 0.6 s at least, and
// within 5 s of connecting and 5 s of waiting.
func TestRow6QueueFullOnTCP(t *testing.T) {
	site := halfSecond
	site.GatewayTimeoutS, site.TCP = 5, true
	r := simulate(t, Scenario{Site: site, ConnectTimeoutS: 5}, Uniform(20, 6*time.Second))
	if r.BadGateway != 0 || r.GatewayTimeout < 11 || r.OK+r.GatewayTimeout != 120 {
		t.Errorf("got %+v, want no 502, at least 11 x 504, the rest good", r.Counts)
	}
	if longest := float64(r.Response.Max()) / 1e9; longest < 3.2 || longest > 10 {
		t.Errorf("longest good answer: got %v, want 3.2 to 10 s", longest)
	}
}

// Row 6, a worker that php-fpm kills: 502 after 3 to 4 s for a limit of 3 s,
// as it looks once a second. Requests come one in 3.7 s, so at all phases.
func TestRow6KilledWorker(t *testing.T) {
	sc := Scenario{Site: article, KillS: 3, KillEveryS: 1, Faults: []Fault{{ToS: 100, HoldS: forever}}}
	for k := range 20 {
		at := time.Duration(k) * 3700 * time.Millisecond
		r := simulate(t, sc, func(yield func(time.Duration) bool) { yield(at) })
		counts(t, at.String(), r.Counts, Counts{Arrived: 1, BadGateway: 1})
		if took := r.First502.AtS - at.Seconds(); took < 3 || took >= 4 {
			t.Errorf("arrived at %v: killed after %v s, want 3 to 4", at, took)
		}
	}
}

// Row 7: queued corpses are served in order. One worker hangs until 20 s; the
// 5 behind it got their 504 at 10 s, and still run, 1 s each, before the
// visitor of 20.5 s.
func TestRow7WorkOutlivesItsReader(t *testing.T) {
	site := Site{Workers: 1, QueueSlots: 10, ServiceS: 1, Share: 1, GatewayTimeoutS: 10}
	r := simulate(t, Scenario{Site: site, Faults: []Fault{{ToS: 20, HoldS: forever}}}, then(Uniform(1000, 6*time.Millisecond), 20500*time.Millisecond, Uniform(1, time.Second)))
	counts(t, "all", r.Counts, Counts{Arrived: 7, OK: 1, GatewayTimeout: 6})
	near(t, "the last one", float64(r.Response.Max())/1e9, 20+5+1-20.5, 1e-9)
	if r.Abandoned != 5 {
		t.Errorf("served for nobody: got %d, want 5", r.Abandoned)
	}
}

// Row 8, exact. 40/s at low overlap: all good. 30 in 300 ms on 4 workers: the
// first 4 take the workers until R, waiting for their own page, which is among
// the 17 queued with 13 visitors; so 4 + 13 get a 504 at 10 s, 13 a 502.
func TestRow8SelfRequests(t *testing.T) {
	site := Site{Workers: 4, QueueSlots: 17, ServiceS: 0.02, GatewayTimeoutS: 10}
	low := simulate(t, Scenario{Site: site, SelfShare: 1, SelfServiceS: 0.02}, Uniform(40, 10*time.Second))
	counts(t, "40/s", low.Counts, Counts{Arrived: 400, OK: 400})
	counts(t, "40/s, its own", low.Self, Counts{Arrived: 400, OK: 400})

	site.ServiceS = 0.1
	r := simulate(t, Scenario{Site: site, SelfShare: 1, SelfServiceS: 0.1}, Uniform(100, 300*time.Millisecond))
	counts(t, "30 at once", r.Counts, Counts{Arrived: 30, GatewayTimeout: 17, BadGateway: 13})
	near(t, "first 504", r.First504.AtS, 10, 1e-9)
	if s := r.Seconds[10]; s.GatewayTimeout != 17 {
		t.Errorf("at 10 s: got %d x 504, want 17", s.GatewayTimeout)
	}
}

// Row 10: 3 sync workers of 0.25 s on TCP, backlog 32, asked 30/s for 12 s.
// Measured: 12 good a second for 12 s (exact here from the second second on),
// then, arrivals having ended, stragglers for 35 s more, the slowest good
// answer 36 s. SYNs are sent again until 35 s after the first, and the queue
// adds to it: within 10%. What the model does not show are the 504s measured
// among the stragglers: there the kernel had told some of the gateway's
// connections that they were established while the queue had no place for them.
func TestRow10TCPPool(t *testing.T) {
	site := Site{Workers: 3, QueueSlots: 33, ServiceS: 0.25, GatewayTimeoutS: 5, TCP: true}
	r := simulate(t, Scenario{Site: site}, Uniform(30, 12*time.Second))
	for i, s := range r.Seconds[1:12] {
		if s.OK != 12 {
			t.Errorf("good answers in second %d: got %d, want 12", i+1, s.OK)
		}
	}
	if r.BadGateway != 0 {
		t.Errorf("502: got %d, want none on TCP", r.BadGateway)
	}
	near(t, "slowest good answer", float64(r.Response.Max())/1e9, 36, 36*0.1)
	if end := len(r.Seconds); end < 32 || end > 47 {
		t.Errorf("last straggler: got second %d, want 20 to 35 s after the end", end)
	}

	// The same pool hanging for 15 s at 8/s: only 504s, no 502, the last of
	// those who met the hang within R or a SYN retry (8 s) of lifting.
	hang := site
	hang.ServiceS, hang.Share = 0, 1
	r = simulate(t, Scenario{Site: hang, Faults: []Fault{{ToS: 15, HoldS: forever}}}, Uniform(8, 15*time.Second))
	if r.GatewayTimeout == 0 || r.BadGateway != 0 {
		t.Errorf("hang: got %+v, want 504 and no 502", r.Counts)
	}
	for i, s := range r.Seconds[:15] {
		if s.OK != 0 {
			t.Errorf("hang: %d good in second %d, want none", s.OK, i)
		}
	}
	near(t, "hang: last straggler after lifting", float64(len(r.Seconds))-15, 5, 4)
}

// Row 12 is of single simulated runs of a length not told. Averages over 200
// seeds of 60 s: p95 at 6/s is 1.06 s where 0.97 s was seen, and 2.1% fail at
// 8/s where 1.7% did; both grow with the run's length (20 s: 1.4%, an hour:
// 2.7%). So p95 within 15% and failures within 0.6 points, and one run of 60 s
// gives the figures seen often: they lie within one deviation of the mean.
func TestRow12PoissonArrivals(t *testing.T) {
	average := func(rate float64, figure func(*Result) float64) (mean, deviation float64) {
		const seeds = 200
		var sum, squares float64
		for seed := range uint64(seeds) {
			v := figure(simulate(t, Scenario{Site: halfSecond}, Poisson(rate, time.Minute, seed)))
			sum, squares = sum+v, squares+v*v
		}
		mean = sum / seeds
		return mean, math.Sqrt(squares/seeds - mean*mean)
	}
	p95, spread := average(6, func(r *Result) float64 { return float64(r.Response.Quantile(0.95)) / 1e9 })
	near(t, "p95 at 6/s", p95, 0.97, 0.97*0.15)
	near(t, "p95 at 6/s, in deviations", (p95-0.97)/spread, 0, 1)
	failed, spread := average(8, func(r *Result) float64 { return float64(r.BadGateway) / float64(r.Arrived) })
	near(t, "failed at 8/s", failed, 0.017, 0.006)
	near(t, "failed at 8/s, in deviations", (failed-0.017)/spread, 0, 1)
}

// Poisson arrivals at W workers without a queue lose the share that A. Erlang
// gives (1917), whatever the service time's distribution: B(0) = 1, B(w) =
// aB(w-1)/(w + aB(w-1)), a = λS. 100,000 arrivals: within 4 deviations of a
// binomial, doubled as losses come in bursts.
func TestErlangLoss(t *testing.T) {
	for _, row := range []struct {
		workers int
		load    float64
	}{{1, 0.5}, {4, 3}, {10, 12}, {50, 45}} {
		b := 1.0
		for w := 1; w <= row.workers; w++ {
			b = row.load * b / (float64(w) + row.load*b)
		}
		site := Site{Workers: row.workers, ServiceS: row.load / 1000}
		r := simulate(t, Scenario{Site: site}, Poisson(1000, 100*time.Second, 3))
		near(t, fmt.Sprintf("lost by %d workers at load %g", row.workers, row.load), float64(r.BadGateway)/float64(r.Arrived), b, 8*math.Sqrt(b*(1-b)/1e5))
	}
}
