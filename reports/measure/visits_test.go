package measure

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// shopping is ten visits of each phase, one a second, of cart, pay (1 s later) and
// thanks (1 s later), each answered in 100 ms: a visit takes 2.3 s.
func shopping(answer func(h *journal.Hit)) *madeup.Scenario {
	kinds := []madeup.Kind{{Name: "buy", Weight: 1, Steps: []madeup.Step{{Name: "cart"}, {Name: "pay", Think: time.Second}, {Name: "thanks", Think: time.Second}}}}
	s := madeup.NewScenario(madeup.Visited("first", 10*time.Second, 1), madeup.Visited("second", 10*time.Second, 1))
	return s.DriveVisits(kinds, answer)
}

func visitsOf(t *testing.T, s *madeup.Scenario) *reports.Report {
	t.Helper()
	run, err := Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	r, _ := run.Figures()
	return r
}

// Visit k of 20 begins at k-1 s. Its pay is due at k+0.1 s, its thanks at k+1.2 s, so
// that visits 19 (thanks at 20.2 s) and 20 (pay at 20.1 s) are cut off by the end.
func TestVisitsAreCounted(t *testing.T) {
	r := visitsOf(t, shopping(func(h *journal.Hit) {
		switch step := h.Step; {
		case h.Visit == 3 && step == 1:
			madeup.Bad(h, 502)
		case (h.Visit == 10 || h.Visit == 12) && step == 1:
			h.Class, h.Code = journal.ClassClientTimeout, 0
		case h.Visit == 5 && step == 2:
			h.Class = journal.ClassDropped
		case h.Visit == 6 && step == 0:
			h.Class = journal.ClassDropped
		case h.Visit == 17 && step == 2:
			h.Class = journal.ClassCanceled
		}
	}))
	for _, row := range []struct {
		name                                        string
		v                                           *reports.Visits
		due, begun, completed, abandoned, cut, sent int64
	}{
		{"first", r.Phases[0].Visits, 10, 9, 6, 2, 0, 1}, // 1 2 4 7 8 9 completed; 3 and 10 lost; 5 unsent; 6 not begun
		{"second", r.Phases[1].Visits, 10, 10, 6, 1, 3, 0},
		{"all", r.Visits, 20, 19, 12, 3, 3, 1},
	} {
		v := row.v
		if got := [6]int64{v.Due, v.Begun, v.Completed, v.Abandoned, v.CutOff, v.Unsent}; got != [6]int64{row.due, row.begun, row.completed, row.abandoned, row.cut, row.sent} {
			t.Errorf("%s: due, begun, completed, abandoned, cut off and unsent are %v", row.name, got)
		}
	}
	if q := r.Visits.DurationS; q.N != 12 || *q.P50 < 2.27 || *q.Max > 2.33 {
		t.Errorf("12 visits took 2.3 s, and are told to take %v to %v", *q.P50, *q.Max)
	}
	if ratio := *r.Visits.CompletedRatio; ratio != 0.8 {
		t.Errorf("12 of 15 are %v", ratio)
	}
	cart, pay, thanks := r.Visits.Kinds[0].Steps[0], r.Visits.Kinds[0].Steps[1], r.Visits.Kinds[0].Steps[2]
	// All but visit 6 came to the cart, all but 20 of these to pay, 15 of them passed, 13 of
	// which were sent thanks: not 19, which was cut off, nor 5, of which it was not sent.
	for _, row := range []struct {
		s                     reports.VisitStep
		reached, passed, lost int64
	}{{cart, 19, 19, 0}, {pay, 18, 15, 3}, {thanks, 13, 12, 0}} {
		if s := row.s; s.Reached != row.reached || s.Passed != row.passed || s.Lost() != row.lost {
			t.Errorf("%s: reached %d, passed %d, lost %v, want %+v", s.Name, s.Reached, s.Passed, s.Abandoned, row)
		}
	}
	if pay.Abandoned["502"] != 1 || pay.Abandoned["client_timeout"] != 2 || pay.Request != "buy/pay" {
		t.Errorf("pay is %+v", pay)
	}
	if f := r.Fidelity; f.VisitsDue != 20 || f.VisitsBegun != 19 || *f.VisitRateAskedHz != 1 || *f.RateAskedHz != 3 || f.HitsDue != r.Phases[0].Hits+r.Phases[1].Hits {
		t.Errorf("fidelity is %+v", f)
	}
}

