package reports

import (
	"fmt"
	"iter"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// input is what the analysis reads. hits may be iterated more than once.
type input struct {
	manifest   journal.Manifest
	experiment []byte
	events     []journal.Event
	observed   []journal.Observation
	hits       func() iter.Seq2[[]journal.Hit, error]
}

// Analyze turns a bundle into its Report. It is pure: the same bundle gives the
// same Report, and the order of the hits in the log does not matter. The log is
// read twice; memory does not grow with the number of hits. Quantiles are off by at most
// stats.MaxRelativeError. The error is the bundle's: it can't be read, or
// contradicts itself.
func Analyze(b *journal.Bundle) (*Report, error) {
	events, err := b.Events()
	if err != nil {
		return nil, err
	}
	observed, err := b.Observations()
	if err != nil {
		return nil, err
	}
	return analyze(withUnended(input{b.Manifest, b.Experiment, events, observed, b.Hits}))
}

// analysis is what the passes have found out, and what the figures are made from.
type analysis struct {
	manifest   journal.Manifest
	end        time.Duration // of the run, since T0
	faults     []*playedFault
	traffic    *traffic
	timeline   *timeline
	grid       *grid
	served     served
	wellness   *wellness
	watches    []*watch
	stepped    []*dose
	gateway    firstErrors
	baseline   *baseline
	onsets     []*onset
	recoveries []*recovery
	giveUps    giveUps
	services   *services
	fit        *poolFit
	contrary   []string        // what the site says of itself and the outside view does not
	levels     []int32         // others in the site at the start of each cell of grid
	goodBefore []int32         // good answers before each cell of grid
	leftBefore []int32         // requests given up before each cell of grid
	fastest    []time.Duration // good answer to each request
	closings   closings
	logDoubts  []string // what is wrong with the site's logs
}

func analyze(in input) (*Report, error) {
	a, err := passes(in)
	if err != nil {
		return nil, err
	}
	return a.report(in), nil
}

// passes reads the hits, and finds out all that a report is made from.
func passes(in input) (*analysis, error) {
	a := &analysis{manifest: in.manifest, faults: playedFaults(in.events)}
	a.traffic = newTraffic(in.manifest)
	a.timeline = newTimeline(planned(in.manifest))
	a.grid = newGrid(planned(in.manifest))
	a.fastest = make([]time.Duration, len(in.manifest.Requests))
	a.gateway = newFirstErrors(len(in.manifest.Phases), a.faults)
	a.baseline = newBaseline(in.manifest, a.faults)
	a.stepped = steppedFaults(in.events, a.faults)
	a.wellness = newWellness(len(in.manifest.Requests), a.faults)
	if err := a.read(in.hits, a.firstPass); err != nil {
		return nil, err
	}
	a.end = endOfRun(in, a.traffic.last)
	a.onsets = a.findOnsets()
	a.levels, a.closings = a.grid.inside(), heldClosings(in.events)
	a.goodBefore, a.leftBefore = countBefore(a.grid.good), countBefore(a.grid.flow.gaveUp)
	a.recoveries = a.liftedFaults()
	a.wellness.settle()
	a.watches = a.newWatches(in.events)
	a.services = a.newServices()
	if err := a.read(in.hits, a.secondPass); err != nil {
		return nil, err
	}
	return a, nil
}

// read gives each hit to pass, once it is known to fit the manifest.
func (a *analysis) read(hits func() iter.Seq2[[]journal.Hit, error], pass func(h *journal.Hit)) error {
	phases, requests := uint32(len(a.manifest.Phases)), uint32(len(a.manifest.Requests))
	for batch, err := range hits() {
		if err != nil {
			return err
		}
		for i := range batch {
			h := &batch[i]
			if uint32(h.Phase) >= phases || uint32(h.Request) >= requests {
				return fmt.Errorf("read hits: hit %d is of phase %d and request %d, the manifest has %d and %d: the bundle is damaged",
					h.Seq, h.Phase, h.Request, phases, requests)
			}
			pass(h)
		}
	}
	return nil
}

// firstPass gathers all that can be counted without knowing when things began.
func (a *analysis) firstPass(h *journal.Hit) {
	warmup := a.manifest.Phases[h.Phase].Warmup
	a.traffic.add(h)
	a.timeline.add(h)
	a.grid.add(h, warmup)
	a.served.add(h)
	if !warmup {
		a.gateway.add(h)
	}
	if warmup || h.Class.Ours() {
		return
	}
	a.giveUps.add(h)
	if f := &a.fastest[h.Request]; h.Class == journal.ClassOK && (*f == 0 || h.Service() < *f) {
		*f = h.Service()
	}
	a.baseline.add(h)
	a.wellness.add(h)
	for _, d := range a.stepped {
		d.add(h)
	}
}

// secondPass looks at the moments that the first one found.
func (a *analysis) secondPass(h *journal.Hit) {
	warmup := a.manifest.Phases[h.Phase].Warmup
	for _, o := range a.onsets {
		o.add(h, warmup)
		if !warmup {
			a.seeErrors(o, h)
		}
	}
	if warmup || h.Class.Ours() {
		return
	}
	a.services.add(h)
	for _, r := range a.recoveries {
		r.add(h)
	}
	for _, w := range a.watches {
		w.add(h, a.wellness)
	}
}

// report puts the figures together. The order matters: the objectives are
// judged on the figures, the verdict on the objectives, the summary says it all.
func (a *analysis) report(in input) *Report {
	m := in.manifest
	r := &Report{
		Schema: Schema, ToolVersion: m.ToolVersion, Name: m.Name, Target: m.Target,
		Seed: m.Seed, Arrivals: m.Arrivals, Started: m.T0, DurationS: a.end.Seconds(),
		Outcome: outcome(m), Experiment: string(in.experiment),
	}
	fidelity := a.fidelity()
	if m.Outcome != nil && r.Outcome != complete {
		r.OutcomeWhy = m.Outcome.Error
	}
	r.Fidelity = fidelity.total
	r.Phases = a.phases()
	all, _ := a.scope("")
	r.Total = all.figures(nil, all.seconds)
	r.Declared, r.Sources = a.declared()
	r.Faults = a.faultFigures(in.events)
	r.Onset = a.onsetFigures()
	r.Recovery = a.recoveryFigures()
	r.Dependencies = a.dependencies(in.events)
	r.DependenciesSeen, r.SelfRequests = a.seen(in.events)
	r.EgressRefused = refusals(in.events)
	r.Timeouts = a.timeouts(r.Dependencies)
	r.Pool = a.pool(r, in)
	r.Prediction = a.prediction(r, in)
	r.Budget = a.budgets(r)
	r.Status = statusReadings(in.observed)
	a.nameCauses(r, in)
	r.Slowdowns = a.slowdowns(r, in)
	r.Dose = a.doses(r.Pool.Workers)
	r.Evidence = a.evidence(in.observed)
	r.Objectives = a.objectives(fidelity)
	r.Timeline = a.timeline.figures(a.grid, a.end)
	a.judge(r, fidelity, in.events)
	r.NotKnown = r.notKnown()
	r.Advice = r.advice()
	r.Summary = r.summary()
	return r
}

// declared are the names of the experiment's dependencies, and the site's logs
// and pages that were given.
func (a *analysis) declared() (dependencies, sources []string) {
	dependencies, sources = []string{}, []string{}
	for _, d := range a.manifest.Dependencies {
		dependencies = append(dependencies, d.Name)
	}
	for _, s := range a.manifest.Sources {
		sources = append(sources, string(s))
	}
	return dependencies, sources
}

// planned is how long the phases last together.
func planned(m journal.Manifest) time.Duration {
	var end time.Duration
	for _, p := range m.Phases {
		end = max(end, time.Duration(p.EndNS))
	}
	return end
}

// endOfRun is when the run ended, or, when it was killed and could not say so, the last that is known of it.
func endOfRun(in input, lastHit time.Duration) time.Duration {
	if o := in.manifest.Outcome; o != nil {
		return time.Duration(max(o.EndNS, 0))
	}
	for _, e := range in.events {
		lastHit = max(lastHit, time.Duration(e.AtNS))
	}
	return lastHit
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
