// Package measure counts what happened in a run: hits, the site's calls to its
// dependencies, faults, what the site said. Each kind of thing has a counter that
// is given hits, and a result that no longer changes. Nothing here says what a
// figure means for the site.
package measure

import (
	"fmt"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// Run is what happened in a run, counted.
type Run struct {
	Manifest   journal.Manifest
	experiment []byte
	End        time.Duration // since T0
	Events     *Events
	Observed   []journal.Observation
	Faults     []*Fault // in the order of applying
	Traffic    *Traffic
	Timeline   *Timeline
	Cells      *Cells
	Throughput Throughput
	Usual      UsualService
	Services   *ServiceTimes
	Onsets     []*Onset      // the earliest first
	FirstUnder []*FirstError // by phase, the first gateway error under a fault; nil is none
	Recoveries []*Recovery   // in the order of lifting
	BaselineS  int           // seconds that the recoveries are held against
	Windows    []*FaultWindow
	Stalls     []*Stall // of the faults that were lifted
	Doses      []*Dose
	GiveUps    stats.Histogram // ns that the gateway waited before it answered 504
	Closes     HeldCloses
	Crowds     *Crowds
	Sliding    []*Sliding // by objective, nil for one without a window
	Baseline   journal.Baseline
	Queued     *Queued   // nil of a run with one kind of request
	Sessions   *Sessions // nil of a run whose hits have no session by number
	blamed     *blamed
	strays     *astrayCounter
	Visits     *Visits // nil of a run of requests by themselves
	expired    *expiredCounter
}

// Contents counts what happened in the run that these are the record of. The
// order of its hits does not matter, but in a run that was killed. They are read
// twice; memory does not grow with their number. Quantiles are off by at most
// stats.MaxRelativeError. The error is the bundle's: it can't be read, or
// contradicts itself.
func Contents(c journal.Contents) (*Run, error) {
	if err := c.Manifest.CheckVisits(); err != nil {
		return nil, fmt.Errorf("read manifest: %w: the bundle is damaged", err)
	}
	r := &Run{Manifest: c.Manifest, experiment: c.Experiment, Events: indexEvents(c.Events), Observed: c.Observations, Baseline: c.Baseline}
	r.Faults = playedFaults(r.Events)
	r.blamed = newBlamed(r.Events, r.Faults)
	r.Sliding = newSlidings(r.Manifest)
	first := newFirstPass(r)
	if err := read(c, first.add); err != nil {
		return nil, err
	}
	lost := first.finish(r)
	second := newSecondPass(r, first.sessions)
	if err := read(c, second.add); err != nil {
		return nil, err
	}
	for i := range lost {
		second.add(&lost[i])
	}
	second.finish(r)
	return r, nil
}

// read gives each hit to add, once it is known to fit the manifest.
func read(c journal.Contents, add func(h *journal.Hit)) error {
	phases, requests := uint32(len(c.Manifest.Phases)), uint32(len(c.Manifest.Requests))
	steps := stepsOf(c.Manifest)
	for batch, err := range c.Hits() {
		if err != nil {
			return err
		}
		for i := range batch {
			h := &batch[i]
			if uint32(h.Phase) >= phases || uint32(h.Request) >= requests {
				return fmt.Errorf("read hits: hit %d is of phase %d and request %d, the manifest has %d and %d: the bundle is damaged",
					h.Seq, h.Phase, h.Request, phases, requests)
			}
			if err := isStep(h, steps); err != nil {
				return err
			}
			add(h)
		}
	}
	return nil
}

// isStep holds what a hit says of its visit to the manifest.
func isStep(h *journal.Hit, steps []visitStep) error {
	switch {
	case h.Visit == 0 && steps == nil:
		return nil
	case steps == nil:
		return fmt.Errorf("read hits: hit %d is of visit %d, the manifest has none: the bundle is damaged", h.Seq, h.Visit)
	case h.Visit == 0:
		return fmt.Errorf("read hits: hit %d is of no visit, the manifest has only visits: the bundle is damaged", h.Seq)
	case steps[h.Request].step != h.Step:
		return fmt.Errorf("read hits: hit %d is of request %d as step %d of its visit, by the manifest it is step %d: the bundle is damaged",
			h.Seq, h.Request, h.Step, steps[h.Request].step)
	}
	return nil
}

// firstPass gathers all that can be counted without knowing when things began.
type firstPass struct {
	phases     []journal.PhaseSpan
	traffic    *trafficCounter
	timeline   *timelineCounter
	cells      *cellCounter
	throughput Throughput
	errors     firstErrors
	baseline   *baseline
	usual      *serviceBaseline
	doses      []*Dose
	giveUps    stats.Histogram
	unended    *unended
	strays     *astrayCounter
	sessions   int64 // hits with one
	visits     *visitCounter
	expired    *expiredCounter
}

func newFirstPass(r *Run) *firstPass {
	m, long := r.Manifest, planned(r.Manifest)
	return &firstPass{
		phases: m.Phases, traffic: newTrafficCounter(m), timeline: newTimelineCounter(long), cells: newCellCounter(long, len(m.Requests)),
		errors: newFirstErrors(r.blamed), baseline: newBaseline(m, r.Faults),
		usual: newServiceBaseline(len(m.Requests), r.Faults), doses: newDoses(r.Events, r.Faults), unended: newUnended(m),
		strays: newAstrayCounter(len(m.Requests), r.Faults), visits: newVisitCounter(m), expired: newExpiredCounter(m),
	}
}

func (p *firstPass) add(h *journal.Hit) {
	if p.unended != nil {
		p.unended.add(h)
	}
	p.count(h)
}

func (p *firstPass) count(h *journal.Hit) {
	warmup := p.phases[h.Phase].Warmup
	p.traffic.add(h)
	p.timeline.add(h)
	p.cells.add(h, warmup)
	p.throughput.add(h)
	p.strays.add(h)
	if h.Session > 0 {
		p.sessions++
	}
	p.visits.add(h)
	p.expired.add(h)
	if !warmup {
		p.errors.add(h)
	}
	if warmup || h.Class.Ours() {
		return
	}
	if gaveUpOn(h) && h.Service() >= shortestPatience {
		p.giveUps.Add(int64(h.Service()))
	}
	p.baseline.add(h)
	p.usual.add(h)
	for _, d := range p.doses {
		d.add(h)
	}
}

// finish returns the hits whose end was never written, which are counted by now.
func (p *firstPass) finish(r *Run) []journal.Hit {
	known := max(p.traffic.last, endOfRun(r, p.traffic.last))
	lost := p.unended.until(known)
	for i := range lost {
		p.count(&lost[i])
	}
	r.End = endOfRun(r, p.traffic.last)
	r.Traffic, r.Timeline, r.Cells, r.Throughput = p.traffic.finish(), p.timeline.finish(r.End), p.cells.finish(), p.throughput
	r.Usual, r.Doses, r.GiveUps = p.usual.finish(), p.doses, p.giveUps
	r.strays, r.Visits, r.expired = p.strays, p.visits.finish(), p.expired
	r.blamed.seenWell(r, p.baseline)
	r.Onsets, r.FirstUnder = r.findOnsets(p.errors.sorted()), p.errors.under(len(p.phases))
	r.Closes = newHeldCloses(r.Events.waits)
	r.Recoveries, r.BaselineS = r.liftedFaults(p.baseline), len(p.baseline.seconds)
	return lost
}

// secondPass looks at the moments that the first one found.
type secondPass struct {
	run      *Run
	windows  []*FaultWindow
	stalls   []*Stall
	services *ServiceTimes
	crowds   *Crowds
	queued   *Queued
	sessions *sessionCounter
}

func newSecondPass(r *Run, sessions int64) *secondPass {
	return &secondPass{run: r, windows: r.newFaultWindows(), stalls: r.newStalls(), services: r.newServices(), crowds: r.newCrowds(), queued: r.newQueued(), sessions: r.newSessions(sessions)}
}

func (p *secondPass) add(h *journal.Hit) {
	r := p.run
	warmup := r.Manifest.Phases[h.Phase].Warmup
	for _, o := range r.Onsets {
		o.add(h, warmup)
		if !warmup {
			r.seeErrors(o, h)
		}
	}
	if p.crowds != nil {
		p.crowds.add(h)
	}
	if p.sessions != nil {
		p.sessions.add(h)
	}
	if warmup || h.Class.Ours() {
		return
	}
	p.services.add(h)
	for _, one := range r.Sliding {
		one.add(h)
	}
	if p.queued != nil {
		p.queued.add(h)
	}
	for _, one := range r.Recoveries {
		one.add(h)
	}
	for _, w := range p.windows {
		w.add(h, r.Usual)
	}
	for _, s := range p.stalls {
		s.add(h, r.Usual)
	}
}

func (p *secondPass) finish(r *Run) {
	r.Windows, r.Stalls, r.Services, r.Crowds, r.Queued = p.windows, p.stalls, p.services.finish(), p.crowds, p.queued
	r.Sessions = p.sessions.finish(len(r.Manifest.Requests), len(r.Manifest.Phases))
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
func endOfRun(r *Run, lastHit time.Duration) time.Duration {
	if o := r.Manifest.Outcome; o != nil {
		return time.Duration(max(o.EndNS, 0))
	}
	return max(lastHit, r.Events.last)
}
