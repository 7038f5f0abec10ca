package measure

import (
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// Visits is what came of the visits of each phase and kind.
type Visits struct {
	kinds   []journal.Visit
	tallies []*visitTally // of kind k of those begun in phase p at p*kinds+k; nil where there are none
}

// of sums the visits of kind k that began in the phases chosen.
func (v *Visits) of(phases []int, k int) *visitTally {
	sum := &visitTally{steps: make([]stepTally, v.kinds[k].Steps)}
	for _, p := range phases {
		if t := v.tallies[p*len(v.kinds)+k]; t != nil {
			sum.merge(t)
		}
	}
	return sum
}

// recorded are the visits begun, or not begun for our sake, in phase p, and the steps of
// theirs without a record.
func (v *Visits) recorded(p int) (n, begun, gaps int64) {
	for k := range v.kinds {
		t := v.of([]int{p}, k)
		n, begun, gaps = n+t.recorded, begun+t.begun, gaps+t.gaps
	}
	return n, begun, gaps
}

// visitsDue is how many visits were due in phase p, as due is of requests.
func (run *Run) visitsDue(p int) int64 {
	recorded, _, _ := run.Visits.recorded(p)
	if Outcome(run.Manifest) != reports.OutcomeComplete || run.stopped() {
		return recorded
	}
	return max(recorded, int64(run.Manifest.Phases[p].Visits))
}

// VisitsOf are the figures of the visits that began in some phases; nil of a run of
// requests by themselves.
func (run *Run) VisitsOf(phases ...int) *reports.Visits {
	if run.Visits == nil {
		return nil
	}
	var seconds float64
	var due int64
	for _, p := range phases {
		seconds, due = seconds+run.Lasted(p), due+run.visitsDue(p)
	}
	f := &reports.Visits{Kinds: []reports.VisitKind{}}
	all, first := &visitTally{}, 0
	for k, kind := range run.Visits.kinds {
		t := run.Visits.of(phases, k)
		one := reports.VisitKind{Name: kind.Name, Weight: kind.Weight, VisitTraffic: t.figures(t.recorded, seconds)}
		one.Steps = t.stepFigures(kind.Name, run.Manifest.Requests[first:first+kind.Steps])
		f.Kinds = append(f.Kinds, one)
		first += kind.Steps
		all.merge(t)
	}
	f.VisitTraffic = all.figures(due, seconds)
	return f
}

// stepFigures are those of each step, under the names that the requests have.
func (t *visitTally) stepFigures(visit string, requests []string) []reports.VisitStep {
	list := []reports.VisitStep{}
	for i, name := range requests {
		s := &t.steps[i]
		one := reports.VisitStep{Name: strings.TrimPrefix(name, visit+"/"), Request: name, Reached: s.reached, Passed: s.passed, Abandoned: map[string]int64{}}
		for what, n := range s.lost {
			one.Abandoned[what] = n
		}
		list = append(list, one)
	}
	return list
}

// phaseVisits are the figures of phase p, with what was asked of it.
func (run *Run) phaseVisits(p int) *reports.Visits {
	f := run.VisitsOf(p)
	if f != nil && run.Manifest.Phases[p].Kind == reports.OpenPhase {
		f.RateAskedHz = new(run.Manifest.Phases[p].VisitRateMean)
	}
	return f
}

// allVisits are those of all phases that are no warm-up.
func (run *Run) allVisits() *reports.Visits {
	var phases []int
	for i, p := range run.Manifest.Phases {
		if !p.Warmup {
			phases = append(phases, i)
		}
	}
	return run.VisitsOf(phases...)
}
