package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/words"
)

// crews are how many times as many workers as calls waited the rival has.
var crews = []float64{1.5, 2, 3}

// How much less of the run than the workers a rival must leave unexplained to take
// their place, and how much more to be excluded. A fiftieth of the answers' variance
// is what the model is off by itself.
const (
	clearlyBetter = 0.5
	clearlyWorse  = 1.5
	modelError    = 0.02
)

// mostRivals is how many requests a rival is played on at most, and aroundFault how
// much before and after a fault, where that is not the whole run.
const (
	mostRivals  = 100_000
	aroundFault = time.Minute
)

// rivalSpan is what of a run a rival is played on: all of it, or else what is about
// the first fault that made calls wait and is short enough; none where there is none.
func rivalSpan(run *measure.Run) span {
	if run.Cells.TotalSent() <= mostRivals {
		return span{0, run.End}
	}
	for _, f := range run.Faults {
		if !f.Waits() || !f.Exercised() || f.Lifted == nil {
			continue
		}
		s := span{max(f.Applied-aroundFault, 0), min(*f.Lifted+aroundFault, run.End)}
		if measure.SumCells(run.Cells.Flow.Sent, run.Cells.Cell(s.from), run.Cells.Cell(s.to)) <= mostRivals {
			return s
		}
	}
	return span{}
}

// Rival plays the run again on a site of another kind that lets as many calls wait at
// once: more workers, and a pool of connections inside the site with as many places as
// workers were counted. Both hold as many requests in all. Under a hang the two look
// alike; what is served when all is well, and behind the fault, tells them apart.
// Where the rival foretells the answers clearly worse it is excluded; where it does so
// clearly better, and closely, the workers are taken back, and what was worked out from them.
func Rival(run *measure.Run, site poolmodel.Site, fit *PoolFit, dependencies []reports.Dependency, timeouts []reports.Timeout, pool *reports.Pool, p reports.Prediction, budgets []reports.Budget) {
	if pool.Workers == nil || pool.Workers != fit.alone || fit.confirmed || pool.FitR2 == nil {
		return
	}
	span := rivalSpan(run)
	if span.to == 0 {
		return
	}
	seconds := max(int(time.Second/run.Timeline.Width), 1)
	own := missed(run, p, span, seconds)
	var rivals []float64
	for _, crew := range crews {
		rival := site
		rival.Workers = int(crew*float64(site.Workers) + 0.5)
		if more := rival.Workers - site.Workers; site.QueueSlots < poolmodel.MaxSlots {
			if rival.QueueSlots = site.QueueSlots - more; rival.QueueSlots < 0 {
				break
			}
		}
		m := missed(run, foretold(run, span, rival, poolmodel.Inside{Places: site.Workers}, fit, dependencies, timeouts), span, seconds)
		rivals = append(rivals, m.residual)
	}
	if rivals == nil {
		return
	}
	noise := modelError * own.total
	switch best := slices.Min(rivals); {
	case best > clearlyWorse*own.residual+noise:
		fit.excluded = true
	case best+noise < clearlyBetter*own.residual && best < (1-closely)*own.total:
		fit.doubtCalls(pool, budgets, fmt.Sprintf("%s waited at once, but a pool of connections of as many places, with more workers behind it, foretells what was answered better", words.Number(int64(fit.workers.peak), "call")))
	}
}

// AssumeNoPlaces says that workers which nothing tells of but how many calls waited at
// once are so many only if nothing else bounds these: a pool of connections that is
// smaller than they does it in the same way. What is worked out from them assumes the same.
func AssumeNoPlaces(pool *reports.Pool, fit *PoolFit) {
	if w := pool.Workers; w != nil && w == fit.alone && !fit.confirmed && !fit.excluded {
		assume(pool, "workers", "no pool of connections inside the site bounds its calls")
	}
}
