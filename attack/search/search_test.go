package search

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/poolmodel"
)

// play makes a trial on a simulated site, which starts idle, and judges it from
// what is seen from outside: requests in flight and answers, each second. The
// objective is: no errors, and a p95 below maxP95.
func play(t *testing.T, site poolmodel.Site, p Plan, poisson bool, maxP95 float64, seed uint64) Trial {
	t.Helper()
	d := time.Duration(p.Seconds * float64(time.Second))
	arrivals := poolmodel.Uniform(p.RateHz, d)
	if poisson {
		arrivals = poolmodel.Poisson(p.RateHz, d, seed)
	}
	r, err := poolmodel.Simulate(poolmodel.Scenario{Site: site, ClientTimeoutS: 30, Seed: seed}, arrivals)
	if err != nil {
		t.Fatal(err)
	}
	out := Trial{Plan: p}
	if r.OK > 0 {
		out.ServiceS = float64(r.Response.Quantile(0.01)) / 1e9
		out.Met = r.OK == r.Arrived && float64(r.Response.Quantile(0.95))/1e9 < maxP95
	}
	n := min(int(p.Seconds), len(r.Seconds))
	var at, in []float64
	good := 0.0
	for i := n / 3; i < n; i++ {
		at, in = append(at, float64(i)), append(in, float64(r.Seconds[i].InFlight))
		good += float64(r.Seconds[i].OK)
	}
	out.GrowthHz, out.GrowthErrHz = line(at, in)
	if !out.Held() && n > 0 {
		out.CapacityHz = good / float64(len(at))
	}
	return out
}

// line returns the slope of the least-squares line and its standard error.
func line(x, y []float64) (slope, err float64) {
	n := float64(len(x))
	if n < 3 {
		return 0, math.Inf(1)
	}
	var sx, sy, sxx, sxy, syy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
	}
	for i := range x {
		dx, dy := x[i]-sx/n, y[i]-sy/n
		sxx, sxy, syy = sxx+dx*dx, sxy+dx*dy, syy+dy*dy
	}
	slope = sxy / sxx
	return slope, math.Sqrt(max(0, syy-slope*sxy) / (n - 2) / sxx)
}

// find searches to the end. It also returns the seconds of load, and fails when
// the search goes on after a trial that it could have known to fail: above one
// that has failed.
func find(t *testing.T, site poolmodel.Site, s *Search, maxP95 float64, seed uint64) (low, high, load float64) {
	t.Helper()
	for done, _ := s.Done(); !done; done, _ = s.Done() {
		p := s.Next()
		if _, high := s.Bracket(); p.RateHz >= high && p.RateHz != high {
			t.Fatalf("tries %v/s, above %v/s, which failed", p.RateHz, high)
		}
		if p.RateHz < s.From || p.RateHz > s.To {
			t.Fatalf("tries %v/s, outside of %v to %v", p.RateHz, s.From, s.To)
		}
		s.Tell(play(t, site, p, s.Poisson, maxP95, seed+uint64(len(s.trials))))
		load += p.Seconds
	}
	low, high = s.Bracket()
	return low, high, load
}

// The capacity of any pool is found to 5%.
func TestFindsTheCapacityOfAnyPool(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 1))
	most, mostLoad := 0, 0.0
	for i := range 150 {
		site := poolmodel.Site{Workers: 1 + r.IntN(50), QueueSlots: 1 + r.IntN(200), ServiceS: 0.02 * math.Pow(100, r.Float64()), GatewayTimeoutS: 60, TCP: r.IntN(2) == 0}
		c := float64(site.Workers) / site.ServiceS
		s := &Search{From: c * (0.02 + 0.3*r.Float64()), To: 100 * c}
		low, high, load := find(t, site, s, 5*site.ServiceS+1, uint64(i))
		if _, found := s.Done(); !found || low > c*1.02 || high < c*0.999 || s.Rate() < c*0.95 || s.Rate() > c*1.05 {
			t.Errorf("site %d %+v: %.4g to %.4g, want %.4g/s, after %s", i, site, low, high, c, tell(s))
		}
		most, mostLoad = max(most, len(s.trials)), max(mostLoad, load*c/(c+4))
		if len(s.trials) > 12 {
			t.Errorf("site %d: %s", i, tell(s))
		}
	}
	t.Logf("at most %d trials", most)
}

