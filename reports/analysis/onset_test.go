package analysis

import (
	"math"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }

func show(v *float64) any {
	if v == nil {
		return "null"
	}
	return *v
}

// physics.md row 4. The last hit before the fault, due at 14.875, is answered
// before it. Then one comes every 125 ms from 15 s on and 4+17 = 21 fit in; the
// 22nd is due at 15 + 21/8 = 17.625 s and gets its 502 1 ms later. The fault
// lasts 80 hits, so 80-21 = 59 are refused.
func TestOnsetUnderAHang(t *testing.T) {
	r := reportOf(madeup.Hang(), t)
	if len(r.Onset) != 1 {
		t.Fatalf("%d onsets, want 1: %+v", len(r.Onset), r.Onset)
	}
	o := r.Onset[0]
	if o.Code != 502 || o.Class != "status" || o.Phase != "hang" || o.Dependency != "payments" || o.Cause != reports.QueueFull {
		t.Errorf("onset is %+v", o)
	}
	if math.Abs(o.FirstS-17.626) > 1e-9 || !near(o.AfterFaultS, 2.626) || !near(o.SustainedS, 17.626) {
		t.Errorf("first, after fault, sustained = %v, %v, %v, want 17.626, 2.626, 17.626", o.FirstS, show(o.AfterFaultS), show(o.SustainedS))
	}
	if o.InFlight != 21 || o.Count != 59 || !near(o.RateHz, 8) {
		t.Errorf("in flight, count, rate = %d, %d, %v, want 21, 59, 8", o.InFlight, o.Count, show(o.RateHz))
	}
}

func TestOnsetIsCountedFrom(t *testing.T) {
	// Payments hangs from 5 to 8 and from 12 to 15; the 503 is done at its due
	// time + 100 ms.
	for _, test := range []struct {
		name string
		due  time.Duration
		want *float64
	}{
		{"no fault before the first", 3 * madeup.Second, nil},
		{"the fault in force", 6 * madeup.Second, new(1.1)},
		{"no fault once the site was seen well after the last", 10 * madeup.Second, nil},
		{"the second fault once it is in force", 13 * madeup.Second, new(1.1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := madeup.NewScenario(madeup.Phase("all", 20*madeup.Second)).Drive(func(h *journal.Hit) {
				if h.Due == test.due {
					madeup.Bad(h, 503)
				}
			})
			r := reportOf(s.Fault("payments", "hang", 5*madeup.Second, 8*madeup.Second).Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second), t)
			got := r.Onset[0].AfterFaultS
			if (got == nil) != (test.want == nil) || got != nil && !near(got, *test.want) {
				t.Errorf("after_fault_s = %v, want %v", show(got), show(test.want))
			}
		})
	}
}

// Each fault has its own onset, and errors apart from faults have theirs; one
// that was there when the fault was applied did not begin with it.
func TestOnsetsByFault(t *testing.T) {
	type want struct {
		first float64
		after *float64
	}
	in := func(at, from, to time.Duration) bool { return at >= from && at < to }
	for _, test := range []struct {
		name string
		bad  func(due time.Duration) bool
		want []want
	}{
		{"a stray one before the fault", func(d time.Duration) bool { return d == 5*madeup.Second || in(d, 12*madeup.Second, 15*madeup.Second) },
			[]want{{5.1, nil}, {12.1, new(2.1)}}},
		{"two faults", func(d time.Duration) bool {
			return in(d, 12*madeup.Second, 15*madeup.Second) || in(d, 31*madeup.Second, 35*madeup.Second)
		},
			[]want{{12.1, new(2.1)}, {31.1, new(1.1)}}},
		{"errors that go on into the fault", func(d time.Duration) bool { return in(d, 8*madeup.Second, 15*madeup.Second) },
			[]want{{8.1, nil}}},
		{"a fault that was lifted, and seen well again, is to blame for nothing later", func(d time.Duration) bool { return d == 50*madeup.Second },
			[]want{{50.1, nil}}},
		{"nor after a minute", func(d time.Duration) bool { return d == 99*madeup.Second },
			[]want{{99.1, nil}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := reportOf(madeup.NewScenario(madeup.Phase("all", 100*madeup.Second)).Drive(func(h *journal.Hit) {
				if test.bad(h.Due) {
					madeup.Bad(h, 502)
				}
			}).Fault("payments", "hang", 10*madeup.Second, 15*madeup.Second).Fault("bank", "hang", 30*madeup.Second, 35*madeup.Second), t)
			if len(r.Onset) != len(test.want) {
				t.Fatalf("onsets are %+v, want %d", r.Onset, len(test.want))
			}
			for i, w := range test.want {
				o := r.Onset[i]
				if math.Abs(o.FirstS-w.first) > 1e-9 || (o.AfterFaultS == nil) != (w.after == nil) || w.after != nil && !near(o.AfterFaultS, *w.after) {
					t.Errorf("onset %d at %v, %v after a fault, want %v and %v", i, o.FirstS, show(o.AfterFaultS), w.first, show(w.after))
				}
			}
		})
	}
}

