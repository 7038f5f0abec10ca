package analysis

import (
	"math"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// Requests are refused from 17.6 to 25 s. A reading of the status page that waits
// behind the pool all the while takes a slot, which nobody sees; one that is
// answered at once takes none.
func TestReadingInTheQueue(t *testing.T) {
	gauge := func(at, late time.Duration) journal.Observation {
		return journal.Observation{AtNS: int64(at), ErrorNS: int64(madeup.Second + late), Source: journal.PHPFPMStatus, Kind: journal.Gauge, Pool: &journal.Pool{Total: 4, Manager: "static"}}
	}
	nothing := journal.Observation{AtNS: int64(18 * madeup.Second), Source: journal.PHPFPMStatus, Kind: journal.Lost}
	for _, test := range []struct {
		name     string
		observed []journal.Observation
		high     float64
	}{
		{"no page", nil, 17},
		{"a page apart", []journal.Observation{gauge(14*madeup.Second, 0), gauge(20*madeup.Second, 0)}, 17},
		{"a page in the pool", []journal.Observation{gauge(14*madeup.Second, 0), nothing, gauge(25*madeup.Second-madeup.Millisecond, 8*madeup.Second)}, 18},
		{"a page that never answers", []journal.Observation{nothing}, 18},
	} {
		r := withLogs(madeup.Hang(), t, test.observed)
		if q := r.Pool.QueueSlots; q == nil || math.Round(q.Low) != 17 || math.Round(q.High) != test.high {
			t.Errorf("%s: %+v slots, want 17 to %v", test.name, q, test.high)
		}
	}
}
