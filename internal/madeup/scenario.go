// Package madeup makes up runs for tests by hand: the contents of a bundle, with
// every figure of the site known.
package madeup

import (
	"iter"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

const (
	Second      = time.Second
	Millisecond = time.Millisecond
)

// Scenario is a run made up by hand: the parts of a bundle, in memory.
type Scenario struct {
	journal.Manifest
	Experiment []byte
	Hits       []journal.Hit
	Events     []journal.Event
}

// NewScenario is a complete run of open phases, one after the other, with no hits yet.
func NewScenario(phases ...journal.PhaseSpan) *Scenario {
	s := &Scenario{Manifest: journal.Manifest{
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

// Phase is an open phase at 8 requests a second.
func Phase(name string, length time.Duration) journal.PhaseSpan {
	return journal.PhaseSpan{Name: name, EndNS: int64(length), Kind: "open", Hits: uint64(8 * length / Second), RateFrom: 8, RateTo: 8, RateMean: 8}
}

func Warmup(length time.Duration) journal.PhaseSpan {
	p := Phase("warmup", length)
	p.Warmup = true
	return p
}

// Drive sends all that is due, evenly, and has each hit answered well after
// 100 ms, unless answer changes that.
func (s *Scenario) Drive(answer func(h *journal.Hit)) *Scenario {
	for i, p := range s.Phases {
		for k := range p.Hits {
			due := time.Duration(p.StartNS + int64(k)*(p.EndNS-p.StartNS)/int64(p.Hits))
			h := journal.Hit{Seq: uint64(len(s.Hits)), Phase: int32(i), Due: due, Sent: due, Done: due + 100*Millisecond, Code: 200}
			if answer != nil {
				answer(&h)
			}
			s.Hits = append(s.Hits, h)
		}
	}
	return s
}

// Fault plays a fault that held 21 requests on 4 connections and was lifted.
func (s *Scenario) Fault(dependency, kind string, applied, lifted time.Duration) *Scenario {
	f := journal.Fault{Index: len(s.Events) / 2, Dependency: dependency, Kind: kind, Share: 1}
	for _, p := range s.Phases {
		if time.Duration(p.StartNS) <= applied {
			f.Phase = p.Name
		}
	}
	done := f
	done.Connections, done.RequestsHeld, done.UndoConfirmed = new(int64(4)), new(int64(21)), new(true)
	s.Events = append(s.Events,
		journal.Event{AtNS: int64(applied), Kind: journal.FaultApplied, Fault: &f},
		journal.Event{AtNS: int64(lifted), Kind: journal.FaultLifted, Fault: &done})
	return s
}

// LastFault returns what was written when the last fault was lifted.
func (s *Scenario) LastFault() *journal.Fault { return s.Events[len(s.Events)-1].Fault }

// Ended says how the run ended, and why.
func (s *Scenario) Ended(status, err string) *Scenario {
	s.Outcome.Status, s.Outcome.Error = status, err
	return s
}

// Asking gives the run objectives.
func (s *Scenario) Asking(texts ...string) *Scenario {
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

func (s *Scenario) Contents() journal.Contents {
	return journal.Contents{Manifest: s.Manifest, Experiment: s.Experiment, Events: s.Events, Hits: batches(s.Hits)}
}

// Pool is the site of physics.md: workers that serve in order of arrival, for
// service each, and slots that wait for one; a request that finds both full
// gets a 502 within 1 ms. While the dependency hangs no service ends; what waits
// longer than patience gets a 504, and keeps its place.
type Pool struct {
	Workers, Slots int
	Service        time.Duration
	Hang, Lift     time.Duration
	patience       time.Duration   // 0 is without end
	free           []time.Duration // when each worker is free; sorted
	inside         []time.Duration // when each that was let in is done
}

func (p *Pool) Answer(h *journal.Hit) {
	if p.free == nil {
		p.free = make([]time.Duration, p.Workers)
	}
	p.inside = slices.DeleteFunc(p.inside, func(done time.Duration) bool { return done <= h.Due })
	if len(p.inside) == p.Workers+p.Slots {
		h.Done, h.Code, h.Class = h.Due+Millisecond, 502, journal.ClassStatus
		return
	}
	begin := max(h.Due, p.free[0])
	h.Done = begin + p.Service
	if h.Done > p.Hang && begin < p.Lift {
		h.Done = p.Lift // the withheld answer comes at once when the fault is lifted
	}
	p.free[0] = h.Done
	slices.Sort(p.free)
	p.inside = append(p.inside, h.Done)
	if p.patience > 0 && h.Done > h.Due+p.patience {
		Bad(h, 504)
		h.Done = h.Due + p.patience
	}
}

// Hang is physics.md row 4: 4 workers, 17 slots, 8 requests a second, 100 ms
// each; payments hangs from 15 s to 25 s.
//
//	warmup 0..3   baseline 3..13   hang 13..28   recovery 28..38
func Hang() *Scenario { return HangWith(0) }

// HangWith is hang behind a gateway that waits for patience.
func HangWith(patience time.Duration) *Scenario {
	s := NewScenario(Warmup(3*Second), Phase("baseline", 10*Second), Phase("hang", 15*Second), Phase("recovery", 10*Second))
	p := &Pool{Workers: 4, Slots: 17, Service: 100 * Millisecond, Hang: 15 * Second, Lift: 25 * Second, patience: patience}
	return s.Drive(p.Answer).Fault("payments", "hang", 15*Second, 25*Second)
}

// Harmless is ten good seconds of baseline and ten in which payments hangs, from 12
// to 15 s, and does no harm.
func Harmless() *Scenario {
	return NewScenario(Phase("baseline", 10*Second), Phase("hang", 10*Second)).Drive(nil).Fault("payments", "hang", 12*Second, 15*Second)
}

// Use records a second of use of a dependency.
func (s *Scenario) Use(second int, u journal.Usage) {
	u.Seconds = 1
	s.Events = append(s.Events, journal.Event{AtNS: int64(time.Duration(second+1)*time.Second + 3*Millisecond), Kind: journal.Used, Usage: &u})
}

// Bad makes the hit a bad answer of that status.
func Bad(h *journal.Hit, code int32) { h.Code, h.Class = code, journal.ClassStatus }

// Caught records a call that fault 0 caught: when it began, how long it waited, who ended it.
func (s *Scenario) Caught(began, held time.Duration, by string, waiting bool) {
	index, ns := 0, int64(held)
	s.Events = append(s.Events, journal.Event{AtNS: int64(began + held), Kind: journal.ConnClosed, Connection: &journal.Connection{
		ID: int64(len(s.Events)), Dependency: "payments", OpenedNS: int64(began), ClosedNS: int64(began + held), ClosedBy: by, Requests: 1, Fault: &index, HeldNS: &ns, Waiting: waiting}})
}

// KilledAt leaves of a run what one that is killed at moment t leaves: the hits that had ended, and no outcome.
func KilledAt(s *Scenario, t time.Duration) *Scenario {
	s.Outcome = nil
	s.Hits = slices.DeleteFunc(s.Hits, func(h journal.Hit) bool { return h.Done > t })
	s.Events = slices.DeleteFunc(s.Events, func(e journal.Event) bool { return e.AtNS > int64(t) })
	return s
}
