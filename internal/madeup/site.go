package madeup

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// MadeUp is a site whose every figure is known, played request by request: the
// workers serve in order of arrival; a page works, and with the chance share it
// then calls the dependency. Full, a unix socket refuses within a millisecond.
type MadeUp struct {
	Workers, Slots int
	Own            time.Duration // work of a page that calls
	Plain          time.Duration // of one that does not; 0: the same
	Share          float64
	D              time.Duration // the dependency, when well
	Timeout        time.Duration // of a call; 0 is none
	Gateway        time.Duration // 0: for ever
	Several        int           // calls at once; 0 is 1
	Cores          int           // when own work computes: it takes as much longer as more than these work; 0: it sleeps
	Later          time.Duration // when half of the workers start; 0: they are there
	Poisson        bool
	Seed           uint64
}

// MeanS is S, the mean time that a request holds a worker, seconds.
func (m *MadeUp) MeanS() float64 {
	plain := m.Plain
	if plain == 0 {
		plain = m.Own
	}
	return m.Share*(m.Own+m.D).Seconds() + (1-m.Share)*plain.Seconds()
}

type madeUpCall struct{ begin, end time.Duration }

// Play fills a scenario with the hits of its phases and the events of a hang
// in [hang, lift); none if lift is 0.
func (m *MadeUp) Play(s *Scenario, hang, lift time.Duration) *Scenario {
	rng := rand.New(rand.NewPCG(m.Seed, 1))
	free := make([]time.Duration, m.Workers)
	for w := range free {
		if m.Later > 0 && w >= m.Workers/2 {
			free[w] = m.Later
		}
	}
	var inside, working []time.Duration // when each that is in is done; when each ends its own work
	var calls []madeUpCall
	s.Requests = []string{"calling", "plain"}
	for phase, span := range s.Phases {
		for _, due := range m.arrivals(span, rng) {
			h := journal.Hit{Seq: uint64(len(s.Hits)), Phase: int32(phase), Due: due, Sent: due, Code: 200}
			calling := rng.Float64() < m.Share
			if !calling {
				h.Request = 1
			}
			inside = slices.DeleteFunc(inside, func(done time.Duration) bool { return done <= due })
			places := m.Slots
			for _, at := range free {
				if m.Later == 0 || at != m.Later || due >= m.Later {
					places++
				}
			}
			if len(inside) >= places {
				h.Done, h.Code, h.Class = due+Millisecond, 502, journal.ClassStatus
				s.Hits = append(s.Hits, h)
				continue
			}
			slices.Sort(free)
			begin := max(due, free[0])
			work := m.Own
			if !calling && m.Plain > 0 {
				work = m.Plain
			}
			if m.Cores > 0 {
				working = slices.DeleteFunc(working, func(end time.Duration) bool { return end <= begin })
				work = time.Duration(float64(work) * max(1, float64(len(working)+1)/float64(m.Cores)))
			}
			done := begin + work
			working = append(working, done)
			if calling {
				call := madeUpCall{done, done + m.D}
				if hang <= call.end && call.begin < lift {
					call.end = lift
				}
				if m.Timeout > 0 {
					call.end = min(call.end, call.begin+m.Timeout)
				}
				done = call.end
				for range max(m.Several, 1) {
					calls = append(calls, call)
				}
			}
			free[0] = done
			inside = append(inside, done)
			if h.Done = done; m.Gateway > 0 && done-due > m.Gateway {
				h.Done, h.Code, h.Class = due+m.Gateway, 504, journal.ClassStatus
			}
			s.Hits = append(s.Hits, h)
		}
	}
	if lift > 0 {
		s.Fault("payments", "hang", hang, lift)
	}
	m.record(s, calls, hang, lift)
	return s
}

func (m *MadeUp) arrivals(span journal.PhaseSpan, rng *rand.Rand) (due []time.Duration) {
	start, end := time.Duration(span.StartNS), time.Duration(span.EndNS)
	gap := float64(Second) / span.RateMean
	for k, at := 0.0, float64(start); ; k++ {
		if at = at + gap*rng.ExpFloat64(); !m.Poisson {
			at = float64(start) + k*gap
		}
		if at >= float64(end) {
			return due
		}
		due = append(due, time.Duration(at))
	}
}

// record writes what a proxy would have: connections that met the fault, and
// the use in each second.
func (m *MadeUp) record(s *Scenario, calls []madeUpCall, hang, lift time.Duration) {
	seconds := int(math.Ceil(time.Duration(s.Outcome.EndNS).Seconds()))
	use := make([]journal.Usage, seconds)
	for i, c := range calls {
		if b := int(c.begin / Second); b < seconds {
			use[b].Calls++
		}
		if e := int(c.end / Second); e < seconds {
			use[e].Ended++
			use[e].HeldNS += int64(c.end - c.begin)
		}
		if lift == 0 || c.end < hang || c.begin >= lift {
			continue
		}
		index, held := 0, int64(c.end-c.begin)
		s.Events = append(s.Events, journal.Event{AtNS: int64(c.end), Kind: journal.ConnClosed, Connection: &journal.Connection{
			ID: int64(i), Dependency: "payments", OpenedNS: int64(c.begin), ClosedNS: int64(c.end), ClosedBy: "site", Requests: 1, Fault: &index, HeldNS: &held,
			Waiting: c.end < lift,
		}})
	}
	for i := range use {
		use[i].Dependency, use[i].Seconds = "payments", 1
		s.Events = append(s.Events, journal.Event{AtNS: int64(i+1) * int64(Second), Kind: journal.Used, Usage: &use[i]})
	}
}

// Rated is an open phase at a rate.
func Rated(name string, length time.Duration, rate float64) journal.PhaseSpan {
	return journal.PhaseSpan{Name: name, EndNS: int64(length), Kind: "open", Hits: uint64(rate * length.Seconds()), RateFrom: rate, RateTo: rate, RateMean: rate}
}
