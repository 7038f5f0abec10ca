package reports

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// madeUp is a site whose every figure is known, played request by request: the
// workers serve in order of arrival; a page works, and with the chance share it
// then calls the dependency. Full, a unix socket refuses within a millisecond.
type madeUp struct {
	workers, slots int
	own            time.Duration // work of a page that calls
	plain          time.Duration // of one that does not; 0: the same
	share          float64
	d              time.Duration // the dependency, when well
	timeout        time.Duration // of a call; 0 is none
	gateway        time.Duration // 0: for ever
	several        int           // calls at once; 0 is 1
	cores          int           // when own work computes: it takes as much longer as more than these work; 0: it sleeps
	later          time.Duration // when half of the workers start; 0: they are there
	poisson        bool
	seed           uint64
}

// meanS is S, the mean time that a request holds a worker, seconds.
func (m *madeUp) meanS() float64 {
	plain := m.plain
	if plain == 0 {
		plain = m.own
	}
	return m.share*(m.own+m.d).Seconds() + (1-m.share)*plain.Seconds()
}

type madeUpCall struct{ begin, end time.Duration }

// play fills a scenario with the hits of its phases and the events of a hang
// in [hang, lift); none if lift is 0.
func (m *madeUp) play(s *scenario, hang, lift time.Duration) *scenario {
	rng := rand.New(rand.NewPCG(m.seed, 1))
	free := make([]time.Duration, m.workers)
	for w := range free {
		if m.later > 0 && w >= m.workers/2 {
			free[w] = m.later
		}
	}
	var inside, working []time.Duration // when each that is in is done; when each ends its own work
	var calls []madeUpCall
	s.Requests = []string{"calling", "plain"}
	for phase, span := range s.Phases {
		for _, due := range m.arrivals(span, rng) {
			h := journal.Hit{Seq: uint64(len(s.hits)), Phase: int32(phase), Due: due, Sent: due, Code: 200}
			calling := rng.Float64() < m.share
			if !calling {
				h.Request = 1
			}
			inside = slices.DeleteFunc(inside, func(done time.Duration) bool { return done <= due })
			places := m.slots
			for _, at := range free {
				if m.later == 0 || at != m.later || due >= m.later {
					places++
				}
			}
			if len(inside) >= places {
				h.Done, h.Code, h.Class = due+milli, 502, journal.ClassStatus
				s.hits = append(s.hits, h)
				continue
			}
			slices.Sort(free)
			begin := max(due, free[0])
			work := m.own
			if !calling && m.plain > 0 {
				work = m.plain
			}
			if m.cores > 0 {
				working = slices.DeleteFunc(working, func(end time.Duration) bool { return end <= begin })
				work = time.Duration(float64(work) * max(1, float64(len(working)+1)/float64(m.cores)))
			}
			done := begin + work
			working = append(working, done)
			if calling {
				call := madeUpCall{done, done + m.d}
				if hang <= call.end && call.begin < lift {
					call.end = lift
				}
				if m.timeout > 0 {
					call.end = min(call.end, call.begin+m.timeout)
				}
				done = call.end
				for range max(m.several, 1) {
					calls = append(calls, call)
				}
			}
			free[0] = done
			inside = append(inside, done)
			if h.Done = done; m.gateway > 0 && done-due > m.gateway {
				h.Done, h.Code, h.Class = due+m.gateway, 504, journal.ClassStatus
			}
			s.hits = append(s.hits, h)
		}
	}
	if lift > 0 {
		s.fault("payments", "hang", hang, lift)
	}
	m.record(s, calls, hang, lift)
	return s
}

func (m *madeUp) arrivals(span journal.PhaseSpan, rng *rand.Rand) (due []time.Duration) {
	start, end := time.Duration(span.StartNS), time.Duration(span.EndNS)
	gap := float64(second) / span.RateMean
	for k, at := 0.0, float64(start); ; k++ {
		if at = at + gap*rng.ExpFloat64(); !m.poisson {
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
func (m *madeUp) record(s *scenario, calls []madeUpCall, hang, lift time.Duration) {
	seconds := int(math.Ceil(time.Duration(s.Outcome.EndNS).Seconds()))
	use := make([]journal.Usage, seconds)
	for i, c := range calls {
		if b := int(c.begin / second); b < seconds {
			use[b].Calls++
		}
		if e := int(c.end / second); e < seconds {
			use[e].Ended++
			use[e].HeldNS += int64(c.end - c.begin)
		}
		if lift == 0 || c.end < hang || c.begin >= lift {
			continue
		}
		index, held := 0, int64(c.end-c.begin)
		s.events = append(s.events, journal.Event{AtNS: int64(c.end), Kind: journal.ConnClosed, Connection: &journal.Connection{
			ID: int64(i), Dependency: "payments", OpenedNS: int64(c.begin), ClosedNS: int64(c.end), ClosedBy: "site", Requests: 1, Fault: &index, HeldNS: &held,
			Waiting: c.end < lift,
		}})
	}
	for i := range use {
		use[i].Dependency, use[i].Seconds = "payments", 1
		s.events = append(s.events, journal.Event{AtNS: int64(i+1) * int64(second), Kind: journal.Used, Usage: &use[i]})
	}
}

// rated is an open phase at a rate.
func rated(name string, length time.Duration, rate float64) journal.PhaseSpan {
	return journal.PhaseSpan{Name: name, EndNS: int64(length), Kind: "open", Hits: uint64(rate * length.Seconds()), RateFrom: rate, RateTo: rate, RateMean: rate}
}
