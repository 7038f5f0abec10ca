package judge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// The figures of hang are derived in the tests of reports/analysis: of the
// 120 hits of phase hang 59 got a 502, first 2.626 s after the fault; well again
// 1 s after lifting.
func TestObjectivesOnAHang(t *testing.T) {
	met, missed := new(true), new(false)
	for _, test := range []struct {
		text     string
		ok       *bool
		observed *float64
		why      string
	}{
		{"baseline: p99 < 300ms", met, new(0.1), ""},
		{"baseline: max <= 100ms", met, new(0.1), ""},
		{"baseline: p50 < 100ms", missed, new(0.1), "p50 was 100 ms, just the limit"},
		{"hang: max < 5s", missed, new(10.0), "the longest answer was 10 s; limit 5 s"}, // the hit due at 15 s waited until 25 s
		{"hang: errors < 1%", missed, new(59.0 / 120), "errors were 49%; limit 1%"},
		{"hang: errors <= 59", met, new(59.0), ""},
		{"hang: 502 == 59", met, new(59.0), ""},
		{"hang: 504 == 0", met, new(0.0), ""},
		{"hang: ok > 50%", met, new(61.0 / 120), ""},
		{"hang: degraded == 0%", met, new(0.0), ""},
		{"errors < 21.1%", met, new(59.0 / 280), ""}, // of 80 + 120 + 80; the warm-up is left out
		{"baseline: rate >= 8", met, new(8.0), ""},
		{"hang: rate >= 8/s", missed, new(61.0 / 15), "good answers were 4.1/s; limit 8/s"}, // good answers over the 15 s of the phase
		{"recovery: recovered < 5s", met, new(1.0), ""},
		{"recovered <= 1s", met, new(1.0), ""},
		{"hang: recovered < 1s", missed, new(1.0), "the site was well again 1 s after lifting, just the limit"},
		{"baseline: recovered < 5s", nil, nil, "no fault had been lifted"},
		{"onset > 2s", met, new(2.626), ""},
		{"hang: onset > 10s", missed, new(2.626), "the first 502, 503 or 504 came 2.6 s after the fault; limit 10 s"},
		{"recovery: onset > 10s", met, nil, ""}, // none came: later than any bound
		{"recovery: onset < 10s", nil, nil, "there is no onset"},
		{"baseline: onset > 10s", nil, nil, "no fault was applied before the phase's end"},
		{"warmup: p99 < 300ms", nil, nil, "is a warm-up"},
		{"nowhere: p99 < 300ms", nil, nil, "there is no phase nowhere"},
		{"what is this", nil, nil, "no comparison"},
	} {
		t.Run(test.text, func(t *testing.T) {
			o := judged(t, madeup.Hang().Asking(test.text)).Objectives[0]
			if (o.OK == nil) != (test.ok == nil) || o.OK != nil && *o.OK != *test.ok {
				t.Errorf("ok is %v (%s)", o.OK, o.Why)
			}
			if (o.Observed == nil) != (test.observed == nil) || o.Observed != nil && !near(o.Observed, *test.observed) {
				t.Errorf("observed is %v, want %v", show(o.Observed), show(test.observed))
			}
			if !strings.Contains(o.Why, test.why) || (o.Why == "") != (o.OK != nil && *o.OK) {
				t.Errorf("why is %q, want %q", o.Why, test.why)
			}
		})
	}
}

func TestObjectivesWithoutSamples(t *testing.T) {
	refused := madeup.NewScenario(madeup.Phase("load", 5*madeup.Second)).Drive(func(h *journal.Hit) { h.Code, h.Class = 0, journal.ClassRefused })
	canceled := madeup.NewScenario(madeup.Phase("load", 5*madeup.Second)).Drive(func(h *journal.Hit) { h.Code, h.Class = 0, journal.ClassCanceled })
	short := madeup.NewScenario(madeup.Phase("load", 5*madeup.Second), madeup.Phase("later", 5*madeup.Second)).Drive(nil)
	short.Outcome = &journal.Outcome{EndNS: int64(5 * madeup.Second), Status: "failed", Undone: true}
	short.Hits = short.Hits[:40]
	for _, test := range []struct {
		name, text string
		run        *madeup.Scenario
		why        string
	}{
		{"no good answer", "load: p99 < 1s", refused, "not one good answer among 40 requests"},
		{"nothing waited for", "load: errors < 1%", canceled, "no request was sent and waited for"},
		{"the phase never began", "later: errors < 1%", short, "the run ended before phase later"},
		{"no fault", "onset > 1s", short, "no fault was applied"},
		{"nothing lifted", "recovered < 1s", short, "no fault had been lifted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := judged(t, test.run.Asking(test.text)).Objectives[0]
			if o.OK != nil || o.Observed != nil || !strings.Contains(o.Why, test.why) {
				t.Errorf("ok, observed = %v, %v because %q, want null because %q", o.OK, show(o.Observed), o.Why, test.why)
			}
		})
	}
}

