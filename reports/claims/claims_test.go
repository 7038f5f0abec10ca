package claims_test

import (
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/claims"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// tested are the claims on a run whose diagnosis is what set makes of it.
func tested(t *testing.T, s *madeup.Scenario, set func(r *reports.Report)) (*reports.Report, []reports.Claim) {
	t.Helper()
	run, err := measure.Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	r, _ := run.Figures()
	set(r)
	r.Claims = claims.Tested(run, r)
	return r, r.Claims
}

// hung is row 4 of physics.md with four calls waiting: 4 workers and 17 slots, 8/s;
// payments hangs from 15 to 25 s, the first 502 comes at 15 + 21/8 = 17.6 s.
func hung() *madeup.Scenario {
	s := madeup.Hang()
	for range 4 {
		s.Caught(15*madeup.Second, 10*madeup.Second, "site", true)
	}
	return s
}

func counted(n float64) *reports.Estimate {
	return &reports.Estimate{Value: n, Low: n, High: n, Kind: reports.CountedWorkers}
}

// All means all: four calls waiting are all of 4 workers, most of 5, and neither of 6.
func TestAllWaitedMeansAll(t *testing.T) {
	for workers, want := range map[float64]reports.ClaimKind{4: reports.AllWaited, 5: reports.MostWaited, 6: ""} {
		r, _ := tested(t, hung(), func(r *reports.Report) { r.Pool.Workers = counted(workers) })
		for _, kind := range []reports.ClaimKind{reports.AllWaited, reports.MostWaited} {
			c := r.ClaimAt(kind, r.Onset[0].FirstS)
			if (c != nil) != (kind == want) || c != nil && (*c.Workers != 4 || c.Dependency != "payments") {
				t.Errorf("of %v workers: %s is claimed as %+v, want %q", workers, kind, c, want)
			}
		}
	}
}

// Four waiting are not all of about 5, which may be 3 to 8, nor most of a number not known.
func TestAllOfWorkersThatAreNotCountedExactly(t *testing.T) {
	r, _ := tested(t, hung(), func(r *reports.Report) {
		r.Pool.Workers = &reports.Estimate{Value: 5, Low: 3, High: 8, Kind: reports.CountedWorkers}
	})
	for _, kind := range []reports.ClaimKind{reports.AllWaited, reports.MostWaited} {
		if c := r.ClaimAt(kind, r.Onset[0].FirstS); c != nil {
			t.Errorf("claimed: %+v", c)
		}
	}
}

// Nine errors 3 s after a lifting may be what it left behind; ten are not few, and 11 s
// later is not soon.
func TestAFewErrorsSoonAfterAFault(t *testing.T) {
	for _, c := range []struct {
		count int64
		after float64
		want  bool
	}{{9, 3, false}, {10, 3, true}, {9, 11, true}} {
		r := &reports.Report{Faults: []reports.Fault{{Dependency: "payments", AppliedS: 5, LiftedS: new(15.0)}},
			Onset: []reports.Onset{{Count: c.count, FirstS: 15 + c.after, Cause: reports.QueueFull, Without: new(1.0)}}}
		r.Claims = claims.List(r)
		if got := r.ClaimAt(reports.NoFaultToBlame, 15+c.after) != nil; got != c.want {
			t.Errorf("%d errors %v s after: claimed %v", c.count, c.after, got)
		}
	}
}

// Thirty cannot have waited where 21 were inside, whatever the figures say.
func TestWaitersMustBeInside(t *testing.T) {
	for held, want := range map[float64]bool{21: true, 30: false} {
		r, _ := tested(t, hung(), func(r *reports.Report) {
			r.Pool.Workers, r.Onset[0].Held = counted(held), new(held)
		})
		if c := r.ClaimOn(reports.AllWaited, "payments"); (c != nil) != want {
			t.Errorf("%v waiting: claimed as %+v, want %v", held, c, want)
		}
	}
}

// With all workers waiting for a fault its errors are not nobody's.
func TestAFaultThatAllWaitForIsToBlame(t *testing.T) {
	acquitted := func(r *reports.Report) {
		r.Pool.Workers = counted(4)
		r.Onset[0].AfterFaultS, r.Onset[0].Dependency = nil, ""
		r.Onset[0].Without, r.Onset[0].Cause = new(1.0), reports.QueueFull
	}
	if r, _ := tested(t, hung(), acquitted); r.ClaimAt(reports.NoFaultToBlame, r.Onset[0].FirstS) != nil {
		t.Error("no fault is said to be to blame, with all 4 workers waiting for payments")
	}
	if r, _ := tested(t, madeup.Hang(), acquitted); r.ClaimAt(reports.NoFaultToBlame, r.Onset[0].FirstS) == nil {
		t.Error("a fault that nobody was seen to wait for is not acquitted")
	}
	stuck := func(r *reports.Report) {
		acquitted(r)
		r.Onset[0].Or = []reports.Cause{reports.SelfDeadlock}
	}
	if r, _ := tested(t, madeup.Hang(), stuck); r.ClaimAt(reports.NoFaultToBlame, r.Onset[0].FirstS) != nil {
		t.Error("a fault that may have set off a self-deadlock is acquitted")
	}
}

// The queue is served from 25 s on, when the fault is lifted; before, all are refused.
func TestWellAgainIsWhenNobodyIsRefused(t *testing.T) {
	for after, want := range map[float64]bool{3: true, -2: false} {
		r, _ := tested(t, hung(), func(r *reports.Report) { r.Recovery[0].AfterLiftS = new(after) })
		if c := r.ClaimOn(reports.WellAgain, "payments"); (c != nil) != want {
			t.Errorf("well again %v s after the lifting: claimed as %+v, want %v", after, c, want)
		}
	}
}

// Eight that came while the fault was in force wait until 19 s, when all others are
// answered well: the site is well again then, and not when the fault was lifted at 15 s.
func TestWellAgainIsWhenNobodyWaitsAnyMore(t *testing.T) {
	for after, want := range map[float64]bool{0: false, 2: false, 3: true} { // from 19 s on, which is a second after 18
		s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("hang", 13*madeup.Second)).Drive(func(h *journal.Hit) {
			if h.Due >= 12*madeup.Second && h.Due < 13*madeup.Second {
				h.Done = 19 * madeup.Second
			}
		}).Fault("payments", "hang", 12*madeup.Second, 15*madeup.Second)
		r, _ := tested(t, s, func(r *reports.Report) { r.Recovery[0].AfterLiftS = new(after) })
		if c := r.ClaimOn(reports.WellAgain, "payments"); (c != nil) != want {
			t.Errorf("well again %v s after the lifting: claimed as %+v, want %v", after, c, want)
		}
	}
}

