package reports

import (
	"math"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

func TestStatusReadings(t *testing.T) {
	gauge := func(at int64, busy int64) journal.Observation {
		return journal.Observation{AtNS: at, Source: journal.PHPFPMStatus, Kind: journal.Gauge, Pool: &journal.Pool{Active: busy, Total: 4, Queue: 2}}
	}
	got := statusReadings([]journal.Observation{gauge(2e9, 4), {Source: journal.PHPFPMStatus, Kind: journal.Lost}, gauge(1e9, 1), {Source: journal.NginxErrorLog, Kind: journal.QueueFull}})
	if len(got) != 2 || got[0] != (Status{1, 1, 4, 2}) || got[1] != (Status{2, 4, 4, 2}) {
		t.Errorf("readings %v, want those of 1 s and 2 s, in this order", got)
	}
	var many []journal.Observation
	for i := range int64(maxStatus + 1) {
		many = append(many, gauge(i*1e9, i))
	}
	// 3,601 readings: each second one is taken.
	if got := statusReadings(many); len(got) != 1801 || got[1].Busy != 2 {
		t.Errorf("%d readings, the second with %d busy; want 1,801 and 2", len(got), got[1].Busy)
	}
}

// Requests are refused from 17.6 to 25 s. A reading of the status page that waits
// behind the pool all the while takes a slot, which nobody sees; one that is
// answered at once takes none.
func TestReadingInTheQueue(t *testing.T) {
	gauge := func(at, late time.Duration) journal.Observation {
		return journal.Observation{AtNS: int64(at), ErrorNS: int64(second + late), Source: journal.PHPFPMStatus, Kind: journal.Gauge, Pool: &journal.Pool{Total: 4, Manager: "static"}}
	}
	nothing := journal.Observation{AtNS: int64(18 * second), Source: journal.PHPFPMStatus, Kind: journal.Lost}
	for _, test := range []struct {
		name     string
		observed []journal.Observation
		high     float64
	}{
		{"no page", nil, 17},
		{"a page apart", []journal.Observation{gauge(14*second, 0), gauge(20*second, 0)}, 17},
		{"a page in the pool", []journal.Observation{gauge(14*second, 0), nothing, gauge(25*second-milli, 8*second)}, 18},
		{"a page that never answers", []journal.Observation{nothing}, 18},
	} {
		r := hang().withLogs(t, test.observed)
		if q := r.Pool.QueueSlots; q == nil || math.Round(q.Low) != 17 || math.Round(q.High) != test.high {
			t.Errorf("%s: %+v slots, want 17 to %v", test.name, q, test.high)
		}
	}
}
