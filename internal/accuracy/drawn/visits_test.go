package drawn

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/accuracy"
	"github.com/tailback/tailback/internal/zoo"
)

var visitRuns = flag.Int("visits", 28, "with -long: how many runs of each kind of the zoo by visits; 2,016 in all")

// The seeds of runs by visits begin where nobody had looked at one when the reports were
// made to tell of visits; without -long there are fixedVisits of each kind, 144 in all.
const (
	firstVisits = 1000
	fixedVisits = 2
)

// openVisits is open of the runs by visits.
var openVisits = map[string]struct{ wrong, silent int }{
	"workers": {0, 17}, "queue slots": {0, 14}, "capacity": {0, 18}, "gateway timeout": {0, 2}, "timeout": {0, 1}, "budget": {1, 0},
}

const visitsTitle = "What the reports say of the same sites when visits ask them"

// Some runs of each kind of the zoo by visits, whose requests come when the answer before
// them did; with -long many, for ACCURACY.md.
func TestZooByVisits(t *testing.T) {
	each := fixedVisits
	if *long {
		each = *visitRuns
	}
	all, byKind := marksOf(t, DrawVisits, firstVisits, each)
	for _, figure := range slices.Sorted(maps.Keys(all)) {
		s, bound := all[figure], openVisits[figure]
		t.Logf("%s: told %d, inside %d, assumed %d, wrong %d, exact %d; could tell %d, silent %d", figure, s.Told, s.Inside, s.Assumed, s.Wrong, s.Exact, s.Could, s.Silent)
		if !*long && (s.Wrong > bound.wrong || s.Silent > bound.silent || s.Told == 0) {
			t.Errorf("%s: %d of %d told are wrong, and nothing is said in %d of %d runs that could tell; want at most %d and %d",
				figure, s.Wrong, s.Told, s.Silent, s.Could, bound.wrong, bound.silent)
		}
	}
	if *long && !t.Failed() {
		about := fmt.Sprintf("%d runs of each of the %d kinds, as above, but by visits: courses of\n1 to 6 steps with all kinds of think times, whose next step comes only after a good answer.", each, len(byKind))
		if err := accuracy.Keep("../ACCURACY.md", visitsTitle, zooTable(about, all, byKind)); err != nil {
			t.Fatal(err)
		}
	}
}

// Two visits of each three look at the shop and buy, with two calls in three steps; the
// third only looks, in two: 8 steps a round, 4 of which call. 4 visits/s are 4 * 8/3 = 10.7
// requests/s, of which 0.5 call. 4 workers, 100 ms of own work and 20 ms a call, as the real
// site has them: (4/10.67 - 0.1)/0.5 = 0.55 s is the longest timeout that holds.
//
// While payments hangs the first steps come, 4 a second, and those behind them do not: the
// 21 that pool and queue hold fill in about 21/4 s, not in 21/10.7.
func TestVisitsUnderAHang(t *testing.T) {
	site := &zoo.Site{
		Gateway:      zoo.Gateway{Timeout: 10 * time.Second},
		Pools:        []zoo.Pool{{Workers: 4, Backlog: 16, Network: zoo.Unix}},
		Dependencies: []zoo.Dependency{{Name: "payments", Delay: 20 * time.Millisecond}},
		Pages: []zoo.Page{
			{Name: "work", Work: zoo.Work{Mean: 100 * time.Millisecond}},
			{Name: "external", Work: zoo.Work{Mean: 100 * time.Millisecond}, Calls: []zoo.Call{{Share: 1}}},
		},
	}
	think := configs.Think{From: 300 * time.Millisecond, To: 900 * time.Millisecond}
	plan := zoo.Plan{Name: "visits", Seed: 1, Arrivals: configs.Uniform, Patience: time.Minute, Visits: []zoo.Visit{
		{Name: "buy", Weight: 2, Steps: []zoo.Step{{Name: "home", Page: 0}, {Name: "cart", Page: 1, Think: think}, {Name: "pay", Page: 1, Think: think}}},
		{Name: "look", Weight: 1, Steps: []zoo.Step{{Name: "home", Page: 0}, {Name: "list", Page: 0, Think: think}}},
	}}
	for _, p := range []struct {
		name   string
		length time.Duration
		faults []configs.Fault
	}{{"baseline", 12 * time.Second, nil}, {"hang", 21 * time.Second, []configs.Fault{zoo.Hanging("payments", time.Second, 20*time.Second)}}, {"recovery", 14 * time.Second, nil}} {
		plan.Phases = append(plan.Phases, configs.Phase{Name: p.name, Duration: p.length, Rate: &configs.Rate{From: 4, To: 4}, Faults: p.faults})
	}
	d, err := simulated("visits", 1, site, plan)
	if err != nil {
		t.Fatal(err)
	}
	r := d.Report
	if calls := r.Dependencies[0].CallsPerHit; calls == nil || math.Abs(*calls-0.5) > 1e-6 {
		t.Errorf("%s calls a request, want 0.5", number3(calls))
	}
	b := r.BudgetOf("payments")
	if b == nil || math.Abs(b.RateHz-4*8./3) > 0.01 || b.MaxTimeoutS == nil || math.Abs(*b.MaxTimeoutS-0.55) > 0.03 {
		t.Errorf("the budget is %+v, want 0.55 s at 10.67/s", b)
	}
	if o := r.Onset; len(o) == 0 || o[0].AfterFaultS == nil || *o[0].AfterFaultS < 3.5 || *o[0].AfterFaultS > 21./4 || *o[0].RateHz != 4*8./3 {
		t.Errorf("502s are %+v, want them 3.5 to 5.3 s after the fault at 10.67/s", o)
	}
	if p := r.Prediction.OnsetS; p == nil || math.Abs(*p-r.Onset[0].FirstS) > 1 {
		t.Errorf("foretold at %s s, want them when they came, at %v s", number3(p), r.Onset[0].FirstS)
	}
	if w := r.Pool.Workers; w == nil || w.Value != 4 {
		t.Errorf("%s workers, want 4", w)
	}
	for _, m := range d.Marks() {
		if m.Wrong {
			t.Errorf("%s: said %s, truth %s", m.Figure, m.Said, m.Truth)
		}
	}
}

func number3(v *float64) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.3g", *v)
}
