package measure

import (
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

func TestUnendedOnlyWhereAHitMustHaveBeen(t *testing.T) {
	without := func(s *madeup.Scenario, seqs ...uint64) *madeup.Scenario {
		s.Hits = slices.DeleteFunc(s.Hits, func(h journal.Hit) bool { return slices.Contains(seqs, h.Seq) })
		return s
	}
	failed := func(s *madeup.Scenario) *madeup.Scenario { s.Outcome.Status = reports.OutcomeFailed; return s }
	closed := func(s *madeup.Scenario) *madeup.Scenario { s.Outcome = nil; s.Phases[0].Kind = "closed"; return s }
	far := func(s *madeup.Scenario) *madeup.Scenario {
		s.Outcome = nil
		s.Hits[len(s.Hits)-1].Seq = mostUnended * 2
		return s
	}
	swapped := func(s *madeup.Scenario, i int) *madeup.Scenario {
		s.Hits[i], s.Hits[i+1] = s.Hits[i+1], s.Hits[i]
		return s
	}
	late := func(s *madeup.Scenario, i, to int) *madeup.Scenario {
		h := s.Hits[i]
		s.Hits = slices.Insert(slices.Delete(s.Hits, i, i+1), to, h)
		return s
	}
	calm := func() *madeup.Scenario {
		return madeup.NewScenario(madeup.Phase("one", 2*madeup.Second), madeup.Phase("two", 2*madeup.Second)).Drive(nil)
	} // 16 hits in each
	for _, test := range []struct {
		name string
		s    *madeup.Scenario
		want []uint64
	}{
		{"a run that recorded its end", without(calm(), 5), nil},
		{"one that could not go on recording", failed(without(calm(), 5)), []uint64{5}},
		{"over the border of two phases", madeup.KilledAt(without(calm(), 15, 16, 17), 4*madeup.Second), []uint64{15, 16, 17}},
		{"clients of a closed phase", closed(without(calm(), 5)), nil},
		{"two that changed places", swapped(madeup.KilledAt(calm(), 4*madeup.Second), 5), nil},
		{"two that changed places behind a gap", swapped(madeup.KilledAt(without(calm(), 5), 4*madeup.Second), 7), []uint64{5}},
		{"one that was written long after it was due", late(madeup.KilledAt(without(calm(), 20), 4*madeup.Second), 5, 12), []uint64{20}},
		{"two gaps, of which the first is filled late", late(madeup.KilledAt(without(calm(), 8), 4*madeup.Second), 5, 11), []uint64{8}},
		{"damage", far(calm()), nil},
	} {
		var got []uint64
		u := newUnended(test.s.Manifest)
		for i := range test.s.Hits {
			if u != nil {
				u.add(&test.s.Hits[i])
			}
		}
		for _, h := range u.until(4 * madeup.Second) {
			got = append(got, h.Seq)
			// 8 a second, the first at 0: the 16th hit is the first of phase two.
			if due := time.Duration(h.Seq) * madeup.Second / 8; h.Due != due || int(h.Phase) != int(h.Seq/16) || h.Done != 4*madeup.Second || h.Class != journal.ClassCanceled {
				t.Errorf("%s: hit %d is due %v in phase %d, done %v; want %v in phase %d, cut off at 4 s", test.name, h.Seq, h.Due, h.Phase, h.Done, due, h.Seq/16)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: hits %v are added, want %v", test.name, got, test.want)
		}
	}
}
