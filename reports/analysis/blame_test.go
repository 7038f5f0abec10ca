package analysis

import (
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// full answers as a pool of 4 workers and 17 slots, 100 ms each, and has the
// page of its refusals be that of an application, as a gateway's JSON page looks.
func full(h *journal.Hit, p *madeup.Pool) {
	if p.Answer(h); h.Code == 502 {
		h.Answerer = journal.AnswererApp
	}
}

// A neighbour of the JSON page: the application itself answers at once, whoever
// else is inside.
func TestWhosePageARefusalComesOn(t *testing.T) {
	load := func(answer func(h *journal.Hit)) *reports.Report {
		s := madeup.NewScenario(madeup.Phase("low", 10*madeup.Second), madeup.Phase("high", 10*madeup.Second))
		s.Phases[1].Hits, s.Phases[1].RateFrom, s.Phases[1].RateTo, s.Phases[1].RateMean = 600, 60, 60, 60
		return reportOf(s.Drive(answer), t)
	}
	pool := &madeup.Pool{Workers: 4, Slots: 17, Service: 100 * madeup.Millisecond}
	gateway := load(func(h *journal.Hit) { full(h, pool) })
	if o := gateway.Onset[0]; o.Cause != reports.QueueFull || *o.Confidence < 0.8 || *o.RateHz != 60 {
		t.Errorf("a full queue's JSON page: %s %v at %v/s: %q", o.Cause, show(o.Confidence), show(o.RateHz), o.Evidence)
	}
	roomy := &madeup.Pool{Workers: 40, Slots: 170, Service: 100 * madeup.Millisecond}
	app := load(func(h *journal.Hit) {
		if roomy.Answer(h); h.Seq%5 == 0 {
			madeup.Bad(h, 502)
			h.Done, h.Answerer = h.Due+2*madeup.Millisecond, journal.AnswererApp
		}
	})
	if o := app.Onset[0]; o.Cause != reports.AppError || *o.Confidence < 0.8 {
		t.Errorf("an application that answers so: %s %v: %q", o.Cause, show(o.Confidence), o.Evidence)
	}
}

// The workers carry 40/s and hold 21. Payments is 20 ms slower for 4 s at 8/s,
// which makes nobody queue; 60/s follow at once, before the site could be seen
// well, for 10 s, and for longer than the model plays.
func TestAnOverloadAfterAFaultIsNotItsDoing(t *testing.T) {
	for _, seconds := range []int{10, 400} {
		pool := &madeup.Pool{Workers: 4, Slots: 17, Service: 100 * madeup.Millisecond}
		s := madeup.NewScenario(madeup.Phase("low", 10*madeup.Second), madeup.Phase("slow", 4*madeup.Second), madeup.Phase("high", time.Duration(seconds)*madeup.Second))
		high := &s.Phases[2]
		high.Hits, high.RateFrom, high.RateTo, high.RateMean = uint64(60*seconds), 60, 60, 60
		s.Drive(pool.Answer).Fault("payments", "latency", 10*madeup.Second, 14*madeup.Second)
		r := reportOf(s, t)
		if len(r.Onset) != 1 || r.Onset[0].AfterFaultS != nil || r.Onset[0].Cause != reports.QueueFull {
			t.Fatalf("%d s: onsets are %+v, want one of a full queue and no fault", seconds, r.Onset)
		}
		for _, want := range []string{"502s began", "at 60 requests/s, and no fault is to blame: all ", "queue slots"} {
			if !strings.Contains(r.Summary, want) {
				t.Errorf("%d s: the summary lacks %q: %s", seconds, want, r.Summary)
			}
		}
	}
}

// While the hang of madeup.Hang is in force 4 calls wait, or just one. How many
// workers there are is not known but by what they serve.
func TestAllAreSaidToWaitOnlyIfAllDo(t *testing.T) {
	for calls, want := range map[int]string{4: "all workers were busy, with 4 calls to payments waiting, and", 1: "were busy, held longer with payments hanging, and"} {
		s := madeup.Hang()
		for range calls {
			s.Caught(15*madeup.Second, 10*madeup.Second, "site", true)
		}
		r := reportOf(s, t)
		if o := r.Onset[0]; o.Held == nil || *o.Held != float64(calls) {
			t.Errorf("%d calls waited, said are %v", calls, show(o.Held))
		}
		if !strings.Contains(r.Summary, want) {
			t.Errorf("with %d calls waiting the summary lacks %q: %s", calls, want, r.Summary)
		}
	}
}

// A phase is not slow by a fault that was lifted as it began.
func TestASlowPhaseNeedsItsFault(t *testing.T) {
	for lifted, want := range map[time.Duration]reports.Cause{30 * madeup.Second: reports.SlowDependency, 20100 * madeup.Millisecond: reports.Unknown} {
		s := madeup.NewScenario(madeup.Phase("well", 10*madeup.Second), madeup.Phase("first", 10*madeup.Second), madeup.Phase("second", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Phase == 2 {
				h.Done = h.Due + 400*madeup.Millisecond
			}
		})
		r := reportOf(s.Fault("payments", "latency", 15*madeup.Second, lifted), t)
		if len(r.Slowdowns) != 1 || r.Slowdowns[0].Phase != "second" || r.Slowdowns[0].Cause != want {
			t.Errorf("lifted at %v: %+v, want %s in phase second", lifted, r.Slowdowns, want)
		}
	}
}

// Calls that waited 30 ms do not make answers 300 ms slower; those that waited 200 ms do.
func TestASlowDependencyMustBeSlowEnough(t *testing.T) {
	for held, want := range map[time.Duration]bool{30 * madeup.Millisecond: false, 200 * madeup.Millisecond: true} {
		s := madeup.NewScenario(madeup.Phase("well", 10*madeup.Second), madeup.Phase("slow", 10*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Phase == 1 {
				h.Done = h.Due + 400*madeup.Millisecond
			}
		}).Fault("payments", "latency", 10*madeup.Second, 20*madeup.Second)
		for i := range 10 {
			s.Caught(time.Duration(10+i)*madeup.Second, held, "dependency", false)
		}
		r := reportOf(s, t)
		if len(r.Slowdowns) != 1 || (r.Slowdowns[0].Cause == reports.SlowDependency) != want {
			t.Errorf("calls held for %v: %+v, want a slow dependency: %v", held, r.Slowdowns, want)
		}
	}
}
