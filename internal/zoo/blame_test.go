package zoo

import (
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
)

// blamedRightly reports whether the onset is counted from a fault without which
// its errors would not have come, or from none where there is none such. An onset is
// of all errors of its sort, and so of every stretch that begins within seconds of it.
func blamedRightly(truth *Truth, o *reports.Onset) (right, known bool) {
	faults := truth.Plan.faults()
	for _, s := range truth.Spans {
		if s.Code != o.Code || o.FirstS < s.From.Seconds()-5 || o.FirstS > s.To.Seconds()+0.1 {
			continue
		}
		known = true
		right = right || len(s.Faults) == 0 && o.AfterFaultS == nil || slices.ContainsFunc(s.Faults, func(i int) bool {
			return o.AfterFaultS != nil && faults[i].Dependency == o.Dependency
		})
	}
	return right, known
}

// Of each kind some onsets are a fault's, or none are: as many as simulating
// the run without the fault says.
func TestReportsBlameWhoIsToBlame(t *testing.T) {
	for _, row := range []struct {
		kind        string
		faults, not bool // there are errors to blame a fault for, and such that none is to blame for
	}{
		{"survived", false, true}, {"cut_answers", false, true}, {"steps_in_ramp", false, true}, {"burst_after", false, true},
		{"deadlock_elsewhere", false, true}, {"hang", true, false}, {"two_faults", true, false}, {"all", true, true},
	} {
		k, err := KindNamed(row.kind)
		if err != nil {
			t.Fatal(err)
		}
		var faults, not int
		for seed := uint64(1); seed < 5; seed++ {
			report, truth := analyzed(t, k, seed)
			for i := range report.Onset {
				o := &report.Onset[i]
				if right, known := blamedRightly(truth, o); known && !right && o.Confidence != nil {
					t.Errorf("%s %d: %d × %d from %.1f s on, %s, are blamed on %q, wrongly: %+v", row.kind, seed, o.Count, o.Code, o.FirstS, o.Cause, o.Dependency, truth.Spans)
				}
				if o.AfterFaultS != nil {
					faults++
				} else {
					not++
				}
			}
		}
		if row.faults && faults == 0 || row.not && not == 0 {
			t.Errorf("%s: %d onsets are blamed on faults, %d on none", row.kind, faults, not)
		}
	}
}

// A neighbour of the table's row 5: the slow one comes first, and again the other
// is what the workers wait for; and its reverse, where the fault applied last is
// the one.
func TestWhoMakesTheCallsWaitIsBlamed(t *testing.T) {
	k, err := KindNamed("two_faults")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		slow  time.Duration // from when on search is slow, from the phase's start
		hangs time.Duration // and payments hang
	}{{"the slow one first", time.Second, 3 * time.Second}, {"the slow one last", 3 * time.Second, time.Second}} {
		for seed := range uint64(3) {
			site, plan := k.Draw(seed)
			p := &plan.Phases[1]
			for i := range p.Faults {
				f := &p.Faults[i]
				if f.Dependency == "search" {
					f.After = row.slow
				} else {
					f.After = row.hangs
				}
				f.For = p.Duration - 4*time.Second
			}
			report := reportOn(t, site, plan, seed)
			if len(report.Onset) == 0 || report.Onset[0].Dependency != "payments" {
				t.Errorf("%s, %d: the onsets are %+v, want payments to be blamed", row.name, seed, report.Onset)
			}
		}
	}
}

// Another neighbour, of row 18: calls are refused while the rate is too high. A
// dependency that is down makes nobody wait.
func TestADependencyThatIsDownFillsNoQueue(t *testing.T) {
	k, err := KindNamed("cut_answers")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		site, plan := k.Draw(seed)
		f := &plan.Phases[1].Faults[0]
		f.Limit, f.Down = nil, &configs.Down{}
		report := reportOn(t, site, plan, seed)
		if len(report.Onset) == 0 {
			t.Errorf("%d: no error was seen", seed)
		}
		for _, o := range report.Onset {
			if o.Cause == reports.QueueFull && o.AfterFaultS != nil {
				t.Errorf("%d: a full queue is blamed on %s, which was down", seed, o.Dependency)
			}
		}
	}
}

// The causes of the table's rows 13 to 17 and 22, of each kind on some sites: no
// wrong one, and the right one at least so many times.
func TestReportsNameTheCause(t *testing.T) {
	for _, row := range []struct {
		kind  string
		cause reports.Cause
		least int
	}{
		{"json_page", reports.QueueFull, 5}, {"burst", reports.QueueFull, 5}, {"twice_named", reports.GatewayLimit, 5}, {"pool_down", reports.PoolDown, 5},
		{"gunicorn_killed", reports.WorkerKilled, 4}, {"closes", reports.WorkerClosed, 1}, {"deadlock_elsewhere", reports.SelfDeadlock, 1},
		{"gives_up", reports.AppError, 2}, {"itself", reports.SelfDeadlock, 1},
	} {
		k, err := KindNamed(row.kind)
		if err != nil {
			t.Fatal(err)
		}
		named := 0
		for seed := range uint64(8) {
			report, truth := analyzed(t, k, seed)
			for _, o := range report.Onset {
				if o.Confidence == nil || *o.Confidence < 0.5 {
					continue
				}
				if o.Cause == row.cause {
					named++
				}
				if !slices.ContainsFunc(truth.Spans, func(s Span) bool {
					return s.Code == o.Code && s.From.Seconds()-0.6 <= o.FirstS && o.FirstS <= s.To.Seconds()+0.6 && slices.Contains(s.Causes, Cause(o.Cause))
				}) {
					t.Errorf("%s %d: %d from %.1f s on is said to be %s (%.2f): %q", row.kind, seed, o.Code, o.FirstS, o.Cause, *o.Confidence, o.Evidence)
				}
			}
		}
		if named < row.least {
			t.Errorf("%s: %s was named %d times, want %d at least", row.kind, row.cause, named, row.least)
		}
	}
}
