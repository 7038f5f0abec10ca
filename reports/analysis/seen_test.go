package analysis

import (
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// selfDeadlock is physics.md 8 at 8/s: from 10 s on all requests call the site
// itself, which holds all 4 workers until the gateway gives up, after 10 s. The egress
// sees their calls wait; the status page, where it is read, tells of 4 workers.
func selfDeadlock(waiting int64) *madeup.Scenario {
	s := madeup.NewScenario(madeup.Phase("before", 10*madeup.Second), madeup.Phase("self", 10*madeup.Second)).Drive(func(h *journal.Hit) {
		if h.Phase == 1 {
			failing(504, 10*madeup.Second, journal.AnswererGateway)(h)
		}
	})
	s.Outcome.EndNS = int64(30 * madeup.Second) // the last answer comes at 30 s
	s.Egress = "127.0.0.1:8888"
	for i := range 30 {
		u := journal.Usage{Dependency: "127.0.0.1:8081", Host: "127.0.0.1:8081", Self: true, Open: waiting, Waiting: waiting}
		switch {
		case i < 10:
			s.Use(i, journal.Usage{Dependency: "payments", Host: "pay.example:443", Opened: 8, Open: 1, Calls: 8, Waiting: 1, Ended: 8,
				HeldNS: int64(8 * 20 * madeup.Millisecond), Waits: map[int]int64{journal.WaitBucket(10 * madeup.Millisecond): 6, journal.WaitBucket(50 * madeup.Millisecond): 2}, MaxNS: int64(51 * madeup.Millisecond)})
		case i == 10:
			u.Opened, u.Calls = waiting, waiting
			s.Use(i, u)
		case i < 20:
			s.Use(i, u)
		case i == 20:
			u.Ended, u.HeldNS, u.MaxNS, u.Waits = waiting, waiting*int64(10*madeup.Second), int64(10*madeup.Second), map[int]int64{journal.WaitBucket(10 * madeup.Second): waiting}
			s.Use(i, u)
		}
	}
	return s
}

func gauge(total int64) []journal.Observation {
	return []journal.Observation{{AtNS: int64(madeup.Second), Source: journal.PHPFPMStatus, Kind: journal.Gauge, Pool: &journal.Pool{Total: total}}}
}

func TestHostsThatWereSeen(t *testing.T) {
	r := reportOf(selfDeadlock(4), t)
	if len(r.DependenciesSeen) != 2 {
		t.Fatalf("got %+v, want the site itself and pay.example", r.DependenciesSeen)
	}
	own, pay := r.DependenciesSeen[0], r.DependenciesSeen[1]
	if !own.Self || own.Calls != 4 || own.Dependency != "" || *own.HeldS.Max != 10 || !about(*own.HeldS.P50, 10, 0.05) {
		t.Errorf("of the site itself %+v, want 4 calls of 10 s", own)
	}
	// 80 calls, of which 60 took 10 ms and 20 took 50: the median is in the first, the 99th percentile in the second.
	if pay.Self || pay.Calls != 80 || pay.Dependency != "payments" || !about(*pay.HeldS.P50, 0.01, 0.05) || !about(*pay.HeldS.P99, 0.05, 0.05) || *pay.HeldS.Max != 0.051 {
		t.Errorf("of pay.example %+v (%v %v %v)", pay, show(pay.HeldS.P50), show(pay.HeldS.P99), show(pay.HeldS.Max))
	}
	if s := r.SelfRequests; s == nil || s.Calls != 4 || !about(*s.Share, 4.0/84, 1e-9) {
		t.Errorf("self-requests %+v, want 4 of 84 calls", s)
	}
	if without := reportOf(usedHang(), t); without.SelfRequests != nil || len(without.DependenciesSeen) != 0 {
		t.Errorf("without an egress: %+v, %+v", without.SelfRequests, without.DependenciesSeen)
	}
}

func about(got, want, off float64) bool { return got > want*(1-off) && got < want*(1+off) }

// As many self-requests stood still as there are workers: nothing else can be
// at fault. With fewer, or more, or others beside them, or when the number of workers is not known, it is
// likely at most; without a second of standstill it is not even that.
func TestSelfDeadlockIsSeenByTheEgress(t *testing.T) {
	for _, c := range []struct {
		what          string
		waiting       int64
		total         int64
		change        func(u *journal.Usage)
		low, high     float64
		wantsDeadlock bool
	}{
		{"all 4 workers", 4, 4, nil, 0.98, 1, true},
		{"3 of 4 workers", 3, 4, nil, 0, 0.9, true},
		{"no number of workers", 4, 0, nil, 0, 0.9, true},
		{"more calls than workers", 8, 4, nil, 0, 0.9, true},
		{"another call that waits", 4, 4, nil, 0, 0.9, true},
		{"calls that are answered", 4, 4, func(u *journal.Usage) { u.Calls, u.Ended = 5, 5 }, 0, 0.97, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := selfDeadlock(c.waiting)
			for _, e := range s.Events {
				if e.Usage != nil && e.Usage.Self && c.change != nil {
					c.change(e.Usage)
				}
			}
			for i := 10; i < 21 && c.what == "another call that waits"; i++ {
				s.Use(i, journal.Usage{Dependency: "payments", Open: 1, Waiting: 1})
			}
			var observed []journal.Observation
			if c.total > 0 {
				observed = gauge(c.total)
			}
			o := withLogs(s, t, observed).Onset[0]
			confidence := 0.0
			if o.Confidence != nil {
				confidence = *o.Confidence
			}
			if (o.Cause == reports.SelfDeadlock) != c.wantsDeadlock || confidence < c.low || confidence > c.high {
				t.Errorf("%s (%v): %q", o.Cause, show(o.Confidence), o.Evidence)
			}
		})
	}
}

func TestRefusalsOfTheEgressAreToldOf(t *testing.T) {
	s := selfDeadlock(4)
	for range 2 {
		s.Events = append(s.Events, journal.Event{AtNS: int64(madeup.Second), Kind: journal.Refused, Refusals: map[string]int64{"forbidden_host": 1, "malformed": 2}})
	}
	r := reportOf(s, t)
	if r.EgressRefused["forbidden_host"] != 2 || r.EgressRefused["malformed"] != 4 {
		t.Errorf("got %v", r.EgressRefused)
	}
	if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, "the egress refused 6 calls of the site: 2 × forbidden_host, 4 × malformed") {
		t.Errorf("the warnings are %s", all)
	}
}

// A bucket's middle is at most 4.5% away from what is counted in it.
func TestWaitBuckets(t *testing.T) {
	for d := 2 * time.Microsecond; d < time.Hour; d = d*9/8 + 1 {
		if got := journal.BucketS(journal.WaitBucket(d)); !about(got, d.Seconds(), 0.045) {
			t.Errorf("%v is counted as %v s", d, got)
		}
	}
}
