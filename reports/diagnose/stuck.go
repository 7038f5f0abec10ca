package diagnose

import (
	"fmt"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// muchLonger is how many times as long as a full queue takes the gateway must have
// waited, to show that those it gave up on waited for something else.
const muchLonger = 3

// stuck takes back what was worked out of what was served while requests queued,
// where some were given up that no fault held, although all that pool and queue
// hold is served in much less time than the gateway waits. They wait for each other,
// as for pages of their own site or a lock, or for what is not declared; and what is
// served meanwhile says nothing of how many workers there are, or of what they carry.
func (p *PoolFit) stuck(run *measure.Run, pool *reports.Pool) {
	g, c := pool.GatewayTimeoutS, p.capacity.rough
	if g == nil || c == nil || p.full.n == 0 || pool.Network == "tcp" || muchLonger*float64(p.full.n)/c.Value > g.Value {
		return
	}
	n := givenUpBesideFaults(run, g.Value)
	if n < measure.Few {
		return
	}
	why := fmt.Sprintf("%d requests that no fault held were given up after %.3g s, although all that the site holds is served in %.2g s: they waited for each other, or for what is not declared",
		n, g.Value, float64(p.full.n)/c.Value)
	if w := pool.Workers; w != nil && p.byServed(w) {
		pool.Workers, p.whyWorkers = nil, why
		pool.QueueSlots, p.whySlots = nil, p.full.together()
	}
	pool.CapacityHz, p.whyCapacity = nil, why
}

// NotUnexplained takes back what a pool carries where requests were given up, while no fault
// was in force, for what is not known: what was served meanwhile is no measure of it. On
// TCP a full queue makes them wait.
func NotUnexplained(pool *reports.Pool, onsets []reports.Onset) {
	if pool.Network == "tcp" {
		return
	}
	for _, o := range onsets {
		if o.Code == 504 && o.Cause == reports.Unknown && o.AfterFaultS == nil && o.Count >= measure.Few && pool.CapacityHz != nil {
			pool.CapacityHz = nil
			pool.Unknown["capacity_hz"] = fmt.Sprintf("%d requests were given up on (504), and why is not known: something held workers that is not seen", o.Count)
		}
	}
}

// NotClosed takes back what a pool carries, and which timeout holds, where workers ended
// without an answer while no fault was in force: at no rate is everybody answered.
func NotClosed(pool *reports.Pool, onsets []reports.Onset, budgets []reports.Budget) {
	for _, o := range onsets {
		if o.Cause != reports.WorkerClosed || o.AfterFaultS != nil || o.Count < measure.Few {
			continue
		}
		const why = "workers end without an answer at the rate that there was, and may at any"
		withdraw(budgets, why)
		if pool.CapacityHz != nil {
			pool.CapacityHz, pool.Unknown["capacity_hz"] = nil, why
		}
	}
}

// byServed reports whether workers were worked out of what was served while requests queued.
func (p *PoolFit) byServed(w *reports.Estimate) bool {
	return w.Kind == reports.EffectiveWorkers || w == p.logged || w == p.agreed
}

// givenUpBesideFaults counts who was given up, and came so long before, while no
// fault was in force.
func givenUpBesideFaults(run *measure.Run, seconds float64) (n int64) {
	before := time.Duration(seconds*float64(time.Second)) + time.Second
	faulty, since := run.FaultyCells(leadOfGiveUps), 0
	for c := range faulty {
		if faulty[c] {
			since = c + 1
		}
		if c-since >= run.Cells.Cell(before) {
			n += int64(measure.At(run.Cells.Flow.GaveUp, c))
		}
	}
	return n
}

// StoodStill are the onsets that came while the pool stood still, for what no fault
// explains.
func StoodStill(run *measure.Run) map[*measure.Onset]bool {
	still := map[*measure.Onset]bool{}
	for _, o := range run.Onsets {
		still[o] = o.Fault >= 0 && standsStill(run, o, run.Faults[o.Fault])
	}
	return still
}

// A pool whose calls are delayed by delaySmall at most stands still for stillFor for
// another reason.
const (
	delaySmall = 0.25
	stillFor   = 5 * time.Second
)

// standsStill reports whether from an onset on nothing was answered for a while in which
// requests were inside, though the fault that was in force only delays calls by so
// little: workers wait for each other, as for pages of their own site. What set that off is
// not known.
func standsStill(run *measure.Run, o *measure.Onset, f *measure.Fault) bool {
	if !f.TripDelay() || f.SizeS <= 0 || f.SizeS > delaySmall || o.Kind < measure.Refused502 {
		return false
	}
	still, enough := 0, run.Cells.Cell(stillFor)
	for c := run.Cells.Cell(max(o.At-stillFor, f.Applied)); c < run.Cells.Cell(o.Last); c++ {
		if measure.At(run.Cells.Flow.Served, c) > 0 || measure.At(run.Cells.InSystem, c) < 2 {
			still = 0
			continue
		}
		if still++; still >= enough {
			return true
		}
	}
	return false
}

// leadOfGiveUps is how long before a fault nothing counts: it may have caught it.
const leadOfGiveUps = time.Second
