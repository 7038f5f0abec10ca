package measure

import (
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// Figures are the report of what was counted, without anything that is inferred
// from it, and what the harness did of what was asked.
func (run *Run) Figures() (*reports.Report, Fidelity) {
	m := run.Manifest
	r := &reports.Report{
		Schema: reports.Schema, ToolVersion: m.ToolVersion, Name: m.Name, Target: m.Target,
		Seed: m.Seed, Arrivals: m.Arrivals, Started: m.T0, Labels: m.Labels, DurationS: run.End.Seconds(),
		Outcome: Outcome(m), Experiment: string(run.experiment),
	}
	fidelity := run.fidelity()
	if m.Outcome != nil && r.Outcome != reports.OutcomeComplete {
		r.OutcomeWhy = m.Outcome.Error
	}
	r.Fidelity = fidelity.total
	r.Phases = run.phases(fidelity)
	r.Total, r.Requests = run.total(), run.requests()
	r.Declared, r.Sources = run.declared()
	r.Astray = run.astray()
	if s := run.Events.spoken; s != nil {
		r.Spoken = &reports.Spoken{Answers: s.Answers, Connections: s.Connections}
	}
	r.Visits, r.Sessions = run.allVisits(), run.sessions()
	r.Faults = run.faultFigures()
	r.Onset = run.onsetFigures()
	r.Recovery = run.recoveryFigures()
	r.Dependencies = run.dependencies()
	r.DependenciesSeen, r.SelfRequests = run.seen()
	r.EgressRefused = run.Events.refused
	r.Status = statusReadings(run.Observed)
	r.Evidence = run.evidence()
	r.Timeline = run.Timeline.figures(run.Cells)
	return r, fidelity
}

// declared are the names of the experiment's dependencies, and the site's logs
// and pages that were given.
func (run *Run) declared() (dependencies, sources []string) {
	dependencies, sources = []string{}, []string{}
	for _, d := range run.Manifest.Dependencies {
		dependencies = append(dependencies, d.Name)
	}
	for _, s := range run.Manifest.Sources {
		sources = append(sources, string(s))
	}
	return dependencies, sources
}

func Outcome(m journal.Manifest) string {
	if m.Outcome == nil {
		return reports.OutcomeKilled
	}
	return m.Outcome.Status
}

// Ratio returns part/whole, or nil when there is no whole.
func Ratio(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	return new(float64(part) / float64(whole))
}

// PerSecond returns n/seconds, or nil when no time has passed.
func PerSecond(n int64, seconds float64) *float64 {
	if seconds <= 0 {
		return nil
	}
	return new(float64(n) / seconds)
}
