package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// visited is a site of 4 workers and 17 slots, of which one page in eight calls
// payments: pages take 50 ms, and a call 50 ms when well. It is visited 8 times a second.
func visited(think, hang time.Duration) *madeup.Scenario {
	m := &madeup.MadeUp{Workers: 4, Slots: 17, Own: 50 * madeup.Millisecond, D: 50 * madeup.Millisecond, Share: 1}
	s := madeup.NewScenario(madeup.Visited("warmup", 5*madeup.Second, 8), madeup.Visited("baseline", hang-5*madeup.Second, 8),
		madeup.Visited("hang", 20*madeup.Second, 8), madeup.Visited("recovery", 15*madeup.Second, 8))
	s.Phases[0].Warmup = true
	return m.Visit(s, madeup.Shop(think), hang, hang+20*madeup.Second)
}

func reported(t *testing.T, s *madeup.Scenario) *reports.Report {
	t.Helper()
	r, err := Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// While payments hangs, most visits end at their first step, so that of all that is sent
// fewer are payments than of whole visits. The budget is that of whole visits: at 16
// requests/s the 4 workers have 0.25 s for each, of which 0.05 s are its own, and an eighth
// of them call: (4/16 - 0.05)/0.125 = 1.6 s. By what was sent it would be 2.1 s.
func TestBudgetIsOfWholeVisits(t *testing.T) {
	r := reported(t, visited(2*madeup.Second, 15*madeup.Second))
	sent := map[string]int64{}
	for _, q := range r.Requests {
		sent[q.Name] = q.Sent
	}
	if share := float64(sent["buy/pay"]) / float64(r.Total.Sent); share > 0.11 {
		t.Fatalf("%.3f of what was sent pays, which tells nothing apart from 0.125", share)
	}
	if calls := *r.Dependencies[0].CallsPerHit; calls != 0.125 {
		t.Errorf("a request makes %v calls, want 0.125", calls)
	}
	// S is the mean of whole visits: 7/8 of 50 ms and 1/8 of 100 ms are 56.25 ms.
	if s := r.Pool.ServiceS.Value; math.Abs(s-0.05625) > 0.0005 {
		t.Errorf("a request takes %v s, want 0.05625", s)
	}
	b := r.BudgetOf("payments")
	if b == nil || b.MaxTimeoutS == nil || math.Abs(*b.MaxTimeoutS-1.6) > 0.03 || b.RateHz != 16 {
		t.Fatalf("the budget is %+v, want 1.6 s at 16/s", b)
	}
	if !strings.Contains(r.Summary, "of 8 visits/s") {
		t.Errorf("%q does not say the rate of visits", r.Summary)
	}
}

// A summary says how many visits were abandoned, where most and why.
func TestSummaryTellsOfAbandonedVisits(t *testing.T) {
	r := reported(t, visited(2*madeup.Second, 15*madeup.Second))
	v := r.Visits
	home := v.Kinds[0].Steps[0] // of three in four visits, that the queue refuses
	want := fmt.Sprintf("Of %d visits %d were abandoned, %d of them at browse/home (502)", v.Begun, v.Abandoned, home.Lost())
	if v.Abandoned < 100 || !strings.Contains(r.Summary, want) {
		t.Errorf("%q does not say %q", r.Summary, want)
	}
	if v.Begun != v.Completed+v.Abandoned+v.CutOff+v.Unsent || v.Due != 360 || v.Begun != 360 {
		t.Errorf("visits are %+v", v.VisitTraffic)
	}
}

// Visitors who think for longer than the phase before the fault lasts have not paid
// before it: what a whole visit asks of payments can't be told, and no budget is.
func TestNoBudgetOfPartsOfVisits(t *testing.T) {
	r := reported(t, visited(20*madeup.Second, 15*madeup.Second))
	if b := r.BudgetOf("payments"); b != nil && b.MaxTimeoutS != nil {
		t.Errorf("the budget is %v s, though nobody had paid before the fault", *b.MaxTimeoutS)
	}
	if d := r.Dependencies[0]; d.CallsPerHit != nil {
		t.Errorf("a request makes %v calls, though nobody had paid before the fault", *d.CallsPerHit)
	}
}

// Sessions that expired in mid-run are told first, and neither fail the site nor pass it.
func TestExpiredSessionsAreToldApart(t *testing.T) {
	s := madeup.NewScenario(madeup.Visited("load", 20*madeup.Second, 4)).Asking("errors < 1%", "completed > 99%", "p95 < 1s")
	s.DriveVisits(madeup.Shop(madeup.Second), func(h *journal.Hit) {
		h.Session = int32(h.Visit%10) + 1
		if h.Due > 12*madeup.Second && h.Step == 1 {
			madeup.Bad(h, 401)
		}
	})
	s.Sessions = 10
	r := reported(t, s)
	e := r.Sessions.Expired
	if e == nil || e.Sessions != 10 || e.Visits != r.Visits.Abandoned || e.FirstS < 12 || e.FirstS > 12.5 {
		t.Fatalf("expired are %+v, of %+v", e, r.Visits.VisitTraffic)
	}
	if !strings.HasPrefix(r.Summary, fmt.Sprintf("%d answers were 401 after their sessions had been accepted: 10 of 10 sessions expired, the first about 12.", e.Answers)) {
		t.Errorf("the summary is %q", r.Summary)
	}
	if r.Verdict != reports.Inconclusive {
		t.Errorf("the verdict is %s", r.Verdict)
	}
	for i, judged := range []bool{false, false, true} {
		if o := r.Objectives[i]; (o.OK != nil) != judged {
			t.Errorf("%s: judged is %v, since %s", o.Text, o.OK != nil, o.Why)
		}
	}
}