// A budget of 0.4 s is no promise where the site was overrun at that rate with 0.2 s,
// and is one where it has 0.5 s.
func TestWhatJustBrokeHoldsNothing(t *testing.T) {
	for _, row := range []struct {
		seen float64
		by   string
		want bool
	}{{0.2, reports.ByApp, false}, {0.5, reports.ByApp, true}, {0.2, reports.ByWorker, true}} { // workers that are killed need not be enough
		seen, want := row.seen, row.want
		r, _ := tested(t, hung(), func(r *reports.Report) {
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Verdict: row.by, RetriesKnown: true, ObservedS: &reports.Estimate{Value: seen, Low: seen, High: seen}}}
			r.Budget = []reports.Budget{{Dependency: "payments", RateHz: 8, Calls: 1, MaxTimeoutS: new(0.4), Bound: "workers"}}
		})
		c, b := r.ClaimOn(reports.TimeoutHolds, "payments"), r.BudgetOf("payments")
		if (c != nil) != want || (b.MaxTimeoutS != nil) != want || (b.Why == "") != want {
			t.Errorf("with %v s seen: claimed as %+v, the budget is %+v, want %v", seen, c, b, want)
		}
		if r.ClaimOn(reports.WithinBudget, "payments") != nil {
			t.Errorf("%v s is said to be within the budget", seen)
		}
	}
}