// In whatever order hits are read, the figures of visits are the same.
func TestVisitsInAnyOrder(t *testing.T) {
	answer := func(h *journal.Hit) {
		if h.Visit%4 == 0 && h.Step == 1 {
			madeup.Bad(h, 500)
		}
	}
	text := func(s *madeup.Scenario) string {
		r := visitsOf(t, s)
		b, err := json.Marshal([]any{r.Visits, r.Phases[0].Visits, r.Phases[1].Visits})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := text(shopping(answer))
	for seed := range uint64(5) {
		s := shopping(answer)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(s.Hits), func(i, j int) { s.Hits[i], s.Hits[j] = s.Hits[j], s.Hits[i] })
		if got := text(s); got != want {
			t.Fatalf("seed %d: the figures are\n%s\nwant\n%s", seed, got, want)
		}
	}
}

// Memory is that of the visits under way: those that ended are forgotten.
func TestVisitsThatEndedAreForgotten(t *testing.T) {
	s := shopping(nil)
	c := newVisitCounter(s.Manifest)
	most := 0
	for i := range s.Hits {
		c.add(&s.Hits[i])
		most = max(most, len(c.underWay))
	}
	// One begins each second and takes 2.3 s; two were cut off.
	if most > 3 || len(c.underWay) != 2 {
		t.Errorf("%d visits were kept at once and %d at the end, want 3 and 2", most, len(c.underWay))
	}
}

// A run that was killed lacks what was under way; that is no reason to doubt its steps.
func TestVisitsOfKilledRun(t *testing.T) {
	r := visitsOf(t, madeup.KilledAt(shopping(nil), 6500*time.Millisecond))
	// Visit k is done at k+1.3 s: 1 to 5 were; 6 and 7 were under way.
	if v := r.Visits; v.Completed != 5 || v.CutOff != 2 || v.Begun != 7 || v.Due != 7 {
		t.Errorf("visits are %+v", v.VisitTraffic)
	}
}

// Visits, and steps, without a record are said to be.
func TestVisitsWithoutRecord(t *testing.T) {
	s := shopping(nil)
	lost := func(visit uint64, step int32) {
		for i := range s.Hits {
			if s.Hits[i].Visit == visit && (s.Hits[i].Step == step || step < 0) {
				s.Hits[i].Visit = 0
			}
		}
	}
	lost(2, -1)
	lost(4, 1)
	var kept []journal.Hit
	for _, h := range s.Hits {
		if h.Visit > 0 {
			kept = append(kept, h)
		}
	}
	s.Hits = kept
	why := visitsOf(t, s).Fidelity.Why
	for _, want := range []string{"1 of 20 visits left no record", "1 of 54 requests left no record though a later step of their visit did"} {
		if !strings.Contains(why, want) {
			t.Errorf("%q does not say %q", why, want)
		}
	}
}

// What hits say of visits must fit the manifest.
func TestDamagedVisitsAreRefused(t *testing.T) {
	for _, row := range []struct {
		name   string
		damage func(s *madeup.Scenario)
		want   string
	}{
		{"a step beyond", func(s *madeup.Scenario) { s.Hits[3].Step = 7 }, "as step 7 of its visit"},
		{"a step below 0", func(s *madeup.Scenario) { s.Hits[3].Step = -1 }, "as step -1 of its visit"},
		{"another request", func(s *madeup.Scenario) { s.Hits[0].Request = 2 }, "is of request 2 as step 0"},
		{"no visit", func(s *madeup.Scenario) { s.Hits[3].Visit = 0 }, "is of no visit, the manifest has only visits"},
		{"no visits", func(s *madeup.Scenario) { s.Manifest.Visits = nil }, "is of visit 1, the manifest has none"},
		{"more steps than there are", func(s *madeup.Scenario) { s.Manifest.Visits[0].Steps = 1 << 40 }, "visit buy has 1099511627776 steps"},
		{"fewer steps", func(s *madeup.Scenario) { s.Manifest.Visits[0].Steps = 2 }, "its visits have 2 steps, and it names 3 requests"},
	} {
		s := shopping(nil)
		row.damage(s)
		if _, err := Contents(s.Contents()); err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v, want it to say %q", row.name, err, row.want)
		}
	}
}
