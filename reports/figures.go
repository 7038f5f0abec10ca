package reports

import (
	"github.com/tailback/tailback/reports/journal"
)

// figures are the report of what was counted, without anything that is inferred
// from it, and what the harness did of what was asked.
func (run *run) figures() (*Report, fidelity) {
	m := run.manifest
	r := &Report{
		Schema: Schema, ToolVersion: m.ToolVersion, Name: m.Name, Target: m.Target,
		Seed: m.Seed, Arrivals: m.Arrivals, Started: m.T0, DurationS: run.end.Seconds(),
		Outcome: outcome(m), Experiment: string(run.experiment),
	}
	fidelity := run.fidelity()
	if m.Outcome != nil && r.Outcome != complete {
		r.OutcomeWhy = m.Outcome.Error
	}
	r.Fidelity = fidelity.total
	r.Phases = run.phases()
	r.Total = run.total()
	r.Declared, r.Sources = run.declared()
	r.Faults = run.faultFigures()
	r.Onset = run.onsetFigures()
	r.Recovery = run.recoveryFigures()
	r.Dependencies = run.dependencies()
	r.DependenciesSeen, r.SelfRequests = run.seen()
	r.EgressRefused = run.events.refused
	r.Status = statusReadings(run.observed)
	r.Evidence = run.evidence()
	r.Timeline = run.timeline.figures(run.cells)
	return r, fidelity
}

// declared are the names of the experiment's dependencies, and the site's logs
// and pages that were given.
func (a *run) declared() (dependencies, sources []string) {
	dependencies, sources = []string{}, []string{}
	for _, d := range a.manifest.Dependencies {
		dependencies = append(dependencies, d.Name)
	}
	for _, s := range a.manifest.Sources {
		sources = append(sources, string(s))
	}
	return dependencies, sources
}

func outcome(m journal.Manifest) string {
	if m.Outcome == nil {
		return killed
	}
	return m.Outcome.Status
}

// ratio returns part/whole, or nil when there is no whole.
func ratio(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	return new(float64(part) / float64(whole))
}

// perSecond returns n/seconds, or nil when no time has passed.
func perSecond(n int64, seconds float64) *float64 {
	if seconds <= 0 {
		return nil
	}
	return new(float64(n) / seconds)
}
