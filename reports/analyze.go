package reports

import (
	"github.com/tailback/tailback/reports/journal"
)

// Analyze turns a bundle into its Report. It is pure: the same bundle gives the
// same Report. The error is the bundle's: it can't be read, or contradicts itself.
func Analyze(b *journal.Bundle) (*Report, error) {
	run, err := measureBundle(b)
	if err != nil {
		return nil, err
	}
	return report(run), nil
}

// report says what was measured, what it means, whether it is good enough, and
// puts it into words.
func report(run *run) *Report {
	r, fidelity := measured(run)
	warnings, doubts := diagnose(run, r)
	r.Objectives = run.objectives(fidelity)
	run.judge(r, fidelity, warnings, doubts)
	r.NotKnown = r.notKnown()
	r.Advice = r.advice()
	r.Summary = r.summary()
	return r
}

func measured(run *run) (*Report, fidelity) {
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
	all, _ := run.scope("")
	r.Total = all.figures(nil, all.seconds)
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

func diagnose(run *run, r *Report) (disagreements, doubts []string) {
	r.Timeouts = run.timeouts(r.Dependencies)
	var fit *poolFit
	r.Pool, fit, disagreements = run.pool(r.Dependencies)
	r.Prediction, r.Budget = Prediction{Series: []Moment{}}, []Budget{}
	if site, ok := modelSite(&r.Pool, fit, r.Dependencies); ok {
		r.Prediction = run.prediction(site, r.Dependencies, r.Timeouts)
		r.Pool.FitR2 = run.fitR2(r.Prediction)
		r.Budget = budgets(site, r.Pool.Workers, r.Dependencies, r.Timeouts, r.Phases, r.Faults)
	}
	doubts = run.nameCauses(r.Onset, siteKnown{&r.Pool, r.SelfRequests, r.Status})
	r.Slowdowns = run.slowdowns(r.Phases, r.Faults, &r.Pool)
	r.Dose = run.doseFigures(r.Pool.Workers)
	return disagreements, doubts
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

// The outcomes of a report. All but killed are also the manifest's.
const (
	complete    = "complete"
	interrupted = "interrupted"
	aborted     = "aborted"
	failed      = "failed"
	killed      = "killed"
)

func outcome(m journal.Manifest) string {
	if m.Outcome == nil {
		return killed
	}
	return m.Outcome.Status
}

// ptr returns a pointer to a copy of v, for the figures that may be unknown.
func ptr[T any](v T) *T { return &v }

// ratio returns part/whole, or nil when there is no whole.
func ratio(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	return ptr(float64(part) / float64(whole))
}

// perSecond returns n/seconds, or nil when no time has passed.
func perSecond(n int64, seconds float64) *float64 {
	if seconds <= 0 {
		return nil
	}
	return ptr(float64(n) / seconds)
}
