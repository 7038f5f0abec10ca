package poolmodel

import (
	"testing"
	"time"
)

// BenchmarkSimulate simulates sites of several kinds. The goal is 2 Mreq/s on
// one core, and no allocation that grows with the requests.
func BenchmarkSimulate(b *testing.B) {
	big := Site{Workers: 200, QueueSlots: 512, ServiceS: 0.1, Share: 0.5, GatewayTimeoutS: 60}
	tcp := big
	tcp.TCP = true
	hang := []Fault{{FromS: 200, ToS: 300, HoldS: 1e9}}
	for _, bench := range []struct {
		name    string
		sc      Scenario
		rate    float64
		poisson bool
	}{
		{"healthy", Scenario{Site: big}, 1000, false},
		{"poisson", Scenario{Site: big}, 1800, true},
		{"overload", Scenario{Site: big, ClientTimeoutS: 30}, 4000, true},
		{"hang", Scenario{Site: big, Faults: hang, TimeoutS: 1}, 1000, true},
		{"tcp overload", Scenario{Site: tcp}, 2100, true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			requests := int64(0)
			for b.Loop() {
				arrivals := Uniform(bench.rate, 500*time.Second)
				if bench.poisson {
					arrivals = Poisson(bench.rate, 500*time.Second, 1)
				}
				r, err := Simulate(bench.sc, arrivals)
				if err != nil {
					b.Fatal(err)
				}
				requests += r.Arrived
			}
			b.ReportMetric(float64(requests)/b.Elapsed().Seconds()/1e6, "Mreq/s")
		})
	}
}

// BenchmarkGrid asks of 50 timeouts x 50 worker counts whether 8/s is held: by
// formula, and by a minute each of Poisson arrivals on TCP, where no formula is
// exact. The goal is 1 s.
func BenchmarkGrid(b *testing.B) {
	each := func(cell func(sc Scenario, hold float64)) {
		for w := range 50 {
			for k := range 50 {
				sc := Scenario{Site: Site{Workers: w + 1, QueueSlots: 17, ServiceS: 0.1, Share: 1, GatewayTimeoutS: 10, TCP: true}}
				sc.Faults, sc.TimeoutS, sc.HorizonS = []Fault{{ToS: forever, HoldS: forever}}, float64(k+1)*0.1, 60
				cell(sc, sc.TimeoutS)
			}
		}
	}
	b.Run("formula", func(b *testing.B) {
		for b.Loop() {
			each(func(sc Scenario, hold float64) { sc.Holds(8, hold) })
		}
	})
	b.Run("simulation", func(b *testing.B) {
		for b.Loop() {
			each(func(sc Scenario, _ float64) {
				if _, err := Simulate(sc, Poisson(8, time.Minute, 1)); err != nil {
					b.Fatal(err)
				}
			})
		}
	})
}
