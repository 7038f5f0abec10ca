package analysis

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// A warm-up may do what it likes: its 504s after 3 s are no gateway's timeout, and
// its answers of 2 s are not how the site usually answers.
func TestAWarmUpTellsNothing(t *testing.T) {
	s := madeup.NewScenario(madeup.Warmup(5*madeup.Second), madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 10*madeup.Second))
	r := reportOf(s.Drive(func(h *journal.Hit) {
		switch {
		case h.Phase == 0 && h.Seq%2 == 0:
			madeup.Bad(h, 504)
			h.Done, h.Answerer = h.Due+3*madeup.Second, journal.AnswererGateway
		case h.Phase == 0:
			h.Done = h.Due + 2*madeup.Second
		case h.Phase == 2:
			h.Done = h.Due + 600*madeup.Millisecond // a connect timeout of 0.5 s on each
		}
	}).Fault("payments", "no_accept", 15*madeup.Second, 25*madeup.Second), t)
	if g := r.Pool.GatewayTimeoutS; g != nil {
		t.Errorf("the gateway is said to wait %s", g)
	}
	if x := reports.TimeoutOn(r.Timeouts, "payments"); x == nil || x.ObservedS == nil || x.ObservedS.Low > 0.5 || x.ObservedS.High < 0.5 {
		t.Errorf("the timeout is %+v, want 0.5 s", x)
	}
}

// Hits are read twice; what fails the second time is told as well.
func TestTheSecondReadMayFail(t *testing.T) {
	c, reads := madeup.Hang().Contents(), 0
	hits := c.Hits
	c.Hits = func() iter.Seq2[[]journal.Hit, error] {
		if reads++; reads == 1 {
			return hits()
		}
		return func(yield func([]journal.Hit, error) bool) { yield(nil, errors.New("the disk is gone")) }
	}
	if _, err := Contents(c); err == nil || !strings.Contains(err.Error(), "the disk is gone") || reads != 2 {
		t.Errorf("%v after %d reads, want the error of the second", err, reads)
	}
}

// 4000 s are more than 1800 buckets of 1 or 2 s, so they are of 4 s; no hit is lost.
func TestALongTimeline(t *testing.T) {
	p := madeup.Phase("load", 4000*madeup.Second)
	p.Hits, p.RateFrom, p.RateTo, p.RateMean = 2000, 0.5, 0.5, 0.5
	r := reportOf(madeup.NewScenario(p).Drive(nil), t)
	var answered float64
	for _, hz := range r.Timeline.OKHz {
		answered += hz * r.Timeline.BucketS
	}
	if r.Timeline.BucketS != 4 || len(r.Timeline.OKHz) != 1000 || answered != 2000 {
		t.Errorf("%d buckets of %v s with %v answers, want 1000 of 4 s with 2000", len(r.Timeline.OKHz), r.Timeline.BucketS, answered)
	}
}

// What is not known has its reason.
func TestWhyFiguresAreNotKnown(t *testing.T) {
	r := reportOf(madeup.NewScenario(madeup.Phase("load", 10*madeup.Second)).Drive(func(h *journal.Hit) { madeup.Bad(h, 502) }), t)
	for _, key := range []string{"workers", "service_s", "capacity_hz", "gateway_timeout_s"} {
		if r.Pool.Unknown[key] == "" {
			t.Errorf("%s has no reason: %v", key, r.Pool.Unknown)
		}
	}
}

// Nothing was slower while connects were not taken: a kept connection, say.
func TestNoAnswerWasSlower(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("no_accept", 10*madeup.Second)).Drive(nil)
	r := reportOf(s.Fault("payments", "no_accept", 10*madeup.Second, 18*madeup.Second), t)
	if x := reports.TimeoutOn(r.Timeouts, "payments"); x == nil || x.Verdict != "" || x.Why != "no answer was slower than usual" && x.Why != "the fault touched no request" {
		t.Errorf("got %+v, want that nothing was slower", x)
	}
}

// Refusals at any number are no full queue's, however many there are.
func TestRefusalsAtAnyNumber(t *testing.T) {
	p := madeup.Phase("load", 20*madeup.Second)
	p.Hits, p.RateFrom, p.RateTo, p.RateMean = 800, 40, 40, 40
	r := reportOf(madeup.NewScenario(p).Drive(func(h *journal.Hit) {
		h.Done = h.Due + time.Duration(100+(h.Seq*37)%400)*madeup.Millisecond
		if h.Due > 10*madeup.Second && h.Seq%3 == 0 {
			madeup.Bad(h, 502)
			h.Done, h.Answerer = h.Due+madeup.Millisecond, journal.AnswererGateway
		}
	}), t)
	if o := r.Onset[0]; o.Cause == reports.QueueFull {
		t.Errorf("a full queue, with %v: %q", show(o.Confidence), o.Evidence)
	}
}
