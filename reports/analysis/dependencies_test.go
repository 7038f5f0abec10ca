package analysis

import (
	"slices"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// usedHang is hang() with two calls of 20 ms to payments in each of the 8
// requests a second, and none to search but in one second. The hang holds the
// 4 workers' connections from 15 s to 25 s; the four calls that it held end
// after 10 s, in the second that follows.
func usedHang() *madeup.Scenario {
	s := madeup.Hang()
	s.Dependencies = append(s.Dependencies, journal.Dependency{Name: "search"})
	for i := range 38 {
		switch {
		case i < 15 || i > 25:
			s.Use(i, journal.Usage{Dependency: "payments", Opened: 16, Open: 2, Calls: 16, Waiting: 1, Ended: 16, HeldNS: int64(16 * 20 * madeup.Millisecond)})
		case i == 15:
			s.Use(i, journal.Usage{Dependency: "payments", Opened: 4, Open: 4, Calls: 4, Waiting: 4})
		case i < 25:
			s.Use(i, journal.Usage{Dependency: "payments", Open: 4, Waiting: 4})
		default:
			s.Use(i, journal.Usage{Dependency: "payments", Opened: 60, Open: 4, Calls: 60, Waiting: 4, Ended: 64, HeldNS: int64(4*10*madeup.Second + 60*20*madeup.Millisecond)})
		}
	}
	s.Use(30, journal.Usage{Dependency: "search", Opened: 1, Open: 1})
	return s
}

func TestDependencies(t *testing.T) {
	r := reportOf(usedHang(), t)
	if len(r.Dependencies) != 2 {
		t.Fatalf("got %+v, want payments and search", r.Dependencies)
	}
	d := r.Dependencies[0]
	// 27 calm or recovered seconds of 16, 4 while it hung and 60 just after.
	if d.Name != "payments" || d.Calls != 27*16+64 || d.PeakOpen != 4 || d.PeakWaiting != 4 {
		t.Errorf("got %+v, want %d calls and 4 open and waiting at most", d, 27*16+64)
	}
	// The 15 s before the hang: 240 calls, 120 hits sent and 120 done.
	if d.CallsPerHit == nil || *d.CallsPerHit != 2 {
		t.Errorf("calls per hit: got %v, want 2", show(d.CallsPerHit))
	}
	if d.HeldMeanS == nil || *d.HeldMeanS != 0.02 {
		t.Errorf("mean hold: got %v s, want 0.02", show(d.HeldMeanS))
	}
	// Buckets of half a second: 15.5 s is bucket 31, of the second in which four waited.
	if want := r.Timeline.StartS; len(d.Open) != len(want) || len(d.Waiting) != len(want) || d.Open[29] != 2 || d.Open[31] != 4 || d.Waiting[49] != 4 || d.Waiting[75] != 1 {
		t.Errorf("open %v and waiting %v in %d buckets", d.Open, d.Waiting, len(want))
	}
	if other := r.Dependencies[1]; other.CallsPerHit == nil || *other.CallsPerHit != 0 || other.HeldMeanS != nil || slices.Max(other.Open) != 1 {
		t.Errorf("got %+v of search, want no call and an unknown hold", other)
	}
}

// Nothing is said of calls that were not watched.
func TestDependenciesWithoutUsage(t *testing.T) {
	if got := reportOf(madeup.Hang(), t).Dependencies; len(got) != 0 {
		t.Errorf("got %+v without a usage event", got)
	}
}

// A run that is under a fault from its first second on has no calm second.
func TestCallsPerHitNeedsACalmSecond(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("hang", 10*madeup.Second)).Drive(nil).Fault("payments", "hang", 0, 3*madeup.Second)
	for i := range 10 {
		s.Use(i, journal.Usage{Dependency: "payments", Opened: 8, Open: 1, Calls: 8, Waiting: 1, Ended: 8, HeldNS: int64(8 * 30 * madeup.Millisecond)})
	}
	d := reportOf(s, t).Dependencies[0]
	if d.CallsPerHit != nil {
		t.Errorf("calls per hit: got %v, want unknown", *d.CallsPerHit)
	}
	if d.HeldMeanS == nil || *d.HeldMeanS != 0.03 { // of the seconds 4 to 10
		t.Errorf("mean hold: got %v, want 0.03", show(d.HeldMeanS))
	}
}

// Requests that a gateway refused at once made no call: 8 of 20 a second are served.
func TestCallsPerHitLeavesOutWhatWasRefused(t *testing.T) {
	p := madeup.Phase("overload", 10*madeup.Second)
	p.Hits = 200
	s := madeup.NewScenario(p).Drive(func(h *journal.Hit) {
		if h.Seq%5 > 1 {
			h.Done, h.Code, h.Class = h.Due+madeup.Millisecond, 502, journal.ClassStatus
		}
	})
	for i := range 10 {
		s.Use(i, journal.Usage{Dependency: "payments", Opened: 8, Open: 1, Calls: 8, Waiting: 1, Ended: 8})
	}
	if d := reportOf(s, t).Dependencies[0]; d.CallsPerHit == nil || *d.CallsPerHit < 0.95 || *d.CallsPerHit > 1.05 {
		t.Errorf("calls per hit: got %v, want 1", show(d.CallsPerHit))
	}
}