func TestNoOnset(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(h *journal.Hit)
	}{
		{"of a status that the request expects", func(h *journal.Hit) { h.Code = 503 }},
		{"of a 404, which is the request's fault", func(h *journal.Hit) { madeup.Bad(h, 404) }},
		{"of a warm-up", func(h *journal.Hit) {
			if h.Phase == 0 {
				madeup.Bad(h, 502)
			}
		}},
		{"of a hit that we cut off", func(h *journal.Hit) { h.Code, h.Class = 502, journal.ClassCanceled }},
	} {
		t.Run(test.name, func(t *testing.T) {
			if r := reportOf(madeup.NewScenario(madeup.Warmup(2*madeup.Second), madeup.Phase("load", 5*madeup.Second)).Drive(test.answer), t); len(r.Onset) != 0 {
				t.Errorf("onset is %+v, want none", r.Onset)
			}
		})
	}
}

func TestOnsetsComeInTheOrderOfTheirFirst(t *testing.T) {
	r := reportOf(madeup.NewScenario(madeup.Phase("load", 5*madeup.Second)).Drive(func(h *journal.Hit) {
		switch {
		case h.Due == 2*madeup.Second:
			madeup.Bad(h, 504)
		case h.Due == 4*madeup.Second:
			madeup.Bad(h, 502)
		}
	}), t)
	if len(r.Onset) != 2 || r.Onset[0].Code != 504 || r.Onset[1].Code != 502 {
		t.Errorf("onsets are %+v, want 504 and then 502", r.Onset)
	}
}

// The offered rate is the phase's, or where that rises that of the second before; of
// less, when the run is younger.
func TestOfferedRateAtTheStart(t *testing.T) {
	// Due every 125 ms; the one due at 250 ms gets its 502 at 260 ms, when 0,
	// 125 and 250 had been due: 3/0.26 s.
	for to, want := range map[float64]float64{8: 8, 9: 3 / 0.26} {
		s := madeup.NewScenario(madeup.Phase("load", 5*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Due == 250*madeup.Millisecond {
				madeup.Bad(h, 502)
				h.Done = 260 * madeup.Millisecond
			}
		})
		s.Phases[0].RateTo = to
		if got := reportOf(s, t).Onset[0].RateHz; !near(got, want) {
			t.Errorf("from 8/s to %v/s: rate_hz = %v, want %v", to, show(got), want)
		}
	}
}

