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
