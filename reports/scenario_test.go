package reports

import (
	"iter"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

const (
	second = time.Second
	milli  = time.Millisecond
)

// scenario is a run made up by hand: the parts of a bundle, in memory.
type scenario struct {
	journal.Manifest
	experiment []byte
	hits       []journal.Hit
	events     []journal.Event
}

// newScenario is a complete run of open phases, one after the other, with no hits yet.
func newScenario(phases ...journal.PhaseSpan) *scenario {
	s := &scenario{Manifest: journal.Manifest{
		Schema: journal.Schema, ToolVersion: "test", Name: "made-up", Target: "http://127.0.0.1:8081", Seed: 1, Arrivals: "uniform",
		T0: time.Date(2026, 11, 22, 15, 4, 0, 0, time.UTC), Requests: []string{"checkout"}, Dependencies: []journal.Dependency{{Name: "payments", Listen: "127.0.0.1:9901"}},
	}}
	var at time.Duration
	for _, p := range phases {
		p.StartNS += int64(at)
		p.EndNS += int64(at)
		at = time.Duration(p.EndNS)
		s.Phases = append(s.Phases, p)
	}
	s.Outcome = &journal.Outcome{EndNS: int64(at), Status: "complete", Undone: true}
	return s
}

// phase is an open phase at 8 requests a second.
func phase(name string, length time.Duration) journal.PhaseSpan {
	return journal.PhaseSpan{Name: name, EndNS: int64(length), Kind: "open", Hits: uint64(8 * length / second), RateFrom: 8, RateTo: 8, RateMean: 8}
}

func warmup(length time.Duration) journal.PhaseSpan {
	p := phase("warmup", length)
	p.Warmup = true
	return p
}

// drive sends all that is due, evenly, and has each hit answered well after
// 100 ms, unless answer changes that.
func (s *scenario) drive(answer func(h *journal.Hit)) *scenario {
	for i, p := range s.Phases {
		for k := range p.Hits {
			due := time.Duration(p.StartNS + int64(k)*(p.EndNS-p.StartNS)/int64(p.Hits))
			h := journal.Hit{Seq: uint64(len(s.hits)), Phase: int32(i), Due: due, Sent: due, Done: due + 100*milli, Code: 200}
			if answer != nil {
				answer(&h)
			}
			s.hits = append(s.hits, h)
		}
	}
	return s
}

// fault plays a fault that held 21 requests on 4 connections and was lifted.
func (s *scenario) fault(dependency, kind string, applied, lifted time.Duration) *scenario {
	f := journal.Fault{Index: len(s.events) / 2, Dependency: dependency, Kind: kind, Share: 1}
	for _, p := range s.Phases {
		if time.Duration(p.StartNS) <= applied {
			f.Phase = p.Name
		}
	}
	done := f
	done.Connections, done.RequestsHeld, done.UndoConfirmed = new(int64(4)), new(int64(21)), new(true)
	s.events = append(s.events,
		journal.Event{AtNS: int64(applied), Kind: journal.FaultApplied, Fault: &f},
		journal.Event{AtNS: int64(lifted), Kind: journal.FaultLifted, Fault: &done})
	return s
}

// lastFault returns what was written when the last fault was lifted.
func (s *scenario) lastFault() *journal.Fault { return s.events[len(s.events)-1].Fault }

func (s *scenario) objectives(texts ...string) *scenario {
	s.Objectives = texts
	return s
}

// batches yields the hits as a bundle does, a few at a time in a slice that is used again.
func batches(hits []journal.Hit) func() iter.Seq2[[]journal.Hit, error] {
	return func() iter.Seq2[[]journal.Hit, error] {
		return func(yield func([]journal.Hit, error) bool) {
			batch := make([]journal.Hit, 0, 64)
			for part := range slices.Chunk(hits, 64) {
				batch = append(batch[:0], part...)
				if !yield(batch, nil) {
					return
				}
			}
		}
	}
}

func (s *scenario) contents() journal.Contents {
	return journal.Contents{Manifest: s.Manifest, Experiment: s.experiment, Events: s.events, Hits: batches(s.hits)}
}

// pool is the site of physics.md: workers that serve in order of arrival, for
// service each, and slots that wait for one; a request that finds both full
// gets a 502 within 1 ms. While the dependency hangs no service ends; what waits
// longer than patience gets a 504, and keeps its place.
type pool struct {
	workers, slots int
	service        time.Duration
	hang, lift     time.Duration
	patience       time.Duration   // 0 is without end
	free           []time.Duration // when each worker is free; sorted
	inside         []time.Duration // when each that was let in is done
}

func (p *pool) answer(h *journal.Hit) {
	if p.free == nil {
		p.free = make([]time.Duration, p.workers)
	}
	p.inside = slices.DeleteFunc(p.inside, func(done time.Duration) bool { return done <= h.Due })
	if len(p.inside) == p.workers+p.slots {
		h.Done, h.Code, h.Class = h.Due+milli, 502, journal.ClassStatus
		return
	}
	begin := max(h.Due, p.free[0])
	h.Done = begin + p.service
	if h.Done > p.hang && begin < p.lift {
		h.Done = p.lift // the withheld answer comes at once when the fault is lifted
	}
	p.free[0] = h.Done
	slices.Sort(p.free)
	p.inside = append(p.inside, h.Done)
	if p.patience > 0 && h.Done > h.Due+p.patience {
		bad(h, 504)
		h.Done = h.Due + p.patience
	}
}

// hang is physics.md row 4: 4 workers, 17 slots, 8 requests a second, 100 ms
// each; payments hangs from 15 s to 25 s.
//
//	warmup 0..3   baseline 3..13   hang 13..28   recovery 28..38
func hang() *scenario { return hangWith(0) }

// hangWith is hang behind a gateway that waits for patience.
func hangWith(patience time.Duration) *scenario {
	s := newScenario(warmup(3*second), phase("baseline", 10*second), phase("hang", 15*second), phase("recovery", 10*second))
	p := &pool{workers: 4, slots: 17, service: 100 * milli, hang: 15 * second, lift: 25 * second, patience: patience}
	return s.drive(p.answer).fault("payments", "hang", 15*second, 25*second)
}
