package poolmodel

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// draw is a random site all of whose requests are alike, a hold and a rate
// around its capacity: half of them too much for it, half not.
func draw(rng *rand.Rand) (s Site, hold, rate float64) {
	s = Site{
		Workers:         1 + rng.IntN(40),
		QueueSlots:      rng.IntN(80),
		ServiceS:        0.1 + rng.Float64(),
		Share:           float64(rng.IntN(3)),
		GatewayTimeoutS: 1 + 10*rng.Float64(),
	}
	hold = 4 * rng.Float64()
	rate = s.Capacity(hold) * (0.5 + 1.2*rng.Float64())
	return s, hold, rate
}

// The simulation of evenly spaced arrivals gives the formula's first 502 and
// first 504 to a microsecond: it counts in whole nanoseconds, so each turn of
// a worker may be half of one off. Sites are passed over where the formula
// stands at a step, that is within 1e-6 of a whole number of turns, since
// there half a nanosecond is an arrival more or less.
func TestOnsetIsWhatIsSimulated(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	kinds := map[string]int{}
	for i := range 800 {
		s, hold, rate := draw(rng)
		if atStep(s, hold, rate) {
			continue
		}
		o := s.Onset(rate, hold)
		lasts := 30.0 // seconds; enough for the first errors of most
		r := simulate(t, Scenario{Site: s, Faults: []Fault{{ToS: forever, HoldS: hold}}}, Uniform(rate, time.Duration(lasts*1e9)))
		where := fmt.Sprintf("site %d %+v, hold %v, %v/s", i, s, hold, rate)
		if o.First502S < lasts || r.First502.AtS < lasts {
			kinds["502"]++
			near(t, where+": first 502", r.First502.AtS, o.First502S, 1e-6)
		}
		switch {
		case o.Arrived504S < lasts:
			kinds["504"]++
			near(t, where+": first 504 arrived", r.First504.ArrivedS, o.Arrived504S, 1e-6)
			near(t, where+": first 504", r.First504.AtS, o.First504S, 1e-6)
		case r.First504.ArrivedS < min(o.First502S, lasts):
			t.Errorf("%s: 504 for an arrival at %v, want none before the first 502 at %v", where, r.First504.ArrivedS, o.First502S)
		}
		if s.Holds(rate, hold) {
			kinds["holds"]++
			if r.OK != r.Arrived {
				t.Errorf("%s: holds, but got %+v", where, r.Counts)
			}
		}
		if t.Failed() {
			return
		}
	}
	for _, kind := range []string{"502", "504", "holds"} {
		if kinds[kind] < 80 {
			t.Errorf("sites with %s: got %d, want 80 for the test to mean something", kind, kinds[kind])
		}
	}
}

func atStep(s Site, hold, rate float64) bool {
	service, w := s.MeanService(hold), float64(s.Workers)
	for _, steps := range []float64{
		float64(s.QueueSlots) / (rate*service - w),
		(s.GatewayTimeoutS - service) / (service - w/rate),
		rate * service / w,
		s.GatewayTimeoutS / service,
	} {
		if math.Abs(steps-math.Round(steps)) < 1e-6 {
			return true
		}
	}
	return false
}

