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
	r, fidelity := run.figures()
	disagreements, doubts := inferred(run, r)
	r.Objectives = run.objectives(fidelity)
	run.judge(r, fidelity, disagreements, doubts)
	r.NotKnown = r.notKnown()
	r.Advice = r.advice()
	r.Summary = r.summary()
	return r
}

func inferred(run *run, r *Report) (disagreements, doubts []string) {
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
