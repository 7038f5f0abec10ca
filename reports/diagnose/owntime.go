package diagnose

import (
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// ownWork is S - p·d, what a request holds a worker apart from the
// dependencies, in seconds; 0 when not known.
func ownWork(dependencies []reports.Dependency, s serviceFit) float64 {
	if s.estimate == nil {
		return 0
	}
	own, known := s.estimate.Value, false
	for _, d := range dependencies {
		if d.CallsPerHit != nil && d.HeldMeanS != nil {
			own, known = own-*d.CallsPerHit**d.HeldMeanS, true
		}
	}
	if !known {
		return 0
	}
	return max(own, 0)
}

// usualCalls is how many calls a request makes when that is not known: few
// enough to be careful.
const usualCalls = 0.5

// callsOfAll is how many calls to dependencies a request makes.
func callsOfAll(dependencies []reports.Dependency) float64 {
	sum, known := 0.0, false
	for _, d := range dependencies {
		if d.CallsPerHit != nil {
			sum, known = sum+*d.CallsPerHit, true
		}
	}
	if !known {
		return usualCalls
	}
	return sum
}

// ownTimeOf is what a request holds a worker for when all is well.
func ownTimeOf(dependencies []reports.Dependency, s serviceFit) ownTime {
	own := ownTime{work: ownWork(dependencies, s), calls: callsOfAll(dependencies), fit: s, dependencies: dependencies}
	if s.estimate != nil {
		own.service = s.estimate.Value
	}
	return own
}

// longestService is the most that a request took when all was well, in seconds.
func longestService(all *measure.ServiceTimes, s serviceFit) float64 {
	if s.estimate == nil {
		return longestWork
	}
	longest := s.estimate.High
	for _, m := range all.Sums {
		for level := range m[:s.level+1] {
			if one := m[level]; one.N > 0 {
				longest = max(longest, one.Mean()+2*math.Sqrt(one.Variance()))
			}
		}
	}
	return longest
}

// ownTime is what a request holds a worker for, by the mean of the mix, seconds.
type ownTime struct {
	work    float64 // apart from the dependencies
	service float64 // with them, when all is well
	calls   float64 // that it makes
	extra   float64 // what one that calls takes longer under the fault, where it found a free worker; 0 is not known
	// What it was worked out from.
	fit          serviceFit
	dependencies []reports.Dependency
}

// amid is the same by the mix of what was answered in a stretch: of visits that are held
// or turned away these are other steps than of whole ones.
func (o ownTime) amid(run *measure.Run, from, to int) ownTime {
	if run.Visits == nil || o.fit.estimate == nil || o.work == 0 {
		return o
	}
	ratio, _ := o.fit.weigh(run.Cells.ServedMix([]measure.Stretch{{From: from, To: to}}))
	o.service *= ratio
	o.calls, o.work = 0, o.service
	for _, d := range o.dependencies {
		if d.CallsPerHit != nil && d.HeldMeanS != nil {
			calls := run.CallsOf(d.Name, run.Cells.Start(from), run.Cells.Start(to), *d.CallsPerHit)
			o.calls, o.work = o.calls+calls, max(o.work-calls**d.HeldMeanS, 0)
		}
	}
	return o
}

// extraUnder is how much longer than usual good answers took under a fault whose
// request found fewer others than calls ever waited at once, and so a free worker.
func extraUnder(run *measure.Run, f *measure.Fault, w *hangWindow) float64 {
	peak := int32(0)
	for c := w.from; c < w.to; c++ {
		peak = max(peak, w.held.Waiting[c])
	}
	for _, window := range run.Windows {
		if window.Fault != f || len(window.Given) < fewGiven { // else what took longer is the dependency
			continue
		}
		if e := heldInAll(run, window, peak, slowFrom); e != nil {
			return e.Value
		}
		// Those that queued took longer than those that found a free worker.
		if all := unqueued(window); len(all) > 0 {
			if group := lowest(all, 3); len(group) > 0 && group[0] == slices.Min(all) {
				return middleOf(group).Seconds()
			}
		}
	}
	return 0
}

// fewGiven is how many calls the site must have given up to show what follows that.
const fewGiven = 3

// slowFrom is from how many seconds more on an answer waited for the call.
const slowFrom = 0.1

// longestWork is how long a request may hold a worker before it calls, in
// seconds, when service times are not known.
const longestWork = 1.0
