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
	p := m.playing(hang, lift)
	s.Requests = []string{"calling", "plain"}
	for phase, span := range s.Phases {
		for _, due := range m.arrivals(span, rng) {
			h := journal.Hit{Seq: uint64(len(s.Hits)), Phase: int32(phase), Due: due, Sent: due, Code: 200}
			calling := rng.Float64() < m.Share
			if !calling {
				h.Request = 1
			}
			if p.full(due) {
				h.Done, h.Code, h.Class = due+Millisecond, 502, journal.ClassStatus
			} else if h.Done = p.serve(due, calling); m.Gateway > 0 && h.Done-due > m.Gateway {
				h.Done, h.Code, h.Class = due+m.Gateway, 504, journal.ClassStatus
			}
			s.Hits = append(s.Hits, h)
		}
	}
	if lift > 0 {
		s.Fault("payments", "hang", hang, lift)
	}
	m.record(s, p.calls, hang, lift)
	return s
}

// playing is a site while it is played: who is in it, and until when. A request's
// whole course is known as it arrives, since those before it decide it.
type playing struct {
	*MadeUp
	hang, lift time.Duration
	free       []time.Duration // when each worker is
	inside     []time.Duration // when each request that is in is done
	working    []time.Duration // when each ends its own work
	calls      []madeUpCall
}

func (m *MadeUp) playing(hang, lift time.Duration) *playing {
	p := &playing{MadeUp: m, hang: hang, lift: lift, free: make([]time.Duration, m.Workers)}
	for w := range p.free {
		if m.Later > 0 && w >= m.Workers/2 {
			p.free[w] = m.Later
		}
	}
	return p
}

// full reports whether a request that arrives now finds no place: neither a
// worker that has started nor a slot.
func (p *playing) full(now time.Duration) bool {
	p.inside = slices.DeleteFunc(p.inside, func(done time.Duration) bool { return done <= now })
	places := p.Slots
	for _, at := range p.free {
		if p.Later == 0 || at != p.Later || now >= p.Later {
			places++
		}
	}
	return len(p.inside) >= places
}

// serve has the worker that is free first serve a request, and returns when it is done.
func (p *playing) serve(due time.Duration, calling bool) time.Duration {
	slices.Sort(p.free)
	begin := max(due, p.free[0])
	done := begin + p.work(begin, calling)
	p.working = append(p.working, done)
	if calling {
		done = p.call(done)
	}
	p.free[0] = done
	p.inside = append(p.inside, done)
	return done
}

// work is how long a page's own work takes from begin on.
func (p *playing) work(begin time.Duration, calling bool) time.Duration {
	work := p.Own
	if !calling && p.Plain > 0 {
		work = p.Plain
	}
	if p.Cores > 0 {
		p.working = slices.DeleteFunc(p.working, func(end time.Duration) bool { return end <= begin })
		work = time.Duration(float64(work) * max(1, float64(len(p.working)+1)/float64(p.Cores)))
	}
	return work
}

// call makes a page's calls to the dependency, all at once, and returns when they end.
func (p *playing) call(begin time.Duration) time.Duration {
	call := madeUpCall{begin, begin + p.D}
	if p.hang <= call.end && call.begin < p.lift {
		call.end = p.lift
	}
	if p.Timeout > 0 {
		call.end = min(call.end, call.begin+p.Timeout)
	}
	for range max(p.Several, 1) {
		p.calls = append(p.calls, call)
	}
	return call.end
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
