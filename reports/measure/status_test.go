package measure

import (
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

func TestStatusReadings(t *testing.T) {
	gauge := func(at int64, busy int64) journal.Observation {
		return journal.Observation{AtNS: at, Source: journal.PHPFPMStatus, Kind: journal.Gauge, Pool: &journal.Pool{Active: busy, Total: 4, Queue: 2}}
	}
	got := statusReadings([]journal.Observation{gauge(2e9, 4), {Source: journal.PHPFPMStatus, Kind: journal.Lost}, gauge(1e9, 1), {Source: journal.NginxErrorLog, Kind: journal.QueueFull}})
	if len(got) != 2 || got[0] != (reports.Status{AtS: 1, Busy: 1, Total: 4, Queue: 2}) || got[1] != (reports.Status{AtS: 2, Busy: 4, Total: 4, Queue: 2}) {
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
