package diagnose

import (
	"math"
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/poolmodel"
)

func around(value, low, high float64) *reports.Estimate {
	return &reports.Estimate{Value: value, Low: low, High: high, Kind: reports.CountedWorkers}
}

// What was worked out from workers that are taken back goes with them; a capacity that
// was counted stays.
func TestWhatIsTakenBackWithTheWorkers(t *testing.T) {
	for _, measured := range []bool{false, true} {
		fit := &PoolFit{full: fullFit{n: 21}}
		if measured {
			fit.capacity.estimate = around(40, 38, 42)
		}
		pool := reports.Pool{Workers: around(4, 4, 4), QueueSlots: around(17, 17, 17), CapacityHz: around(40, 38, 42), Unknown: map[string]string{}}
		budgets := []reports.Budget{{Dependency: "payments", MaxTimeoutS: new(0.4), Bound: "workers"}}
		fit.doubtCalls(&pool, budgets, "why")
		if pool.Workers != nil || pool.Unknown["workers"] != "why" || pool.QueueSlots != nil || pool.Unknown["queue_slots"] == "" || budgets[0].MaxTimeoutS != nil || budgets[0].Why != "why" {
			t.Errorf("left are %+v and %+v", pool, budgets[0])
		}
		if (pool.CapacityHz != nil) != measured || (pool.Unknown["capacity_hz"] == "why") == measured {
			t.Errorf("counted: %v; the capacity is %s, unknown %q", measured, pool.CapacityHz, pool.Unknown)
		}
	}
	// A figure that was not told before has its own reason, and keeps it.
	pool := reports.Pool{Workers: around(4, 4, 4), Unknown: map[string]string{"queue_slots": "its own", "capacity_hz": "its own"}}
	(&PoolFit{}).doubtCalls(&pool, nil, "why")
	if pool.Unknown["queue_slots"] != "its own" || pool.Unknown["capacity_hz"] != "its own" {
		t.Errorf("unknown are %q", pool.Unknown)
	}
}

// An average of 4 workers, of which 3 calls were seen waiting at once, may be 3 to 7: as
// many as those, and 1.6 times as many. Slots are what fits in, 21, less as many.
func TestDoubtOnAnAverageWidensIt(t *testing.T) {
	fit := &PoolFit{full: fullFit{n: 21, low: 21, high: 21}, workers: workersFit{peak: 3}}
	fit.service.estimate = &reports.Estimate{Value: 0.1, Low: 0.1, High: 0.1}
	pool := reports.Pool{Workers: around(4, 4, 4), QueueSlots: around(17, 17, 17), CapacityHz: around(40, 40, 40)}
	fit.doubtAverage(&pool)
	for what, e := range map[string][3]float64{
		"workers":  {pool.Workers.Low, pool.Workers.High, 0},
		"slots":    {pool.QueueSlots.Low, pool.QueueSlots.High, 1},
		"capacity": {pool.CapacityHz.Low, pool.CapacityHz.High, 2},
	} {
		want := [][2]float64{{3, 7}, {14, 18}, {30, 70}}[int(e[2])]
		if math.Abs(e[0]-want[0]) > 1e-9 || math.Abs(e[1]-want[1]) > 1e-9 {
			t.Errorf("%s are %v to %v, want %v", what, e[0], e[1], want)
		}
	}
}

// T* = (W/lambda - S0)/p of each try: (12/8 - 0.1)/1 = 1.4 s for one, 0.467 s for each of
// three. With tries of 1 s 8 x (0.1 + 3) = 24.8 workers are busy. Of a killer at 1 s the
// budget is what it leaves, and no number of workers holds with calls as long as that.
func TestBudgetsReckonWithTries(t *testing.T) {
	site := poolmodel.Site{Workers: 12, QueueSlots: 17, ServiceS: 0.1, Share: 1}
	load := []reports.Phase{{Name: "hang", Kind: reports.OpenPhase, Traffic: reports.Traffic{RateAskedHz: new(8.0)}}}
	uses := []reports.Dependency{{Name: "payments", CallsPerHit: new(1.0), HeldMeanS: new(0.0)}}
	for name, c := range map[string]struct {
		seen   reports.Timeout
		want   float64
		needed int
		bound  string
	}{
		"one try":     {reports.Timeout{Verdict: reports.ByApp, RetriesKnown: true, ObservedS: around(1, 1, 1)}, 1.4, 9, "workers"},
		"three tries": {reports.Timeout{Verdict: reports.ByApp, RetriesKnown: true, Retries: 2, ObservedS: around(1, 1, 1)}, 1.4 / 3, 25, "workers"},
		"a killer":    {reports.Timeout{Verdict: reports.ByWorker, ObservedS: around(1, 1, 1)}, 0.9, 0, "killer"},
	} {
		c.seen.Dependency = "payments"
		list := Budgets(site, 12, uses, []reports.Timeout{c.seen}, load, nil)
		if len(list) != 1 || list[0].MaxTimeoutS == nil || math.Abs(*list[0].MaxTimeoutS-c.want) > 1e-6 || list[0].Bound != c.bound || list[0].Calls != 1 {
			t.Errorf("%s: the budgets are %+v, want %v s by the %s", name, list, c.want, c.bound)
			continue
		}
		needed := 0
		if n := list[0].WorkersNeeded; n != nil {
			needed = *n
		}
		if needed != c.needed {
			t.Errorf("%s: %d workers are needed, want %d", name, needed, c.needed)
		}
	}
}

// A share of the requests that was seen of few of them may be larger: (6/10 - 0.1)/(0.2 + 0.05).
func TestBudgetsReckonWithAShareOfFew(t *testing.T) {
	site := poolmodel.Site{Workers: 6, QueueSlots: 17, ServiceS: 0.1, Share: 0.2}
	load := []reports.Phase{{Name: "hang", Kind: reports.OpenPhase, Traffic: reports.Traffic{RateAskedHz: new(10.0)}}}
	uses := []reports.Dependency{{Name: "payments", CallsPerHit: new(0.2), CallsOff: 0.05, HeldMeanS: new(0.0)}}
	list := Budgets(site, 6, uses, nil, load, nil)
	if len(list) != 1 || list[0].MaxTimeoutS == nil || math.Abs(*list[0].MaxTimeoutS-2) > 1e-6 {
		t.Errorf("the budgets are %+v, want 2 s", list)
	}
}
