package analysis

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// After the lifting at 25 s 17 requests are queued, and 4 are served each
// 100 ms: the hit due at 25 s starts at 25.4 and takes 0.5 s, where the baseline
// took 0.1 s and 0.1*1.25 + 0.01 = 0.135 s is the limit. All due from 25.5 s on
// take 0.1 s, so the second that begins at 26 s is the first that is well.
func TestRecoveryFromAHang(t *testing.T) {
	r := reportOf(madeup.Hang(), t)
	if len(r.Recovery) != 1 {
		t.Fatalf("%d recoveries, want 1", len(r.Recovery))
	}
	got := r.Recovery[0]
	if got.Dependency != "payments" || got.LiftedS != 25 || !near(got.RecoveredS, 26) || !near(got.AfterLiftS, 1) || got.Why != "" {
		t.Errorf("recovery is %+v (%v, %v), want 26 s, 1 s after lifting", got, show(got.RecoveredS), show(got.AfterLiftS))
	}
}

func TestRecoveryThatCannotBeTold(t *testing.T) {
	failing := func(h *journal.Hit) { // from the fault on, for good
		if h.Due >= 12*madeup.Second {
			madeup.Bad(h, 502)
		}
	}
	for _, test := range []struct {
		name string
		run  *madeup.Scenario
		why  []string // of each lifting
	}{
		{"no baseline", madeup.NewScenario(madeup.Phase("hang", 20*madeup.Second)).Drive(nil).Fault("payments", "hang", 900*madeup.Millisecond, 5*madeup.Second),
			[]string{"no full second before the first fault"}},
		{"a warm-up is no baseline", madeup.NewScenario(madeup.Warmup(10*madeup.Second), madeup.Phase("hang", 20*madeup.Second)).Drive(nil).Fault("payments", "hang", 10*madeup.Second, 15*madeup.Second),
			[]string{"no full second before the first fault"}},
		{"the traffic ends too soon", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(nil).Fault("payments", "hang", 12*madeup.Second, 18*madeup.Second),
			[]string{"the traffic ended 2 s after lifting, too soon to tell"}},
		{"never well", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(failing).Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second),
			[]string{"not well within 5 s, then the traffic ended"}},
		{"the next fault comes first", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(failing).
			Fault("payments", "hang", 12*madeup.Second, 13*madeup.Second).Fault("bank", "down", 14*madeup.Second, 15*madeup.Second),
			[]string{"the next fault (bank down) came 1 s after lifting", "not well within 5 s"}},
		{"another fault is in force", madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(nil).
			Fault("payments", "hang", 12*madeup.Second, 13*madeup.Second).Fault("bank", "down", 12*madeup.Second, 20*madeup.Second),
			[]string{"another fault (bank down) was still in force", "the traffic ended 0 s after lifting"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := reportOf(test.run, t).Recovery
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
	s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 5*madeup.Second), madeup.Phase("after", 10*madeup.Second)).Drive(func(h *journal.Hit) {
		h.Done = h.Due + 300*madeup.Millisecond
		switch {
		case h.Phase == 0 && h.Done > 10*madeup.Second:
			h.Done = 15 * madeup.Second
		case h.Phase == 2:
			h.Done = h.Due + 4*madeup.Second
		}
	}).Fault("payments", "hang", 10*madeup.Second, 15*madeup.Second)
	r := reportOf(s.Asking("after: recovered < 5s"), t)
	if o := r.Objectives[0]; o.OK == nil || *o.OK || r.Recovery[0].AfterLiftS != nil {
		t.Errorf("recovered after %v, objective %+v; want never, and missed", show(r.Recovery[0].AfterLiftS), o)
	}
}

// One bad second in the baseline, one in ten, must not make every second well.
func TestOneBadBaselineSecond(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("baseline", 20*madeup.Second), madeup.Phase("hang", 5*madeup.Second), madeup.Phase("after", 10*madeup.Second)).Drive(func(h *journal.Hit) {
		if h.Due < madeup.Second || h.Phase == 2 {
			madeup.Bad(h, 500)
		}
	}).Fault("payments", "hang", 20*madeup.Second, 25*madeup.Second)
	r := reportOf(s.Asking("after: recovered < 5s"), t)
	if o := r.Objectives[0]; o.OK == nil || *o.OK {
		t.Errorf("the objective on a dead site is %+v, want missed", o)
	}
}

// A site that was never well has nothing to come back to.
func TestSickBaseline(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 5*madeup.Second), madeup.Phase("after", 10*madeup.Second)).Drive(func(h *journal.Hit) {
		madeup.Bad(h, 404)
	}).Fault("payments", "hang", 10*madeup.Second, 15*madeup.Second)
	r := reportOf(s.Asking("after: recovered < 5s"), t)
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
			if h.Due == 12*madeup.Second {
				madeup.Bad(h, 500)
			}
		}, true},
		{"slow under the fault", func(h *journal.Hit) {
			if h.Phase == 1 {
				h.Done = h.Due + madeup.Second
			}
		}, true},
		{"a slow one is a hiccup", func(h *journal.Hit) {
			if h.Due == 12*madeup.Second {
				h.Done = h.Due + madeup.Second
			}
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := reportOf(madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 5*madeup.Second), madeup.Phase("after", 10*madeup.Second)).
				Drive(test.answer).Fault("payments", "hang", 10*madeup.Second, 15*madeup.Second), t)
			if got := r.Recovery[0]; got.Ill == nil || *got.Ill != test.want || got.Kind != "hang" {
				t.Errorf("recovery is %+v, want ill %v", got, test.want)
			}
		})
	}
}

// Two faults that end together are lifted one after the other, a moment apart.
func TestFaultsLiftedTogether(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(nil)
	s.Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second).Fault("bank", "down", 12*madeup.Second, 15*madeup.Second+3*madeup.Millisecond)
	for _, r := range reportOf(s, t).Recovery {
		if !near(r.AfterLiftS, 0) {
			t.Errorf("%s: well again after %v s (%s), want 0", r.Dependency, show(r.AfterLiftS), r.Why)
		}
	}
}