func tell(s *Search) string {
	text := ""
	for _, tr := range s.trials {
		text += fmt.Sprintf("\n  %8.4g/s for %4.0f s: held %v, growth %.3g +- %.2g, C %.4g", tr.RateHz, tr.Seconds, tr.Held(), tr.GrowthHz, tr.GrowthErrHz, tr.CapacityHz)
	}
	return text
}

// For arrivals at random the figure is the objective's: what was found to hold
// meets a p95 in twenty minutes of load, or almost, and a rate well above it does not.
func TestFindsWhatPoissonArrivalsMeet(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 1))
	wrong := 0
	const sites = 40
	for i := range sites {
		site := poolmodel.Site{Workers: 1 + r.IntN(20), QueueSlots: 100, ServiceS: 0.05 * math.Pow(20, r.Float64())}
		c, maxP95 := float64(site.Workers)/site.ServiceS, 2.5*site.ServiceS
		s := &Search{From: c * 0.05, To: 10 * c, Poisson: true}
		low, high, load := find(t, site, s, maxP95, uint64(i))
		if high > c*1.05 {
			t.Errorf("site %d %+v: %.4g to %.4g, and %.4g/s is never served for long%s", i, site, low, high, c, tell(s))
		}
		meets := func(rate float64) bool {
			return play(t, site, Plan{rate, 1200}, true, maxP95, 99).Met
		}
		if low == 0 || !meets(low*0.9) || meets(low*1.1) {
			wrong++
			t.Logf("site %d %+v C %.4g: %.4g to %.4g after %.0f s of load%s", i, site, c, low, high, load, tell(s))
		}
	}
	if wrong > sites/10 {
		t.Errorf("%d of %d sites are more than 10%% off", wrong, sites)
	}
}

// A site that answers the lowest rate badly is left alone after one trial, and
// one that never fails is asked no more than To.
func TestBounds(t *testing.T) {
	site := poolmodel.Site{Workers: 4, QueueSlots: 17, ServiceS: 0.5} // 8/s
	s := &Search{From: 50, To: 200}
	if low, high, _ := find(t, site, s, 3, 1); low != 0 || high != 50 || len(s.trials) != 1 {
		t.Errorf("from 50/s: %v to %v in %d trials", low, high, len(s.trials))
	}
	s = &Search{From: 1, To: 6}
	if low, high, _ := find(t, site, s, 3, 1); low != 6 || !math.IsInf(high, 1) || s.Rate() != 6 {
		t.Errorf("up to 6/s: %v to %v, %s", low, high, tell(s))
	}
}

// Few requests at the lowest rate, of which the last were slow by chance, do not end a
// search: 60/s are found all the same. What grows for long at the lowest rate does.
func TestGrowthOfFewAtTheLowestRate(t *testing.T) {
	for _, grows := range []bool{false, true} {
		s := &Search{From: 2, To: 200}
		for done, _ := s.Done(); !done; done, _ = s.Done() {
			p := s.Next()
			told := Trial{Plan: p, Met: p.RateHz <= 60, ServiceS: 0.1}
			if len(s.trials) == 0 || grows {
				told.GrowthHz, told.GrowthErrHz = 0.012*p.RateHz, 0.005*p.RateHz
			}
			s.Tell(told)
		}
		low, high := s.Bracket()
		if grows && (low != 0 || high != 2) || !grows && (low > 60 || high < 60) {
			t.Errorf("growing for long %v: %v to %v%s", grows, low, high, tell(s))
		}
	}
}

// Where the model misleads (here the objective fails at 5/s, while a pool would
// serve 8) steps and bisection find the rate all the same.
func TestFindsARateThatTheModelDoesNotKnow(t *testing.T) {
	for _, limit := range []float64{1.1, 2, 5, 7.9, 8.5, 20, 150} {
		s := &Search{From: 1, To: 200}
		for done, _ := s.Done(); !done; done, _ = s.Done() {
			p := s.Next()
			s.Tell(Trial{Plan: p, Met: p.RateHz <= limit, ServiceS: 0.5, CapacityHz: map[bool]float64{false: 8}[p.RateHz <= limit]})
		}
		low, high := s.Bracket()
		if _, found := s.Done(); !found || low > limit || high < limit || len(s.trials) > 18 {
			t.Errorf("limit %v: %v to %v in %d trials", limit, low, high, len(s.trials))
		}
	}
}
