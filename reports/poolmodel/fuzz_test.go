package poolmodel

import (
	"math"
	"testing"
	"time"
)

// FuzzModel: no input panics, no figure is NaN, and what is refused is refused
// by Validate. The number of arrivals is bounded, as it is the caller's.
func FuzzModel(f *testing.F) {
	f.Add(4, 17, 0.1, 1.0, 0.0, 10.0, false, 8.0, math.Inf(1), 1.0, 0.0, 0.0, 0.0, uint64(1))
	f.Add(3, 33, 0.25, 0.0, 0.0, 5.0, true, 30.0, 0.0, 0.0, 0.0, 0.0, 0.0, uint64(1))
	f.Add(1, 0, 0.0, 1000.0, 0.0, 0.0, false, 1e9, 0.0, 1e-9, 1e-9, 1e-9, 1.0, uint64(2))
	f.Add(MaxWorkers, MaxSlots, 1e9, 1e-300, 1e9, 1e9, true, 1e-300, 1e9, 1e9, 1e9, 1e9, 0.5, uint64(3))
	f.Add(1, 1, 5e-324, 5e-324, 0.0, 5e-324, false, math.MaxFloat64, math.Inf(1), 0.0, 0.0, 0.0, 0.0, uint64(4))
	f.Add(-1, -1, math.NaN(), math.Inf(1), -1.0, -1.0, false, -1.0, math.NaN(), -1.0, -1.0, -1.0, 2.0, uint64(5))
	f.Fuzz(func(t *testing.T, workers, slots int, service, share, dependency, gateway float64, tcp bool, rate, hold, timeout, client, kill, self float64, seed uint64) {
		site := Site{workers, slots, service, share, dependency, gateway, tcp}
		sc := Scenario{
			Site: site, Faults: []Fault{{FromS: 0.01, ToS: 3, HoldS: hold}}, TimeoutS: timeout, ClientTimeoutS: client,
			KillS: kill, KillEveryS: kill / 3, SelfShare: self, SelfServiceS: service, Seed: seed,
		}
		first := func(yield func(time.Duration) bool) {
			n := 0
			for at := range Poisson(rate, 5*time.Second, seed) {
				if n++; n > 2000 || !yield(at) {
					return
				}
			}
		}
		r, err := Simulate(sc, first)
		if (err == nil) != (sc.Validate() == nil) {
			t.Fatalf("%+v: Simulate says %v, Validate %v", sc, err, sc.Validate())
		}
		if err != nil {
			return
		}
		if err := consistent(sc, r); err != nil {
			t.Fatalf("%+v: %v", sc, err)
		}
		if rate >= 0 && !math.IsInf(rate, 1) {
			figures(t, site, rate, Hold(hold, timeout))
		}
	})
}

func figures(t *testing.T, s Site, rate, hold float64) {
	t.Helper()
	budget, _ := s.Budget(rate, 1)
	headroom, _ := s.Budget(rate, Headroom)
	o := s.Onset(rate, hold)
	for name, v := range map[string]float64{
		"mean service": s.MeanService(hold), "capacity": s.Capacity(hold), "longest": s.LongestS(hold),
		"budget": budget, "with headroom": headroom,
		"first 502": o.First502S, "first 504": o.First504S, "arrived": o.Arrived504S,
	} {
		if math.IsNaN(v) || v < 0 {
			t.Errorf("%+v at %v/s, hold %v: %s is %v", s, rate, hold, name, v)
		}
	}
	if headroom > budget {
		t.Errorf("%+v at %v/s: budget %v, with headroom %v", s, rate, budget, headroom)
	}
	if n, ok := s.WorkersNeeded(rate, hold); ok && (n < 1 || n > MaxWorkers) {
		t.Errorf("%+v at %v/s, hold %v: %d workers needed", s, rate, hold, n)
	}
}
