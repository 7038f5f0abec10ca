// Package analysis turns the record of a run into its report: it is measured and
// diagnosed, what it claims is tested, and it is judged and explained, in this order. It is pure: no network, no
// clock, no environment.
package analysis

import (
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/causes"
	"github.com/tailback/tailback/reports/claims"
	"github.com/tailback/tailback/reports/diagnose"
	"github.com/tailback/tailback/reports/explain"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/judge"
	"github.com/tailback/tailback/reports/measure"
)

// Analyze turns a bundle into its Report: the same bundle gives the same Report,
// on any machine. Its hits are read twice; memory does not grow with their
// number. The error is the bundle's: it can't be read, or contradicts itself.
func Analyze(b *journal.Bundle) (*reports.Report, error) {
	c, err := b.Contents()
	if err != nil {
		return nil, err
	}
	return Contents(c)
}

// Contents does the same with what a bundle holds.
func Contents(c journal.Contents) (*reports.Report, error) {
	run, err := measure.Contents(c)
	if err != nil {
		return nil, err
	}
	r, fidelity, doubts := diagnosed(run)
	if causes.Disguised(run, r.Onset) {
		if run, err = measure.Contents(measure.AsGateways(c)); err != nil {
			return nil, err
		}
		r, fidelity, doubts = diagnosed(run)
	}
	tell(run, r, fidelity, doubts)
	return r, nil
}

// diagnosed is what a run means for the site, and why its errors came. It also
// returns how true the load was to its plan, and what is wrong with the sources.
func diagnosed(run *measure.Run) (r *reports.Report, fidelity measure.Fidelity, doubts []string) {
	r, fidelity = run.Figures()

	r.Timeouts = diagnose.Timeouts(run, r.Dependencies)
	r.SessionLock = diagnose.SessionLock(run)
	pool, fit, disagreements := diagnose.Pool(run, r.Dependencies, r.SessionLock)
	r.Pool = pool
	diagnose.Holds(run, fit, r.Timeouts, &r.Pool, r.Dependencies)
	r.Prediction, r.Budget = reports.Prediction{Series: []reports.Moment{}}, []reports.Budget{}
	if site, ok := diagnose.ModelSite(&r.Pool, fit, r.Dependencies); ok {
		r.Prediction = diagnose.Prediction(run, site, fit, r.Dependencies, r.Timeouts)
		r.Pool.FitR2 = diagnose.FitR2(run, r.Prediction)
		r.Budget = diagnose.Budgets(site, fit.Reckoned(r.Pool.Workers), r.Dependencies, r.Timeouts, r.Phases, r.Faults)
		diagnose.OnlyOnce(run, r.Budget, r.Dependencies, r.Timeouts)
		diagnose.AssumeAlone(r.Budget, &r.Pool, fit)
		diagnose.Doubt(run, &r.Pool, fit, r.Budget, r.Timeouts)
		diagnose.Rival(run, site, fit, r.Dependencies, r.Timeouts, &r.Pool, r.Prediction, r.Budget)
		diagnose.Explained(run, &r.Pool, fit, r.Prediction, r.Budget)
	}
	diagnose.NotUneven(fit, r.Budget)
	diagnose.NotHeldUp(&r.Pool, fit, r.Budget)
	still := diagnose.StoodStill(run)
	diagnose.Acquit(run, r.Onset, &r.Pool, fit, r.Dependencies, r.Timeouts)
	doubts = causes.Name(run, r.Onset, causes.SiteKnown{Pool: &r.Pool, Self: r.SelfRequests, Timeouts: r.Timeouts, Status: r.Status, Unevenly: fit.Unevenly(), Still: still})
	diagnose.QueueOrLimit(&r.Pool, r.Onset)
	diagnose.NotByTries(&r.Pool, fit, r.Onset)
	diagnose.NotUnexplained(&r.Pool, r.Onset)
	diagnose.NotClosed(&r.Pool, r.Onset, r.Budget)
	diagnose.NotByItself(run, &r.Pool, fit, r.SelfRequests, r.Onset, r.Budget)
	diagnose.AssumeNoPlaces(&r.Pool, fit)
	diagnose.AssumeOfVisits(run, &r.Pool, fit, r.Dependencies)
	causes.NameLock(run, r.Onset, r.SessionLock)
	return r, fidelity, append(doubts, disagreements...)
}

// tell tests what a diagnosis claims, judges the run and puts both into sentences.
func tell(run *measure.Run, r *reports.Report, fidelity measure.Fidelity, doubts []string) {
	r.Slowdowns = causes.LockedSlowdowns(run, causes.Slowdowns(run, r.Phases, r.Faults, &r.Pool), r.Phases, r.SessionLock)
	r.Dose = diagnose.Doses(run, r.Pool.Workers)
	r.Claims = claims.Tested(run, r)

	r.Objectives = judge.Objectives(run, r, fidelity)
	judge.Run(run, r, fidelity, doubts)

	for i := range r.Dose {
		r.Dose[i].Text = explain.Dose(&r.Dose[i])
	}
	explain.Lost(r)
	r.NotKnown = explain.NotKnown(r)
	r.Advice = explain.Advice(r)
	r.Summary, r.Details = explain.Summary(r)
}
