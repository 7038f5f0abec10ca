package diagnose

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// In one queue all wait alike. 0.3 s beside 0.2 s, with a standard error of 0.02 s, is no
// chance (a half more, by five errors), nor are waits that spread three times as far; a tenth
// more, two errors or a handful of answers may be.
func TestUnlikeWaits(t *testing.T) {
	for name, c := range map[string]struct {
		w    waits
		want bool
	}{
		"alike":               {waits{n: 50, others: 50, mean: 0.2, beside: 0.2, off: 0.02, spread: 0.05, besideSpread: 0.05}, false},
		"longer":              {waits{n: 50, others: 50, mean: 0.3, beside: 0.2, off: 0.02, spread: 0.05, besideSpread: 0.05}, true},
		"a little longer":     {waits{n: 50, others: 50, mean: 0.22, beside: 0.2, off: 0.002, spread: 0.05, besideSpread: 0.05}, false},
		"longer by chance":    {waits{n: 50, others: 50, mean: 0.3, beside: 0.2, off: 0.05, spread: 0.05, besideSpread: 0.05}, false},
		"of few":              {waits{n: 11, others: 50, mean: 0.3, beside: 0.2, off: 0.02, spread: 0.05, besideSpread: 0.05}, false},
		"once or twice":       {waits{n: 50, others: 50, mean: 0.2, beside: 0.2, off: 0.02, spread: 0.15, besideSpread: 0.05}, true},
		"as its work spreads": {waits{n: 50, others: 50, mean: 0.2, beside: 0.2, off: 0.02, spread: 0.15, own: 0.1, besideSpread: 0.05}, false},
	} {
		if got := c.w.unlike(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Busy workers serve the same all along: 40/s for 4 s is steady, 20/s and then 60/s is
// not (a factor of 3, 80 answers more, of which chance is 3·0.05·√160 + 60·0.1 = 8). Within
// three times as long as a request takes nothing is told.
func TestUnsteady(t *testing.T) {
	for name, c := range map[string]struct {
		early, late, seconds int
		mean                 float64
		want                 bool
	}{
		"steady": {40, 40, 4, 0.1, false}, "grew": {20, 60, 4, 0.1, true}, "fell": {60, 20, 4, 0.1, true},
		"a fifth more": {40, 48, 4, 0.1, false}, "soon over": {20, 60, 4, 1, false},
	} {
		run := &measure.Run{Cells: &measure.Cells{Width: 10 * time.Millisecond}}
		cells := c.seconds * 100
		run.Cells.Flow.Served = make([]int32, cells)
		for i := range cells {
			hz := c.early
			if i >= cells/2 {
				hz = c.late
			}
			run.Cells.Flow.Served[i] = int32((i+1)*hz/100 - i*hz/100)
		}
		why := unsteady(run, []measure.Stretch{{From: 0, To: cells}}, c.mean, 0)
		if (why != "") != c.want {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// php-fpm's page counts a process twice now and then: 7 of 6, once in a thousand.
func TestTheProcessesThatMostReadingsTellOf(t *testing.T) {
	for _, c := range []struct {
		totals map[int64]int
		want   int64
	}{{map[int64]int{6: 20, 7: 1}, 6}, {map[int64]int{5: 2, 6: 2}, 6}, {map[int64]int{}, 0}} {
		if got := usualTotal(c.totals); got != c.want {
			t.Errorf("%v: %d, want %d", c.totals, got, c.want)
		}
	}
}

// A timeout of 0.8 s and 3 workers: the first three answers took so much longer, the rest
// queued for 0.3 s and more as well. Where the first had queued, nothing is told; nor where
// several were faster than what most took.
func TestATimeoutIsReadOffThoseThatCameFirst(t *testing.T) {
	ms := func(list ...int) (times []time.Duration) {
		for _, n := range list {
			times = append(times, time.Duration(n)*time.Millisecond)
		}
		return times
	}
	if got := leading(ms(801, 800, 802, 1100, 1101, 1102, 1103, 400)); !slices.Equal(got, ms(800, 801, 802)) {
		t.Errorf("leading are %v", got)
	}
	if got := leading(nil); len(got) != 0 {
		t.Errorf("leading of none are %v", got)
	}
	if got := common(ms(800, 801, 300, 802, 803)); len(got) != 4 {
		t.Errorf("common beside one that is faster are %v", got)
	}
	if got := common(ms(800, 801, 300, 310, 802, 803)); got != nil {
		t.Errorf("common beside two that are faster are %v", got)
	}
}

// Of 20 inside a fifth are others': 20/0.8 = 25 in all, and of 25 in a row that many are
// others' but for 2·√(25·0.2·0.8) = 4, which is 4/0.8 = 5 of all.
func TestSlotsWithOthers(t *testing.T) {
	if got := withOthers(20, 0.2, 2); math.Abs(got-30) > 1e-9 {
		t.Errorf("%v, want 30", got)
	}
	if got := withOthers(20, 0, 2); got != 20 {
		t.Errorf("without others %v, want 20", got)
	}
}

// Of a run that was killed the record lacks the calls under way: 7 ended, 8 waited.
func TestCallsUnderWayAtAKill(t *testing.T) {
	for _, c := range []struct {
		waiting         int64
		low, value, top float64
	}{{8, 7, 8, 8}, {7, 7, 7, 7}, {0, 7, 7, 7}} {
		w := workersFit{estimate: around(7, 7, 7)}
		if w.unended(c.waiting); w.estimate.Low != c.low || w.estimate.Value != c.value || w.estimate.High != c.top {
			t.Errorf("%d waited: %s", c.waiting, w.estimate)
		}
	}
}

// 2 workers / 10 per second is 0.2 s; pages take 0.199 s of it by themselves: what is left
// for calls is less than that is off by.
func TestNoTimeoutIsLeftOfATime(t *testing.T) {
	load := []reports.Phase{{Name: "hang", Kind: reports.OpenPhase, Traffic: reports.Traffic{RateAskedHz: new(10.0)}}}
	uses := []reports.Dependency{{Name: "payments", CallsPerHit: new(1.0), HeldMeanS: new(0.0)}}
	for own, want := range map[float64]bool{0.199: false, 0.15: true} {
		site, _ := ModelSite(&reports.Pool{Workers: around(2, 2, 2), ServiceS: around(own, own, own)}, &PoolFit{}, uses)
		list := Budgets(site, 2, uses, nil, load, nil)
		if len(list) != 1 || (list[0].MaxTimeoutS != nil) != want {
			t.Errorf("%v s of own work: %+v", own, list)
		}
	}
}

// Given up for what is not known, and without a fault: what was served meanwhile is no
// capacity. On TCP a full queue makes them wait; a fault, a named cause or a few explain it.
func TestWhatIsServedBesideTheUnexplained(t *testing.T) {
	stuck := reports.Onset{Code: 504, Cause: reports.Unknown, Count: 50}
	named, few, fault := stuck, stuck, stuck
	named.Cause, few.Count, fault.AfterFaultS = reports.GatewayTimeout, 1, new(2.0)
	for name, c := range map[string]struct {
		network string
		onset   reports.Onset
		told    bool
	}{"unexplained": {"unix", stuck, false}, "on TCP": {"tcp", stuck, true}, "named": {"unix", named, true}, "few": {"unix", few, true}, "a fault": {"unix", fault, true}} {
		pool := reports.Pool{Network: c.network, CapacityHz: around(40, 38, 42), Unknown: map[string]string{}}
		NotUnexplained(&pool, []reports.Onset{c.onset})
		if (pool.CapacityHz != nil) != c.told || (pool.Unknown["capacity_hz"] == "") != c.told {
			t.Errorf("%s: capacity %s, %v", name, pool.CapacityHz, pool.Unknown)
		}
	}
}

// Workers end without an answer though no fault is in force: no rate is carried, and no
// timeout holds one. One such end, or ends under a fault, or another cause tell nothing of it.
func TestNothingHoldsWhereWorkersEnd(t *testing.T) {
	closed := reports.Onset{Code: 502, Cause: reports.WorkerClosed, Count: 5}
	few, fault, other := closed, closed, closed
	few.Count, fault.AfterFaultS, other.Cause = 1, new(2.0), reports.QueueFull
	for name, c := range map[string]struct {
		onset reports.Onset
		told  bool
	}{"closed": {closed, false}, "few": {few, true}, "a fault": {fault, true}, "a full queue": {other, true}} {
		pool := reports.Pool{CapacityHz: around(40, 38, 42), Unknown: map[string]string{}}
		budgets := []reports.Budget{{MaxTimeoutS: new(0.5)}}
		NotClosed(&pool, []reports.Onset{c.onset}, budgets)
		if (pool.CapacityHz != nil) != c.told || (budgets[0].MaxTimeoutS != nil) != c.told {
			t.Errorf("%s: capacity %s, %+v", name, pool.CapacityHz, budgets)
		}
	}
}
