package reports

import (
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// After the lifting at 25 s 17 requests are queued, and 4 are served each
// 100 ms: the hit due at 25 s starts at 25.4 and takes 0.5 s, where the baseline
// took 0.1 s and 0.1*1.25 + 0.01 = 0.135 s is the limit. All due from 25.5 s on
// take 0.1 s, so the second that begins at 26 s is the first that is well.
func TestRecoveryFromAHang(t *testing.T) {
	r := hang().report(t)
	if len(r.Recovery) != 1 {
		t.Fatalf("%d recoveries, want 1", len(r.Recovery))
	}
	got := r.Recovery[0]
	if got.Dependency != "payments" || got.LiftedS != 25 || !near(got.RecoveredS, 26) || !near(got.AfterLiftS, 1) || got.Why != "" {
		t.Errorf("recovery is %+v (%v, %v), want 26 s, 1 s after lifting", got, show(got.RecoveredS), show(got.AfterLiftS))
	}
}

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
			r := &recovery{okRatio: 7.0 / 8, seconds: test.seconds}
			second, refused, ok := r.recovered()
			if second != test.second || refused != test.refused || ok != test.ok {
				t.Errorf("recovered() = %d, %d, %v, want %d, %d, %v", second, refused, ok, test.second, test.refused, test.ok)
			}
		})
	}
}

func TestRecoveryThatCannotBeTold(t *testing.T) {
	failing := func(h *journal.Hit) { // from the fault on, for good
		if h.Due >= 12*second {
			bad(h, 502)
		}
	}
	for _, test := range []struct {
		name string
		run  *scenario
		why  []string // of each lifting
	}{
		{"no baseline", newScenario(phase("hang", 20*second)).drive(nil).fault("payments", "hang", 900*milli, 5*second),
			[]string{"no full second before the first fault"}},
		{"a warm-up is no baseline", newScenario(warmup(10*second), phase("hang", 20*second)).drive(nil).fault("payments", "hang", 10*second, 15*second),
			[]string{"no full second before the first fault"}},
		{"the traffic ends too soon", newScenario(phase("baseline", 10*second), phase("hang", 10*second)).drive(nil).fault("payments", "hang", 12*second, 18*second),
			[]string{"the traffic ended 2 s after lifting, too soon to tell"}},
		{"never well", newScenario(phase("baseline", 10*second), phase("hang", 10*second)).drive(failing).fault("payments", "hang", 12*second, 15*second),
			[]string{"not well within 5 s, then the traffic ended"}},
		{"the next fault comes first", newScenario(phase("baseline", 10*second), phase("hang", 10*second)).drive(failing).
			fault("payments", "hang", 12*second, 13*second).fault("bank", "down", 14*second, 15*second),
			[]string{"the next fault (bank down) came 1 s after lifting", "not well within 5 s"}},
		{"another fault is in force", newScenario(phase("baseline", 10*second), phase("hang", 10*second)).drive(nil).
			fault("payments", "hang", 12*second, 13*second).fault("bank", "down", 12*second, 20*second),
			[]string{"another fault (bank down) was still in force", "the traffic ended 0 s after lifting"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.run.report(t).Recovery
			if len(got) != len(test.why) {
				t.Fatalf("%d recoveries, want %d", len(got), len(test.why))
			}
			for i, why := range test.why {
				if got[i].RecoveredS != nil || got[i].AfterLiftS != nil || !strings.Contains(got[i].Why, why) {
					t.Errorf("recovery %d is at %v because %q, want null because %q", i, show(got[i].RecoveredS), got[i].Why, why)
				}
			}
		})
	}
}

// What was asked before the fault and answered under it says nothing of a
// healthy site: with 300 ms a page three requests are under way at any moment.
// Afterwards every answer takes 4 s for good.
func TestBaselineEndsWithTheFault(t *testing.T) {
	s := newScenario(phase("baseline", 10*second), phase("hang", 5*second), phase("after", 10*second)).drive(func(h *journal.Hit) {
		h.Done = h.Due + 300*milli
		switch {
		case h.Phase == 0 && h.Done > 10*second:
			h.Done = 15 * second
		case h.Phase == 2:
			h.Done = h.Due + 4*second
		}
	}).fault("payments", "hang", 10*second, 15*second)
	r := s.objectives("after: recovered < 5s").report(t)
	if o := r.Objectives[0]; o.OK == nil || *o.OK || r.Recovery[0].AfterLiftS != nil {
		t.Errorf("recovered after %v, objective %+v; want never, and missed", show(r.Recovery[0].AfterLiftS), o)
	}
}

