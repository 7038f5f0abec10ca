package diagnose

import (
	"iter"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/poolmodel"
)

// through is what of a run goes through the pool: not the requests that were
// answered while all its workers stood still, such as files. The model plays
// this alone; the others get their answers as they did.
type through struct {
	site         poolmodel.Site
	dependencies []reports.Dependency
	beside       []int32 // answers to the other requests, by cell; nil is none
	share        float64 // of the requests goes through
}

// newThrough is the site as it is to those that go through: what a request does on
// average falls to fewer of them.
func newThrough(run *measure.Run, site poolmodel.Site, fit *PoolFit, dependencies []reports.Dependency) through {
	all := through{site: site, dependencies: dependencies, share: 1}
	apart := fit.workers.apart
	if apart == nil {
		return all
	}
	rest := run.Cells.ServedBut(apart)
	var sent, passing int64
	for r, n := range run.Traffic.SentByRequest() {
		sent += n
		if !apart[r] {
			passing += n
		}
	}
	if rest == nil || passing == 0 {
		return all
	}
	t := through{site: site, dependencies: slices.Clone(dependencies), share: float64(passing) / float64(sent)}
	t.beside = slices.Clone(run.Cells.Flow.Served)
	for c, n := range rest {
		t.beside[c] -= n
	}
	t.site.ServiceS /= t.share
	t.site.Share = snapped(t.site.Share / t.share)
	for i := range t.dependencies {
		if calls := t.dependencies[i].CallsPerHit; calls != nil {
			t.dependencies[i].CallsPerHit = new(*calls / t.share)
		}
	}
	return t
}

// arrivals are when hits were really sent in [from, to), up to the width of a
// cell, spread evenly over their cell. One that was answered beside the pool is
// left out when its answer came.
func (t *through) arrivals(run *measure.Run, from, to time.Duration) iter.Seq[time.Duration] {
	sent := run.Cells.Flow.Sent
	first, end := run.Cells.Cell(from), min(run.Cells.Cell(to)+1, len(sent))
	return func(yield func(time.Duration) bool) {
		var beside int32 // to leave out
		for c := first; c < end; c++ {
			beside += measure.At(t.beside, c)
			skipped := min(sent[c], beside)
			beside -= skipped
			n := sent[c] - skipped
			for k := range n {
				if !yield(run.Cells.Start(c) + run.Cells.Width*time.Duration(2*k+1)/time.Duration(2*n)) {
					return
				}
			}
		}
	}
}

// addTo adds the answers that came beside the pool to what the model says.
func (t *through) addTo(p *reports.Prediction, run *measure.Run) {
	if t.beside == nil {
		return
	}
	width := run.Timeline.Width
	for i := range p.Series {
		from, to := time.Duration(i)*width, time.Duration(i+1)*width
		p.Series[i].OKHz += float64(measure.SumCells(t.beside, run.Cells.Cell(from), run.Cells.Cell(to))) / width.Seconds()
	}
}
