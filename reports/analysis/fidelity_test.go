package analysis

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// 160 hits are due: 80 in each of two phases of 10 s.
func TestFidelity(t *testing.T) {
	twoPhases := func(answer func(h *journal.Hit)) *madeup.Scenario {
		return madeup.NewScenario(madeup.Phase("one", 10*madeup.Second), madeup.Phase("two", 10*madeup.Second)).Drive(answer)
	}
	late := func(n uint64) func(h *journal.Hit) { // the first n of phase two are 150 ms late
		return func(h *journal.Hit) {
			if h.Seq >= 80 && h.Seq < 80+n {
				h.Sent, h.Done = h.Sent+150*madeup.Millisecond, h.Done+150*madeup.Millisecond
			}
		}
	}
	scattered := func(h *journal.Hit) { // the first of each of three seconds of phase two
		if h.Seq >= 80 && h.Seq < 104 && h.Seq%8 == 0 {
			h.Sent, h.Done = h.Sent+150*madeup.Millisecond, h.Done+150*madeup.Millisecond
		}
	}
	short := twoPhases(nil)
	short.Hits = short.Hits[:157]
	cut := twoPhases(nil)
	cut.Hits, cut.Outcome.Status, cut.Outcome.EndNS = cut.Hits[:100], "interrupted", int64(12500*madeup.Millisecond)
	closedPhase := madeup.NewScenario(journal.PhaseSpan{Name: "closed", EndNS: int64(10 * madeup.Second), Kind: "closed"})
	closedPhase.Hits = append(closedPhase.Hits, journal.Hit{Sent: madeup.Second, Done: 2 * madeup.Second, Code: 200})
	for _, test := range []struct {
		name     string
		run      *madeup.Scenario
		due      int64
		sent     int64
		dropped  int64
		ok       bool
		why      string
		phaseTwo bool // only phase two is in doubt
	}{
		{"all as asked", twoPhases(nil), 160, 160, 0, true, "", false},
		{"dropped hits", twoPhases(func(h *journal.Hit) {
			if h.Seq >= 156 {
				h.Class, h.Code = journal.ClassDropped, 0
			}
		}), 160, 156, 4, false, "4 of 160 requests were not sent", true},
		{"no descriptors left", twoPhases(func(h *journal.Hit) {
			if h.Seq == 159 {
				h.Class, h.Code = journal.ClassGenerator, 0
			}
		}), 160, 159, 0, false, "1 of 160 requests failed for want of descriptors", true},
		{"hits without a record", short, 160, 157, 0, false, "3 of 160 requests left no record", true},
		{"two late hits of 80 are a hiccup", twoPhases(late(2)), 160, 160, 0, true, "", false},
		{"three late hits in one second", twoPhases(late(3)), 160, 160, 0, false, "3 of 160 requests were sent more than 100 ms late", true},
		{"three in as many seconds of 80", twoPhases(scattered), 160, 160, 0, false, "3 of 160 requests were sent more than 100 ms late", true},
		{"many late hits", twoPhases(late(40)), 160, 160, 0, false, "40 of 160 requests were sent more than 100 ms late", true},
		{"a run cut short lacks nothing", cut, 100, 100, 0, true, "", false},
		{"a closed phase has no schedule", closedPhase, 1, 1, 0, true, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := reportOf(test.run.Asking("one: p99 < 200ms", "two: p99 < 200ms"), t)
			f := r.Fidelity
			if f.HitsDue != test.due || f.HitsSent != test.sent || f.HitsDropped != test.dropped {
				t.Errorf("due, sent, dropped = %d, %d, %d, want %d, %d, %d", f.HitsDue, f.HitsSent, f.HitsDropped, test.due, test.sent, test.dropped)
			}
			if f.OK != test.ok || !strings.HasPrefix(f.Why, test.why) || test.ok && f.Why != "" {
				t.Errorf("ok = %v because %q, want %v because %q", f.OK, f.Why, test.ok, test.why)
			}
			if !test.phaseTwo {
				return
			}
			if one := r.Objectives[0]; one.OK == nil || !*one.OK {
				t.Errorf("the objective on phase one is %v (%s), want met", one.OK, one.Why)
			}
			if o := r.Objectives[1]; o.OK != nil || !strings.Contains(o.Why, "phase two") {
				t.Errorf("the objective on phase two is %s because %q, want null because of the phase", show(o.Observed), o.Why)
			}
		})
	}
}

func TestFidelityFigures(t *testing.T) {
	// 80 hits at 8/s, each sent 3 ms late but the last, 9 ms late. Warm-up counts.
	f := reportOf(madeup.NewScenario(madeup.Warmup(10*madeup.Second)).Drive(func(h *journal.Hit) {
		h.Sent += 3 * madeup.Millisecond
		if h.Seq == 79 {
			h.Sent += 6 * madeup.Millisecond
		}
	}), t).Fidelity
	if !near(f.RateAskedHz, 8) || !near(f.RateSentHz, 8) || !near(f.LagMaxS, 0.009) || !near(f.LagP99S, 0.009) {
		t.Errorf("asked, sent, p99, max = %v, %v, %v, %v, want 8, 8, 0.009, 0.009",
			show(f.RateAskedHz), show(f.RateSentHz), show(f.LagP99S), show(f.LagMaxS))
	}
	if f.LagP50S == nil || *f.LagP50S < 0.003*0.996 || *f.LagP50S > 0.003*1.004 {
		t.Errorf("p50 = %v, want 0.003 give or take 0.4%%", show(f.LagP50S))
	}
}

// A closed phase alone has no lag and no rate asked: null, not 0.
func TestFidelityOfAClosedPhase(t *testing.T) {
	s := madeup.NewScenario(journal.PhaseSpan{Name: "closed", EndNS: int64(10 * madeup.Second), Kind: "closed"})
	s.Hits = []journal.Hit{{Sent: madeup.Second, Due: madeup.Second, Done: 2 * madeup.Second, Code: 200}}
	r := reportOf(s, t)
	f := r.Fidelity
	if f.RateAskedHz != nil || f.RateSentHz != nil || f.LagP50S != nil || f.LagP99S != nil || f.LagMaxS != nil {
		t.Errorf("fidelity is %+v, want null rates and lags", f)
	}
	if p := r.Phases[0]; p.RateAskedHz != nil || p.RateSentHz != 0.1 {
		t.Errorf("rates of the phase are %v and %v, want null and 0.1", show(p.RateAskedHz), p.RateSentHz)
	}
}

// 400 hits are due in a phase of 50 s: two of these are 0.5%, and no figure is another
// without them. Three are a generator that fell behind, and one without a record is
// one whose end nobody knows.
func TestFewHitsThatWereNotSent(t *testing.T) {
	dropping := func(n uint64) *madeup.Scenario {
		return madeup.NewScenario(madeup.Phase("long", 50*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Seq >= 400-n {
				h.Class, h.Code = journal.ClassDropped, 0
			}
		}).Asking("long: errors < 1%")
	}
	lost := dropping(0)
	lost.Hits = lost.Hits[:399]
	for name, test := range map[string]struct {
		run *madeup.Scenario
		ok  bool
	}{"two": {dropping(2), true}, "three": {dropping(3), false}, "one without a record": {lost, false}} {
		r := reportOf(test.run, t)
		if r.Fidelity.OK != test.ok || (r.Objectives[0].OK != nil) != test.ok {
			t.Errorf("%s: ok %v because %q, objective %v; want %v", name, r.Fidelity.OK, r.Fidelity.Why, r.Objectives[0].OK, test.ok)
		}
	}
}
