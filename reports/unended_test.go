package reports

import (
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// killedAt leaves of a run what one that is killed at moment t leaves: the hits that had ended, and no outcome.
func killedAt(s *scenario, t time.Duration) *scenario {
	s.Outcome = nil
	s.hits = slices.DeleteFunc(s.hits, func(h journal.Hit) bool { return h.Done > t })
	s.events = slices.DeleteFunc(s.events, func(e journal.Event) bool { return e.AtNS > int64(t) })
	return s
}

// The run of TestOnsetUnderAHang, killed 6 s into the fault: the 4+17 = 21
// requests that fit into the site never ended, and are in no record.
func TestKilledRunKnowsWhatWasUnderWay(t *testing.T) {
	r, err := analyze(killedAt(hang(), 21*second).contents())
	if err != nil {
		t.Fatal(err)
	}
	if r.Outcome != killed || len(r.Onset) != 1 {
		t.Fatalf("outcome %s, %d onsets, want killed and 1", r.Outcome, len(r.Onset))
	}
	if o := r.Onset[0]; o.InFlight != 21 || !near(o.RateHz, 8) || o.Cause != QueueFull {
		t.Errorf("in flight, rate, cause = %d, %v, %s, want 21, 8, queue_full", o.InFlight, show(o.RateHz), o.Cause)
	}
	if n := r.Phases[2].Classes["canceled"]; n != 21 {
		t.Errorf("%d hits under way in phase hang, want 21", n)
	}
}

func TestUnendedOnlyWhereAHitMustHaveBeen(t *testing.T) {
	without := func(s *scenario, seqs ...uint64) *scenario {
		s.hits = slices.DeleteFunc(s.hits, func(h journal.Hit) bool { return slices.Contains(seqs, h.Seq) })
		return s
	}
	failed := func(s *scenario) *scenario { s.Outcome.Status = failed; return s }
	closed := func(s *scenario) *scenario { s.Outcome = nil; s.Phases[0].Kind = "closed"; return s }
	far := func(s *scenario) *scenario {
		s.Outcome = nil
		s.hits[len(s.hits)-1].Seq = mostUnended * 2
		return s
	}
	calm := func() *scenario { return newScenario(phase("one", 2*second), phase("two", 2*second)).drive(nil) } // 16 hits in each
	for _, test := range []struct {
		name string
		s    *scenario
		want []uint64
	}{
		{"a run that recorded its end", without(calm(), 5), nil},
		{"one that could not go on recording", failed(without(calm(), 5)), []uint64{5}},
		{"over the border of two phases", killedAt(without(calm(), 15, 16, 17), 4*second), []uint64{15, 16, 17}},
		{"clients of a closed phase", closed(without(calm(), 5)), nil},
		{"damage", far(calm()), nil},
	} {
		var got []uint64
		u := newUnended(test.s.Manifest)
		for i := range test.s.hits {
			if u != nil {
				u.add(&test.s.hits[i])
			}
		}
		for _, h := range u.until(4 * second) {
			got = append(got, h.Seq)
			// 8 a second, the first at 0: the 16th hit is the first of phase two.
			if due := time.Duration(h.Seq) * second / 8; h.Due != due || int(h.Phase) != int(h.Seq/16) || h.Done != 4*second || h.Class != journal.ClassCanceled {
				t.Errorf("%s: hit %d is due %v in phase %d, done %v; want %v in phase %d, cut off at 4 s", test.name, h.Seq, h.Due, h.Phase, h.Done, due, h.Seq/16)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: hits %v are added, want %v", test.name, got, test.want)
		}
	}
}