// The site fails from the fault at 12 s on until the end at 20 s; the fault is
// lifted at 14 s. Six seconds are known to be bad.
func TestRecoveryThatNeverCame(t *testing.T) {
	run := func(text string, until time.Duration) reports.Objective {
		return judged(t, madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Due >= 12*madeup.Second && h.Due < until {
				madeup.Bad(h, 502)
			}
		}).Fault("payments", "hang", 12*madeup.Second, 14*madeup.Second).Asking(text)).Objectives[0]
	}
	for _, test := range []struct {
		name, text string
		until      time.Duration
		ok         *bool
	}{
		{"longer than allowed is missed", "recovered < 5s", 20 * madeup.Second, new(false)},
		{"6 s are not less than 6 s", "recovered < 6s", 20 * madeup.Second, new(false)},
		{"6 s may be within 6 s", "recovered <= 6s", 20 * madeup.Second, nil},
		{"the run was too short to tell", "recovered < 30s", 20 * madeup.Second, nil},
		{"well for two seconds only", "recovered < 5s", 18 * madeup.Second, nil}, // 4 s are refused, 18..20 may be it
	} {
		t.Run(test.name, func(t *testing.T) {
			o := run(test.text, test.until)
			if (o.OK == nil) != (test.ok == nil) || o.OK != nil && *o.OK != *test.ok || o.Observed != nil {
				t.Errorf("ok, observed = %v, %v (%s)", o.OK, show(o.Observed), o.Why)
			}
		})
	}
}

// Each pair of phases has its own fault; an objective on a phase speaks of the
// last lifting up to its end, one without a phase of the worst.
func TestRecoveredOfSeveralFaults(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("one", 10*madeup.Second), madeup.Phase("two", 10*madeup.Second)).Drive(func(h *journal.Hit) {
		if h.Due >= 12*madeup.Second && h.Due < 17*madeup.Second || h.Due >= 22*madeup.Second && h.Due < 25*madeup.Second {
			madeup.Bad(h, 502)
		}
	})
	// Lifted at 14, well at 17; lifted at 24, well at 25.
	s.Fault("payments", "hang", 12*madeup.Second, 14*madeup.Second).Fault("bank", "down", 22*madeup.Second, 24*madeup.Second)
	r := judged(t, s.Asking("one: recovered < 2s", "two: recovered < 2s", "recovered < 2s"))
	for i, want := range []float64{3, 1, 3} {
		if o := r.Objectives[i]; !near(o.Observed, want) {
			t.Errorf("%q: observed %v (%s), want %v", o.Text, show(o.Observed), o.Why, want)
		}
	}
}

// A run of 20 s that was cut off after 12.5 s: what was recorded of a phase may
// miss an objective, but cannot meet one, and what grows with time says nothing.
func TestObjectivesOfAPhaseCutShort(t *testing.T) {
	for _, test := range []struct {
		objective string
		want      string
	}{
		{"one: errors < 1%", "met"}, // that phase was over
		{"two: errors < 1%", "missed"},
		{"two: errors < 60%", "null"},
		{"two: p99 < 300ms", "null"},
		{"two: ok > 70", "null"},
		{"two: rate >= 8", "null"},
	} {
		s := madeup.NewScenario(madeup.Phase("one", 10*madeup.Second), madeup.Phase("two", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Seq >= 90 { // 10 of the 20 recorded of phase two
				madeup.Bad(h, 500)
			}
		})
		s.Hits, s.Outcome.Status, s.Outcome.EndNS = s.Hits[:100], "failed", int64(12500*madeup.Millisecond)
		o := judged(t, s.Asking(test.objective)).Objectives[0]
		got := "null"
		if o.OK != nil {
			got = map[bool]string{true: "met", false: "missed"}[*o.OK]
		}
		if got != test.want {
			t.Errorf("%s is %s (%s), want %s", test.objective, got, o.Why, test.want)
		}
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
			o := judged(t, madeup.NewScenario(madeup.Phase("one", 10*madeup.Second)).Drive(test.answer).Asking(test.objective)).Objectives[0]
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
