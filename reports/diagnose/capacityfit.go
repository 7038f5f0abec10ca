package diagnose

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// capacityFit is how many requests a second the pool served while requests
// queued and no fault was in force.
type capacityFit struct {
	estimate *reports.Estimate // nil when there was not enough to count
	rough    *reports.Estimate // the same, but wider than a figure may be: only to hold others against
	inside   float64           // how many were inside meanwhile, on average
	why      string
	unsteady bool // what was served changed meanwhile: rough is an average of unlike things
}

// widest is the half width of an interval, as a share of the value, beyond
// which it is no figure.
const widest = 0.125

// busyWindows are the stretches with at least threshold requests inside, no
// fault in force and none given up so far: after that workers serve requests
// that nobody waits for, and good answers are no measure. Unless all that are
// inside are known to be in a queue, they count only while their number does
// not fall: on TCP they may be waiting to connect again, and workers be idle.
func busyWindows(run *measure.Run, threshold int32, queued bool) []measure.Stretch {
	levels, faulty := run.Cells.InSystem, run.FaultyCells(0)
	for _, f := range run.Faults {
		if f.Lifted != nil {
			c, until := run.Cells.Cell(*f.Lifted), *f.Lifted+outOfStep(run, f)
			for ; c < len(levels) && run.Cells.Start(c) < until; c++ {
				faulty[c] = true
			}
		}
	}
	var list []measure.Stretch
	from, second := -1, run.Cells.PerSecond()
	fed := func(c int) bool {
		return queued || levels[max(c-second, 0)] <= levels[c] && levels[c] <= levels[min(c+second, len(levels)-1)]
	}
	for c := range levels {
		over := measure.At(run.Cells.Flow.GaveUp, c) > 0
		if !over && levels[c] >= threshold && !faulty[c] && fed(c) {
			if from < 0 {
				from = c
			}
			continue
		}
		if from >= 0 {
			list = append(list, measure.Stretch{From: from, To: c})
			from = -1
		}
		if over {
			return list
		}
	}
	if from >= 0 {
		list = append(list, measure.Stretch{From: from, To: len(levels)})
	}
	return list
}

// outOfStep is for how long after a fault's lifting answers tell nothing of the
// workers: those withheld come all at once, and where the site gives calls up, pages
// may still be at what they do in their stead.
func outOfStep(run *measure.Run, f *measure.Fault) time.Duration {
	if givesUp(run, f) || f.OnConnect() { // who can't connect gives up unseen
		return 2 * time.Second
	}
	return 50 * time.Millisecond
}

// givesUp reports whether the site was seen to give calls up that the fault caught.
func givesUp(run *measure.Run, f *measure.Fault) bool {
	return slices.ContainsFunc(run.Windows, func(w *measure.FaultWindow) bool { return w.Fault == f && len(w.Given) >= fewGiven })
}

// capacity fits a line to the count of answers over time, in all windows the
// same slope: unlike a count from end to end it is not thrown off by workers
// that finish together. Its error is that of a renewal process, whose count strays
// from the line like a Brownian path with variance cv²·C a second: the slope of
// one fitted to it over T has variance 6/5 cv²·C/T. To that come 0.6/k² for k rounds of workers that finish together, and what a busy
// machine takes: more than it gives.
//
// An answer counts for worth of its cell, of a mix what its request is worth of a mean one;
// nil is one each. Of a mix it is chance which requests are begun in a window and
// which end there: uneven is what that makes of a window of one mean service time.
func capacity(run *measure.Run, windows []measure.Stretch, worth []float64, service, spread, uneven float64) capacityFit {
	var sxx, sxy, longest, all float64
	var n, inside, cells int64
	drains := true // all of them
	width := float64(run.Cells.Width) / float64(time.Second)
	for _, w := range windows {
		seconds := float64(w.To-w.From) * width
		if seconds < max(2*service, 0.1) {
			continue
		}
		x, y, count := slope(run, w, worth, width)
		sxx, sxy, n = sxx+x, sxy+y, n+count
		inside, cells = inside+measure.SumCells(run.Cells.InSystem, w.From, w.To), cells+int64(w.To-w.From)
		drains = drains && letGo(run, w)
		longest, all = max(longest, seconds), all+seconds
	}
	if sxx == 0 || n < 10 || longest < 3*service || sxy <= 0 {
		return capacityFit{why: "there was no second or two of more load than the site could serve, before anybody gave up"}
	}
	rate := sxy / sxx
	rounds := longest / service
	off := 1.96*max(spread, 0.05)*math.Sqrt(1.2/float64(n)) + 0.6/(rounds*rounds) + uneven/rounds + busyMachine
	fit := capacityFit{inside: float64(inside) / float64(cells), rough: &reports.Estimate{Value: rate, Low: rate * (1 - off), High: rate * (1 + off + busyMachine),
		From: fmt.Sprintf("%d answers in %.1f s in which requests queued all the time", n, all)}}
	if most := off + ends/(all*all); most <= widest-0.005 && (!drains || all >= longEnoughS) {
		fit.estimate = &reports.Estimate{Value: rate, Low: rate * (1 - most), High: rate * (1 + most + busyMachine), From: fit.rough.From}
	} else {
		fit.why = "the load was above what the site could serve for too short a time"
	}
	return fit
}

// ends is by what share the slope over one second may be off, and over T by 1/T² of it: at
// the begin and the end of a stretch it is not sure that requests queued.
const ends = 0.03

// longEnoughS is for how many seconds requests must have queued behind faults that
// were lifted: workers that are let go at one moment, and compete, take a while to
// fall out of step.
const longEnoughS = 2

// letGo reports whether the window begins with the lifting of a fault.
func letGo(run *measure.Run, w measure.Stretch) bool {
	from := run.Cells.Start(w.From)
	return slices.ContainsFunc(run.Faults, func(f *measure.Fault) bool {
		return f.Lifted != nil && *f.Lifted <= from && from < *f.Lifted+100*time.Millisecond
	})
}

// slope returns the sums of squares and products of time and answers counted
// so far, about their means in the window, and how many answers there were.
func slope(run *measure.Run, w measure.Stretch, worth []float64, width float64) (sxx, sxy float64, n int64) {
	cells, sum := float64(w.To-w.From), 0.0
	middle := (cells - 1) / 2
	for c := w.From; c < w.To; c++ {
		served := measure.At(run.Cells.Flow.Served, c)
		n += int64(served)
		if worth != nil {
			sum += measure.At(worth, c)
		} else {
			sum += float64(served)
		}
		x := (float64(c-w.From) - middle) * width
		sxx += x * x
		sxy += x * sum
	}
	return sxx, sxy, n
}

// times turns the capacity for one mix of requests into that for another, whose
// service time is 1/ratio of it, known but for a share of off.
func (f capacityFit) times(ratio, off float64) capacityFit {
	for _, e := range []*reports.Estimate{f.rough, f.estimate} {
		if e == nil {
			continue
		}
		low, high := math.Hypot(1-e.Low/e.Value, off), math.Hypot(e.High/e.Value-1, off)
		e.Value *= ratio
		e.Low, e.High = e.Value*(1-low), e.Value*(1+high)
	}
	return f
}
