package measure

import (
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

func TestRecovered(t *testing.T) {
	// The baseline's worst second answered 7 of 8 well, so 7 of 8 is well.
	good, empty := recoverySecond{n: 8, ok: 7}, recoverySecond{}
	errors, slow := recoverySecond{n: 8, ok: 6}, recoverySecond{n: 8, ok: 8, slow: 1} // 1 of 8 is more than 5%
	tail := recoverySecond{n: 20, ok: 20, slow: 1}                                    // 1 of 20 is 5%, and the p95 is the 19th
	for _, test := range []struct {
		name            string
		seconds         []recoverySecond
		second, refused int
		ok              bool
	}{
		{"well from the first second on", []recoverySecond{good, good, good}, 0, 0, true},
		{"errors first", []recoverySecond{errors, errors, good, good, good}, 2, 0, true},
		{"slow first", []recoverySecond{slow, good, good, tail}, 1, 0, true},
		{"a bad second in the two after", []recoverySecond{good, good, errors, good, good, good}, 3, 0, true},
		{"empty seconds are not well", []recoverySecond{empty, empty, good, good, good}, 2, 0, true},
		{"nor bad", []recoverySecond{good, empty, empty}, 0, 0, true},
		{"never", []recoverySecond{errors, errors, errors, errors}, 0, 4, false},
		{"too short for the two after", []recoverySecond{errors, good, good}, 0, 1, false},
		{"no second at all", nil, 0, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &Recovery{okRatio: 7.0 / 8, Seconds: test.seconds}
			second, refused, ok := r.Recovered()
			if second != test.second || refused != test.refused || ok != test.ok {
				t.Errorf("recovered() = %d, %d, %v, want %d, %d, %v", second, refused, ok, test.second, test.refused, test.ok)
			}
		})
	}
}

// The baseline is bounded: 700 s before the fault leave the last 600.
func TestBaselineIsBounded(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("old", 350*madeup.Second), madeup.Phase("baseline", 350*madeup.Second), madeup.Phase("hang", 20*madeup.Second)).Drive(func(h *journal.Hit) {
		if h.Due < 100*madeup.Second {
			h.Done = h.Due + madeup.Second // the first 100 s were ten times slower
		}
	}).Fault("payments", "hang", 700*madeup.Second, 710*madeup.Second)
	b := newBaseline(s.Manifest, playedFaults(indexEvents(s.Events)))
	for i := range s.Hits {
		b.add(&s.Hits[i])
	}
	_, p95, unknown := b.limits()
	if want := 135 * madeup.Millisecond; unknown != "" || len(b.seconds) != 600 || p95 < want*99/100 || p95 > want*101/100 {
		t.Errorf("%d seconds, p95 at most %v, want 600 and about %v", len(b.seconds), p95, want)
	}
	if n := b.seconds[0].n + b.seconds[599].n; n != 16 {
		t.Errorf("the first and the last second hold %d hits, want 16", n)
	}
}

// Seconds without hits say nothing about a healthy site.
func TestBaselineNeedsHits(t *testing.T) {
	m := madeup.NewScenario(madeup.Phase("baseline", 3*madeup.Second)).Manifest
	b := newBaseline(m, []*Fault{{Applied: 3 * time.Second}})
	if _, _, unknown := b.limits(); unknown == "" {
		t.Error("a baseline without hits is one, want none")
	}
}
