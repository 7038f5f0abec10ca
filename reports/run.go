package reports

import (
	"fmt"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// run is what happened in a run, counted.
type run struct {
	manifest   journal.Manifest
	experiment []byte
	end        time.Duration // since T0
	events     *eventIndex
	observed   []journal.Observation
	faults     []*playedFault // in the order of applying
	traffic    *traffic
	timeline   *timeline
	cells      *cells
	throughput throughput
	usual      usualService
	services   *services
	onsets     []*onset      // the earliest first
	firstUnder []*firstError // by phase, the first gateway error under a fault; nil is none
	recoveries []*recovery   // in the order of lifting
	baselineS  int           // seconds that the recoveries are held against
	windows    []*faultWindow
	doses      []*dose
	giveUps    stats.Histogram // ns that the gateway waited before it answered 504
	closes     heldCloses
	crowds     *crowds
}

// measureBundle counts what happened in the run that a bundle is the record of. The
// order of its hits does not matter. They are read twice; memory does not grow
// with their number. Quantiles are off by at most stats.MaxRelativeError. The
// error is the bundle's: it can't be read, or contradicts itself.
func measureBundle(b *journal.Bundle) (*run, error) {
	c, err := b.Contents()
	if err != nil {
		return nil, err
	}
	return measureContents(c)
}

// measureContents does the same with what a bundle holds.
func measureContents(c journal.Contents) (*run, error) {
	r := &run{manifest: c.Manifest, experiment: c.Experiment, events: indexEvents(c.Events), observed: c.Observations}
	r.faults = playedFaults(r.events)
	first := newFirstPass(r)
	if err := read(c, first.add); err != nil {
		return nil, err
	}
	lost := first.finish(r)
	second := newSecondPass(r)
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
			add(h)
		}
	}
	return nil
}

// firstPass gathers all that can be counted without knowing when things began.
type firstPass struct {
	phases     []journal.PhaseSpan
	traffic    *trafficCounter
	timeline   *timelineCounter
	cells      *cellCounter
	throughput throughput
	errors     firstErrors
	baseline   *baseline
	usual      *serviceBaseline
	doses      []*dose
	giveUps    stats.Histogram
	unended    *unended
}

func newFirstPass(r *run) *firstPass {
	m, long := r.manifest, planned(r.manifest)
	return &firstPass{
		phases: m.Phases, traffic: newTrafficCounter(m), timeline: newTimelineCounter(long), cells: newCellCounter(long, len(m.Requests)),
		errors: newFirstErrors(len(m.Phases), r.faults), baseline: newBaseline(m, r.faults),
		usual: newServiceBaseline(len(m.Requests), r.faults), doses: newDoses(r.events, r.faults), unended: newUnended(m),
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
func (p *firstPass) finish(r *run) []journal.Hit {
	known := max(p.traffic.last, endOfRun(r, p.traffic.last))
	lost := p.unended.until(known)
	for i := range lost {
		p.count(&lost[i])
	}
	r.end = endOfRun(r, p.traffic.last)
	r.traffic, r.timeline, r.cells, r.throughput = p.traffic.finish(), p.timeline.finish(r.end), p.cells.finish(), p.throughput
	r.usual, r.doses, r.giveUps = p.usual.finish(), p.doses, p.giveUps
	r.onsets, r.firstUnder = r.findOnsets(p.errors), p.errors.byPhase
	r.closes = newHeldCloses(r.events.closed)
	r.recoveries, r.baselineS = r.liftedFaults(p.baseline), len(p.baseline.seconds)
	return lost
}

// secondPass looks at the moments that the first one found.
type secondPass struct {
	run      *run
	windows  []*faultWindow
	services *services
	crowds   *crowds
}

func newSecondPass(r *run) *secondPass {
	return &secondPass{run: r, windows: r.newFaultWindows(), services: r.newServices(), crowds: r.newCrowds()}
}

func (p *secondPass) add(h *journal.Hit) {
	r := p.run
	warmup := r.manifest.Phases[h.Phase].Warmup
	for _, o := range r.onsets {
		o.add(h, warmup)
		if !warmup {
			r.seeErrors(o, h)
		}
	}
	if p.crowds != nil {
		p.crowds.add(h)
	}
	if warmup || h.Class.Ours() {
		return
	}
	p.services.add(h)
	for _, one := range r.recoveries {
		one.add(h)
	}
	for _, w := range p.windows {
		w.add(h, r.usual)
	}
}

func (p *secondPass) finish(r *run) {
	r.windows, r.services, r.crowds = p.windows, p.services, p.crowds
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
func endOfRun(r *run, lastHit time.Duration) time.Duration {
	if o := r.manifest.Outcome; o != nil {
		return time.Duration(max(o.EndNS, 0))
	}
	return max(lastHit, r.events.last)
}
