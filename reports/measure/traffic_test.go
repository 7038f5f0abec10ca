package measure

import (
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// What a request with a rate of its own was asked is that rate, however many of its hits
// fell into a phase; what one with a weight was asked is what was drawn for it.
func TestWhatARequestWasAsked(t *testing.T) {
	m := journal.Manifest{Requests: []string{"own", "weighted"}, RequestRates: []float64{0.3, 0},
		Phases: []journal.PhaseSpan{{Name: "load", Kind: "open", EndNS: int64(10 * time.Second), Hits: 8, RateFrom: 0.8, RateTo: 0.8, RateMean: 0.8}}}
	for _, row := range []struct {
		rates []float64
		own   float64
	}{{[]float64{0.3, 0}, 0.3}, {nil, 0.4}} {
		m.RequestRates = row.rates
		counter := newTrafficCounter(m)
		for k := range 8 {
			counter.add(&journal.Hit{Request: int32(k % 2), Code: 200})
		}
		run := &Run{Manifest: m, Traffic: counter.finish(), End: 10 * time.Second}
		p := run.phases(Fidelity{phases: []string{""}})[0]
		if got := [3]float64{*p.RateAskedHz, *p.Requests[0].RateAskedHz, *p.Requests[1].RateAskedHz}; got != [3]float64{0.8, row.own, 0.4} {
			t.Errorf("asked %v/s with the rates %v", got, row.rates)
		}
	}
}