// 100 hits a second, each answered at once, one every 10 ms.
func TestSustained(t *testing.T) {
	burst := func(from time.Duration, n int) func(at time.Duration) bool { // n bad ones in the second after from
		return func(at time.Duration) bool { return at >= from && at < from+time.Duration(n)*10*madeup.Millisecond }
	}
	for _, test := range []struct {
		name string
		bad  func(at time.Duration) bool
		want *float64
	}{
		{"5 of 100 in a second are 5%", burst(3*madeup.Second, 5), new(3.0)},
		{"4 of 100 are not", burst(3*madeup.Second, 4), nil},
		{"a stray one long before does not count", func(at time.Duration) bool {
			return at == 2*madeup.Second || at >= 6*madeup.Second
		}, new(6.0)},
		// From the one at 5.5 on, a second holds itself and those from 6.45 on,
		// 6.45 .. 6.49: 6 of 100. It is the first moment.
		{"it may begin before they are dense", func(at time.Duration) bool {
			return at == 5500*madeup.Millisecond || at >= 6450*madeup.Millisecond
		}, new(5.5)},
		{"the second that follows must be full", func(at time.Duration) bool { return at >= 9500*madeup.Millisecond }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			load := madeup.Phase("load", 10*madeup.Second)
			load.Hits = 1000
			r := reportOf(madeup.NewScenario(load).Drive(func(h *journal.Hit) {
				h.Done = h.Due
				if test.bad(h.Due) {
					madeup.Bad(h, 502)
				}
			}), t)
			got := r.Onset[0].SustainedS
			if (got == nil) != (test.want == nil) || got != nil && !near(got, *test.want) {
				t.Errorf("sustained_s = %v, want %v", show(got), show(test.want))
			}
		})
	}
}

// The class is that of the first; of two at the same moment, of the one due first.
func TestOnsetOfTwoAtOnce(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("load", 5*madeup.Second)).Drive(func(h *journal.Hit) {
		if h.Due == 2*madeup.Second || h.Due == 2125*madeup.Millisecond {
			madeup.Bad(h, 502)
			h.Done = 3 * madeup.Second
			if h.Due == 2*madeup.Second {
				h.Class = journal.ClassClosed
			}
		}
	})
	if got := reportOf(s, t).Onset[0].Class; got != "closed" {
		t.Errorf("class is %q, want closed, that of the lower Seq", got)
	}
}

// Payments hangs from 5 to 8 s and all fails until 9 s: these are the fault's. From
// 9 s on all is well, so that what fails from 12 s on began then, whoever did it.
// One that fails at 8.9 s came before the site was seen well for a second.
func TestAFaultIsToBlameUntilTheSiteIsWell(t *testing.T) {
	for _, test := range []struct {
		name       string
		bad        func(due time.Duration) bool
		faults     int64 // errors counted from the fault
		apart      float64
		apartCount int64
	}{
		// 3 s and 1 s at 8/s are 32; 1 s is 8.
		{"errors go on for a second", func(d time.Duration) bool { return 5*madeup.Second <= d && d < 9*madeup.Second }, 32, 12.1, 8},
		{"a good half second between them is no recovery", func(d time.Duration) bool {
			return 5*madeup.Second <= d && d < 9*madeup.Second && (d < 8*madeup.Second || d >= 8500*madeup.Millisecond)
		}, 28, 12.1, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := madeup.NewScenario(madeup.Phase("all", 20*madeup.Second)).Drive(func(h *journal.Hit) {
				if test.bad(h.Due) || 12*madeup.Second <= h.Due && h.Due < 13*madeup.Second {
					madeup.Bad(h, 502)
				}
			})
			r := reportOf(s.Fault("payments", "hang", 5*madeup.Second, 8*madeup.Second), t)
			if len(r.Onset) != 2 {
				t.Fatalf("onsets are %+v, want two", r.Onset)
			}
			if o := r.Onset[0]; o.Dependency != "payments" || o.Count != test.faults {
				t.Errorf("the first onset is %+v, want %d of payments", o, test.faults)
			}
			if o := r.Onset[1]; o.AfterFaultS != nil || o.Count != test.apartCount || math.Abs(o.FirstS-test.apart) > 1e-9 {
				t.Errorf("the second onset is %+v, want %d from %v on, apart from faults", o, test.apartCount, test.apart)
			}
		})
	}
}
