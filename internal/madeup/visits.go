package madeup

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Kind is one of a mix of visits.
type Kind struct {
	Name   string
	Weight int
	Steps  []Step
}

// Step is one of a visit's. Think is the time before it, from the answer before.
type Step struct {
	Name  string
	Think time.Duration
	Calls bool // it calls the dependency of a MadeUp site
}

// Shop is three visits that browse (home, list) to each that buys (cart, pay), of
// which the last step calls payments.
func Shop(think time.Duration) []Kind {
	return []Kind{
		{"browse", 3, []Step{{"home", 0, false}, {"list", think, false}}},
		{"buy", 1, []Step{{"cart", 0, false}, {"pay", think, true}}},
	}
}

// Visited is an open phase of so many visits a second.
func Visited(name string, length time.Duration, rate float64) journal.PhaseSpan {
	return journal.PhaseSpan{Name: name, EndNS: int64(length), Kind: "open", Visits: uint64(rate * length.Seconds()),
		VisitRateFrom: rate, VisitRateTo: rate, VisitRateMean: rate}
}

// OfVisits makes a scenario one of visits.
func (s *Scenario) OfVisits(kinds []Kind) *Scenario {
	s.Requests, s.Manifest.Visits = nil, nil
	weights, steps := 0, 0.0
	for _, k := range kinds {
		weights += k.Weight
	}
	for _, k := range kinds {
		share := float64(k.Weight) / float64(weights)
		s.Manifest.Visits = append(s.Manifest.Visits, journal.Visit{Name: k.Name, Steps: len(k.Steps), Weight: share})
		steps += share * float64(len(k.Steps))
		for _, one := range k.Steps {
			s.Requests = append(s.Requests, k.Name+"/"+one.Name)
		}
	}
	for i := range s.Phases {
		p := &s.Phases[i]
		p.RateFrom, p.RateTo, p.RateMean = p.VisitRateFrom*steps, p.VisitRateTo*steps, p.VisitRateMean*steps
	}
	return s
}

// DriveVisits begins all visits that are due, evenly and the kinds in turn, and takes
// each step when the answer before it was thought about. Each is answered well after
// 100 ms, unless answer changes that; it is asked in the order of time.
func (s *Scenario) DriveVisits(kinds []Kind, answer func(h *journal.Hit)) *Scenario {
	s.OfVisits(kinds)
	due := s.beginnings(kinds)
	for len(due) > 0 {
		h := due[0]
		due = due[1:]
		kind, first := kindOf(kinds, int(h.Request))
		h.Seq, h.Phase, h.Sent, h.Done, h.Code = uint64(len(s.Hits)), s.phaseOf(h.Due), h.Due, h.Due+100*Millisecond, 200
		if answer != nil {
			answer(&h)
		}
		s.Hits = append(s.Hits, h)
		if next := int(h.Step) + 1; h.Class == journal.ClassOK && next < len(kind.Steps) {
			step := journal.Hit{Visit: h.Visit, Session: h.Session, Step: int32(next), Request: int32(first + next), Due: h.Done + kind.Steps[next].Think}
			if step.Due < time.Duration(s.Outcome.EndNS) {
				at, _ := slices.BinarySearchFunc(due, step, byDue)
				due = slices.Insert(due, at, step)
			}
		}
	}
	return s
}

func byDue(a, b journal.Hit) int {
	return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Visit, b.Visit))
}

// beginnings are the first steps of all visits that are due.
func (s *Scenario) beginnings(kinds []Kind) (list []journal.Hit) {
	var turns []int32 // first requests, each as often as its kind's weight
	first := 0
	for _, k := range kinds {
		turns = append(turns, slices.Repeat([]int32{int32(first)}, k.Weight)...)
		first += len(k.Steps)
	}
	for _, p := range s.Phases {
		for k := range p.Visits {
			n := len(list)
			list = append(list, journal.Hit{Visit: uint64(n + 1), Request: turns[n%len(turns)],
				Due: time.Duration(p.StartNS + int64(k)*(p.EndNS-p.StartNS)/int64(p.Visits))})
		}
	}
	return list
}

// kindOf is the kind of visit that a request is a step of, and the first of its requests.
func kindOf(kinds []Kind, request int) (kind Kind, first int) {
	for _, k := range kinds {
		if request < first+len(k.Steps) {
			return k, first
		}
		first += len(k.Steps)
	}
	panic("no such request")
}

func (s *Scenario) phaseOf(due time.Duration) (phase int32) {
	for i, p := range s.Phases {
		if time.Duration(p.StartNS) <= due {
			phase = int32(i)
		}
	}
	return phase
}

// Visit fills a scenario with visits to the site, of whose steps that call the share Share
// does, and the events of a hang in
// [hang, lift); none if lift is 0.
func (m *MadeUp) Visit(s *Scenario, kinds []Kind, hang, lift time.Duration) *Scenario {
	p, rng := m.playing(hang, lift), rand.New(rand.NewPCG(m.Seed, 1))
	s.DriveVisits(kinds, func(h *journal.Hit) {
		kind, first := kindOf(kinds, int(h.Request))
		if p.full(h.Due) {
			h.Done, h.Code, h.Class = h.Due+Millisecond, 502, journal.ClassStatus
		} else if h.Done = p.serve(h.Due, kind.Steps[int(h.Request)-first].Calls && rng.Float64() < m.Share); m.Gateway > 0 && h.Done-h.Due > m.Gateway {
			h.Done, h.Code, h.Class = h.Due+m.Gateway, 504, journal.ClassStatus
		}
	})
	if lift > 0 {
		s.Fault("payments", "hang", hang, lift)
	}
	m.record(s, p.calls, hang, lift)
	return s
}
