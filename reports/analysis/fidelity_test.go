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

// A generator that failed decides no objective. Hits that it did not send can
// only have spared the site, and late ones, sent in a burst, only have hurt it.
// 80 hits are due in the phase, all answered in 0.1 s but as said.
func TestObjectivesBeyondTheGenerator(t *testing.T) {
	dropped := func(bad64 bool) func(h *journal.Hit) {
		return func(h *journal.Hit) { // 8 of 80; of the rest 64 may be bad
			switch {
			case h.Seq >= 72:
				h.Class, h.Code = journal.ClassDropped, 0
			case bad64 && h.Seq < 64:
				madeup.Bad(h, 502)
			}
		}
	}
	late := func(h *journal.Hit) { // the first 8 of 80, which took 0.25 s for it; 40 more are bad
		switch {
		case h.Seq < 8:
			h.Sent, h.Done = h.Sent+150*madeup.Millisecond, h.Done+150*madeup.Millisecond
		case h.Seq >= 40:
			madeup.Bad(h, 502)
		}
	}
	both := func(h *journal.Hit) { late(h); dropped(false)(h) }
	for _, test := range []struct {
		name      string
		answer    func(h *journal.Hit)
		objective string
		want      string
	}{
		{"no failure, but the site was spared", dropped(false), "errors < 11%", "null"},
		{"fast, but the site was spared", dropped(false), "p50 < 200ms", "null"},
		{"64 of 80 failed at best", dropped(true), "errors < 75%", "missed"},
		{"64 of 80 failed at best, 89% of those sent", dropped(true), "errors < 85%", "null"},
		{"a count of 64", dropped(true), "502 < 60", "missed"},
		{"at best 80 of 80 were good: 8/s", dropped(false), "rate >= 9", "missed"},
		{"7.2/s were good, at best 8", dropped(false), "rate >= 7.5", "null"},
		{"at best 80", dropped(false), "ok > 80", "missed"},
		// Of 80, with 8 faster ones, the p50 is the 40th, and the 32nd of the 72: 0.1 s.
		{"half of all took 0.1 s at best", dropped(false), "p50 < 50ms", "missed"},
		{"met in spite of the burst", late, "p99 < 300ms", "met"},
		{"missed perhaps for the burst", late, "p99 < 200ms", "null"},
		{"40 failures, perhaps for the burst", late, "errors < 1%", "null"},
		{"no more than 50% in spite of the burst", late, "errors <= 50%", "met"},
		{"an objective that asks for failures", late, "errors > 10%", "null"},
		{"spared and hurt", both, "errors < 60%", "null"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := reportOf(madeup.NewScenario(madeup.Phase("one", 10*madeup.Second)).Drive(test.answer).Asking(test.objective), t).Objectives[0]
			got := "null"
			if o.OK != nil {
				got = map[bool]string{true: "met", false: "missed"}[*o.OK]
			}
			if got != test.want {
				t.Errorf("%s is %s (%s), want %s", test.objective, got, o.Why, test.want)
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
