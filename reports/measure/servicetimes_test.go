package measure

import (
	"math"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// Of 16/s every fourth is refused, 4 a second, for three seconds: 12/s are served
// meanwhile. Two such seconds, or two refusals in each, tell nothing, nor do those of a fault.
func TestServedWhileRefusing(t *testing.T) {
	for name, c := range map[string]struct {
		seconds, each int
		fault         bool
		want          float64
	}{
		"three seconds":       {3, 4, false, 12},
		"two seconds":         {2, 4, false, 0},
		"two refused in each": {3, 8, false, 0},
		"under a fault":       {3, 4, true, 0},
	} {
		phase := madeup.Rated("load", 20*madeup.Second, 16)
		phase.Hits = 320
		s := madeup.NewScenario(phase).Drive(func(h *journal.Hit) {
			if second := int(h.Due / time.Second); second >= 10 && second < 10+c.seconds && int(h.Seq)%c.each == 0 {
				madeup.Bad(h, 502)
				h.Done = h.Due + madeup.Millisecond
			}
		})
		if c.fault {
			s.Fault("payments", "hang", 9*madeup.Second, 14*madeup.Second)
		}
		run, err := Contents(s.Contents())
		if err != nil {
			t.Fatal(err)
		}
		if got := run.ServedWhileRefusing(); got < c.want-1 || got > c.want+1 || (got == 0) != (c.want == 0) {
			t.Errorf("%s: %v/s are served, want %v", name, got, c.want)
		}
	}
}

// Six that are sent at one moment find none, one, ... five others: what the sixth takes
// is not what a request takes that is alone.
func TestThoseSentAtOnceFindEachOther(t *testing.T) {
	phase := journal.PhaseSpan{Name: "burst", EndNS: int64(5 * madeup.Second), Kind: "burst", Hits: 6}
	s := madeup.NewScenario(phase)
	for i := range 6 {
		h := journal.Hit{Seq: uint64(i), Code: 200, Due: madeup.Second, Sent: madeup.Second}
		h.Done = h.Sent + time.Duration(1+i)*100*madeup.Millisecond
		h.FirstByte = h.Done
		s.Hits = append(s.Hits, h)
	}
	run, err := Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	for level := range 6 {
		if m := run.Services.Sums[0][level]; m.N != 1 || math.Abs(m.Mean()-0.1*float64(1+level)) > 1e-6 {
			t.Errorf("with %d others %d took %v s", level, m.N, m.Mean())
		}
	}
}