// A share below 1: the formula is a mean. A hang is (W/p + Q)/λ: after that
// many arrivals on the mean W of them are stuck; over 300 seeds within 3%. With
// a timeout the queue's growth is taken as even: within 15%, and 10% in the
// middle of them.
func TestOnsetWithAShareIsTheMean(t *testing.T) {
	mean := func(s Site, rate, hold float64) float64 {
		sum := 0.0
		for seed := range uint64(300) {
			sc := Scenario{Site: s, Faults: []Fault{{ToS: forever, HoldS: hold}}, Seed: seed, HorizonS: 60}
			r := simulate(t, sc, Uniform(rate, time.Minute))
			sum += r.First502.AtS
		}
		return sum / 300
	}
	for _, share := range []float64{0.2, 0.5, 0.8} {
		s := Site{Workers: 6, QueueSlots: 17, ServiceS: 0.05, Share: share}
		o := s.Onset(8, forever)
		near(t, fmt.Sprintf("hang, share %g", share), mean(s, 8, forever), o.First502S, 0.03*o.First502S)
	}
	var off []float64
	for _, share := range []float64{0.3, 0.5, 0.8} {
		for _, over := range []float64{1.3, 1.6, 2} {
			s := Site{Workers: 10, QueueSlots: 40, ServiceS: 0.05, Share: share}
			rate := over * s.Capacity(2)
			o := s.Onset(rate, 2)
			got := mean(s, rate, 2)
			off = append(off, math.Abs(got/o.First502S-1))
			near(t, fmt.Sprintf("2 s, share %g, %g of capacity", share, over), got, o.First502S, 0.15*o.First502S)
		}
	}
	slices.Sort(off)
	near(t, "median error", off[len(off)/2], 0, 0.1)
}

// At overload as many good answers come as the capacity says, and the longest
// is S + Q/C, a turn of the workers more or less for places that
// come free in bunches. There is no gateway timeout.
func TestOverloadGivesCapacityAndLongest(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range 100 {
		s, hold, _ := draw(rng)
		s.GatewayTimeoutS = 0
		service := s.MeanService(hold)
		rate := 2 * s.Capacity(hold)
		lasts := 100 * service // the queue, of at most 79, gains W in each
		sc := Scenario{Site: s, Faults: []Fault{{ToS: forever, HoldS: hold}}}
		r := simulate(t, sc, Uniform(rate, time.Duration(lasts*1e9)))
		where := fmt.Sprintf("site %d %+v, hold %v", i, s, hold)
		// Good ones: those served until arrivals end, W every S, and the queue then left.
		near(t, where+": good answers", float64(r.OK), s.Capacity(hold)*lasts+float64(s.QueueSlots), float64(s.Workers)+1)
		longest := float64(r.Response.Max()) / 1e9
		if longest > s.LongestS(hold)+service+1e-6 || s.QueueSlots > s.Workers && longest < s.LongestS(hold)-service {
			t.Errorf("%s: longest: got %v, want %v and at most %v more or less", where, longest, s.LongestS(hold), service)
		}
	}
}

// scenario makes any scenario from random numbers.
func scenario(rng *rand.Rand) (Scenario, float64) {
	s, hold, rate := draw(rng)
	s.Share, s.TCP, s.DependencyS = 2*rng.Float64(), rng.IntN(2) == 0, 0.2*rng.Float64()
	some := func(high float64) float64 { return high * rng.Float64() * float64(rng.IntN(2)) }
	from := 5 * rng.Float64()
	if rng.IntN(3) == 0 {
		hold = forever
	}
	return Scenario{
		Site: s, Faults: []Fault{{FromS: from, ToS: from + 10*rng.Float64(), HoldS: hold}},
		TimeoutS: some(3), ClientTimeoutS: some(12), ConnectTimeoutS: some(40), KillS: some(5), KillEveryS: some(1),
		SelfShare: some(0.5), SelfServiceS: rng.Float64(), HorizonS: some(40), Seed: rng.Uint64(),
		Page: Page{
			BetweenS: some(0.2), ThenS: some(0.2), BehindS: some(0.2), PauseS: some(0.2), FallbackS: some(0.5),
			Tries: rng.IntN(4), AtOnce: rng.IntN(2) == 0,
		},
		Inside: Inside{Places: rng.IntN(2) * rng.IntN(s.Workers+1), Whole: rng.IntN(2) == 0}, Others: Others{some(10), some(0.3)},
		StartWorkers: rng.IntN(2) * rng.IntN(s.Workers+1), Contention: some(0.2),
	}, rate
}

func TestEveryArrivalEndsOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 300 {
		sc, rate := scenario(rng)
		r := simulate(t, sc, Poisson(rate, 20*time.Second, sc.Seed))
		if err := consistent(sc, r); err != nil {
			t.Fatalf("scenario %d %+v at %v/s: %v", i, sc, rate, err)
		}
		again := simulate(t, sc, Poisson(rate, 20*time.Second, sc.Seed))
		if !reflect.DeepEqual(r, again) {
			t.Fatalf("scenario %d: the same again gave another result", i)
		}
	}
}

// consistent checks what must hold of any result.
func consistent(sc Scenario, r *Result) error {
	for _, c := range []Counts{r.Counts, r.Self} {
		if c.Arrived != c.OK+c.BadGateway+c.GatewayTimeout+c.ClientTimeout+c.Unanswered {
			return fmt.Errorf("arrivals and outcomes differ: %+v", c)
		}
	}
	var sum Counts
	for i, s := range r.Seconds {
		sum.Arrived += s.Arrived
		sum.OK += s.OK
		sum.BadGateway += s.BadGateway
		sum.GatewayTimeout += s.GatewayTimeout
		sum.ClientTimeout += s.ClientTimeout
		if s.Busy > sc.Workers || s.Queued > sc.QueueSlots || s.Busy < 0 || s.Queued < 0 || s.InFlight < 0 {
			return fmt.Errorf("second %d: %+v with %d workers and %d slots", i, s, sc.Workers, sc.QueueSlots)
		}
	}
	sum.Unanswered = r.Unanswered
	switch {
	case sum != r.Counts:
		return fmt.Errorf("seconds add up to %+v, not %+v", sum, r.Counts)
	case r.Response.N() != r.OK:
		return fmt.Errorf("%d response times of %d good answers", r.Response.N(), r.OK)
	case math.IsInf(r.First502.AtS, 1) != (r.BadGateway == 0), math.IsInf(r.First504.AtS, 1) != (r.GatewayTimeout == 0):
		return fmt.Errorf("first %v and %v of %+v", r.First502, r.First504, r.Counts)
	case math.IsNaN(r.First502.ArrivedS) || math.IsNaN(r.First504.ArrivedS) || r.First502.ArrivedS > r.First502.AtS || r.First504.ArrivedS > r.First504.AtS:
		return fmt.Errorf("first %v and %v", r.First502, r.First504)
	}
	return nil
}

func TestSimulationIsBounded(t *testing.T) {
	tcp := Scenario{Site: Site{Workers: 1, ServiceS: 100, TCP: true}}
	if _, err := Simulate(tcp, Uniform(1e6, time.Hour)); !errors.Is(err, ErrTooMany) {
		t.Errorf("a million a second that wait: got %v, want ErrTooMany", err)
	}
	if _, err := Simulate(Scenario{}, Uniform(1, time.Second)); err == nil {
		t.Error("a site without workers: got no error")
	}
}

func TestArrivals(t *testing.T) {
	var got []time.Duration
	for at := range Uniform(8, time.Second) {
		got = append(got, at)
	}
	if len(got) != 8 || got[0] != 0 || got[7] != 875*time.Millisecond {
		t.Errorf("8/s for 1 s: got %v, want 0, 125 ms .. 875 ms", got)
	}
	n := 0
	for range Poisson(100, 1000*time.Second, 5) {
		n++
	}
	near(t, "100/s for 1000 s, Poisson", float64(n), 1e5, 4*math.Sqrt(1e5))
	for _, rate := range []float64{0, -1, math.NaN()} {
		for at := range Uniform(rate, time.Second) {
			t.Errorf("uniform at %v/s: got an arrival at %v, want none", rate, at)
		}
		for at := range Poisson(rate, time.Second, 1) {
			t.Errorf("poisson at %v/s: got an arrival at %v, want none", rate, at)
		}
	}
}