// A timeout held a rate only if next to nobody was lost meanwhile.
func TestARateIsHeldByKeepingIt(t *testing.T) {
	held := func(r *reports.Report) {
		r.Timeouts = []reports.Timeout{{Dependency: "payments", HeldHz: new(8.0), ObservedS: &reports.Estimate{Value: 0.2, Low: 0.2, High: 0.2}}}
	}
	if r, _ := tested(t, hung(), held); r.ClaimOn(reports.TimeoutHeld, "payments") != nil {
		t.Error("8/s is said to have held while requests were refused")
	}
	if r, _ := tested(t, madeup.Harmless(), held); r.ClaimOn(reports.TimeoutHeld, "payments") == nil {
		t.Error("8/s is not said to have held, though nobody was lost")
	}
}

// 60/s x 0.1 s = 6 busy, 7.5 with headroom: 8 workers carry what 4 did not. Workers
// that compete promise nothing, nor do as many as have just failed.
func TestWorkersThatCarry(t *testing.T) {
	overload := func() *madeup.Scenario {
		s := madeup.NewScenario(madeup.Phase("low", 10*madeup.Second), madeup.Rated("high", 10*madeup.Second, 60))
		s.Phases[1].Hits = 600
		return s.Drive((&madeup.Pool{Workers: 4, Slots: 17, Service: 100 * madeup.Millisecond}).Answer)
	}
	for _, c := range []struct {
		what     string
		workers  float64
		capacity float64
		slow     bool
		want     int
	}{
		{"4 workers that wait", 4, 40, false, 8},
		{"4 workers that compete", 4, 30, false, 0},
		{"answers slow by contention", 4, 40, true, 0},
		{"9 workers that have failed", 9, 90, false, 0},
	} {
		r, _ := tested(t, overload(), func(r *reports.Report) {
			r.Pool = reports.Pool{Workers: counted(c.workers), ServiceS: &reports.Estimate{Value: 0.1, Low: 0.1, High: 0.1}, CapacityHz: &reports.Estimate{Value: c.capacity, Low: c.capacity, High: c.capacity}}
			r.Onset[0].Cause = reports.QueueFull
			if c.slow {
				r.Slowdowns = []reports.Slowdown{{Cause: reports.Contention, Confidence: new(0.9)}}
			}
		})
		got := 0
		if claim := r.ClaimOn(reports.WorkersCarry, ""); claim != nil {
			if got = *claim.Workers; *claim.RateHz != 60 {
				t.Errorf("%s: for %v/s, want 60", c.what, *claim.RateHz)
			}
		}
		if got != c.want {
			t.Errorf("%s: %d carry it, want %d", c.what, got, c.want)
		}
	}
}

// More workers are promised only where more are needed than there are.
func TestWorkersThatHold(t *testing.T) {
	for _, c := range []struct{ needed, want int }{{9, 9}, {4, 0}} {
		r, _ := tested(t, hung(), func(r *reports.Report) {
			r.Pool.Workers = counted(4)
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Verdict: reports.ByApp, ObservedS: &reports.Estimate{Value: 1, Low: 1, High: 1}}}
			r.Budget = []reports.Budget{{Dependency: "payments", RateHz: 8, WorkersNeeded: new(c.needed), TimeoutS: new(1.0), Assumes: "nobody else"}}
		})
		got := 0
		if claim := r.ClaimOn(reports.WorkersHold, "payments"); claim != nil {
			if got = *claim.Workers; claim.Assumes != "nobody else" || *claim.TimeoutS != 1 {
				t.Errorf("the claim is %+v", claim)
			}
		}
		if got != c.want {
			t.Errorf("%d needed: %d hold it, want %d", c.needed, got, c.want)
		}
	}
}

// A size broke the site first, unless it was the rate.
func TestWhatBrokeFirst(t *testing.T) {
	r, list := tested(t, hung(), func(r *reports.Report) {
		r.Dose = []reports.Dose{{Dependency: "payments", SizeS: new(0.2)}, {Dependency: "search", SizeS: new(0.1), Load: true}, {Dependency: "mail"}}
	})
	if c := r.ClaimOn(reports.BrokeFirst, "payments"); c == nil || *c.SizeS != 0.2 || r.ClaimOn(reports.BrokeFirst, "search") != nil || r.ClaimOn(reports.BrokeFirst, "mail") != nil {
		t.Errorf("claimed are %+v", list)
	}
}