// One bad second in the baseline, one in ten, must not make every second well.
func TestOneBadBaselineSecond(t *testing.T) {
	s := newScenario(phase("baseline", 20*second), phase("hang", 5*second), phase("after", 10*second)).drive(func(h *journal.Hit) {
		if h.Due < second || h.Phase == 2 {
			bad(h, 500)
		}
	}).fault("payments", "hang", 20*second, 25*second)
	r := s.objectives("after: recovered < 5s").report(t)
	if o := r.Objectives[0]; o.OK == nil || *o.OK {
		t.Errorf("the objective on a dead site is %+v, want missed", o)
	}
}

// A site that was never well has nothing to come back to.
func TestSickBaseline(t *testing.T) {
	s := newScenario(phase("baseline", 10*second), phase("hang", 5*second), phase("after", 10*second)).drive(func(h *journal.Hit) {
		bad(h, 404)
	}).fault("payments", "hang", 10*second, 15*second)
	r := s.objectives("after: recovered < 5s").report(t)
	if o := r.Objectives[0]; o.OK != nil || !strings.Contains(o.Why, "not well before the first fault either: 0%") {
		t.Errorf("the objective is %+v, want null", o)
	}
}

// Whether there was anything to recover from.
func TestIll(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(h *journal.Hit)
		want   bool
	}{
		{"all good", nil, false},
		{"one failed under the fault", func(h *journal.Hit) {
			if h.Due == 12*second {
				bad(h, 500)
			}
		}, true},
		{"slow under the fault", func(h *journal.Hit) {
			if h.Phase == 1 {
				h.Done = h.Due + second
			}
		}, true},
		{"a slow one is a hiccup", func(h *journal.Hit) {
			if h.Due == 12*second {
				h.Done = h.Due + second
			}
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newScenario(phase("baseline", 10*second), phase("hang", 5*second), phase("after", 10*second)).
				drive(test.answer).fault("payments", "hang", 10*second, 15*second).report(t)
			if got := r.Recovery[0]; got.Ill == nil || *got.Ill != test.want || got.Kind != "hang" {
				t.Errorf("recovery is %+v, want ill %v", got, test.want)
			}
		})
	}
}

// Two faults that end together are lifted one after the other, a moment apart.
func TestFaultsLiftedTogether(t *testing.T) {
	s := newScenario(phase("baseline", 10*second), phase("hang", 10*second)).drive(nil)
	s.fault("payments", "hang", 12*second, 15*second).fault("bank", "down", 12*second, 15*second+3*milli)
	for _, r := range s.report(t).Recovery {
		if !near(r.AfterLiftS, 0) {
			t.Errorf("%s: well again after %v s (%s), want 0", r.Dependency, show(r.AfterLiftS), r.Why)
		}
	}
}

// The baseline is bounded: 700 s before the fault leave the last 600.
func TestBaselineIsBounded(t *testing.T) {
	s := newScenario(phase("old", 350*second), phase("baseline", 350*second), phase("hang", 20*second)).drive(func(h *journal.Hit) {
		if h.Due < 100*second {
			h.Done = h.Due + second // the first 100 s were ten times slower
		}
	}).fault("payments", "hang", 700*second, 710*second)
	b := newBaseline(s.Manifest, playedFaults(indexEvents(s.events)))
	for i := range s.hits {
		b.add(&s.hits[i])
	}
	_, p95, unknown := b.limits()
	if want := 135 * milli; unknown != "" || len(b.seconds) != 600 || p95 < want*99/100 || p95 > want*101/100 {
		t.Errorf("%d seconds, p95 at most %v, want 600 and about %v", len(b.seconds), p95, want)
	}
	if n := b.seconds[0].n + b.seconds[599].n; n != 16 {
		t.Errorf("the first and the last second hold %d hits, want 16", n)
	}
}

// Seconds without hits say nothing about a healthy site.
func TestBaselineNeedsHits(t *testing.T) {
	m := newScenario(phase("baseline", 3*second)).Manifest
	b := newBaseline(m, []*playedFault{{applied: 3 * time.Second}})
	if _, _, unknown := b.limits(); unknown == "" {
		t.Error("a baseline without hits is one, want none")
	}
}
