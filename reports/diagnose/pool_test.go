package diagnose

import (
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// On TCP, after too much load, one of 12 workers waited for a request that the
// kernel had dropped, while 11 calls were held: seen on a real pool. 76.1/s x
// 0.1536 s = 11.7, and with 5.3% of it 12.3 at most, so it may be 12. A unix
// socket drops nothing.
func TestHeldCallsMayMissAWorkerOnTCP(t *testing.T) {
	fit := func(full int64, capacity float64) *reports.Estimate {
		p := &PoolFit{full: fullFit{n: full},
			workers:  workersFit{estimate: &reports.Estimate{Value: 11, Low: 11, High: 11, Kind: reports.CountedWorkers}, peak: 11},
			capacity: capacityFit{rough: &reports.Estimate{Value: capacity, Low: 0.97 * capacity, High: 1.05 * capacity}},
			service:  serviceFit{estimate: &reports.Estimate{Value: 0.1536, Low: 0.1462, High: 0.1575}}}
		return p.decideWorkers(&measure.Run{})
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
