package attack

import (
	"net/url"
	"sort"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/replay"
)

// timetable says when the hits of consecutive open phases are due.
type timetable interface {
	// Due returns when hit k is due, since T0, and in which phase; ok is false when
	// there is no hit k. It is a pure function, and grows with k.
	Due(k uint64) (due time.Duration, phase int32, ok bool)
	// Request returns which request of the mix hit k sends, or byWeight.
	Request(k uint64) int32
	// Hits returns the number of hits due in the phase.
	Hits(phase int32) uint64
	// MeanRate returns the phase's mean arrival rate, per second.
	MeanRate(phase int32) float64
}

// replayed is the timetable of phases that are parts of a log, one after the
// other. As in others, phases are half-open: [start, end).
type replayed struct {
	log    *replay.Log
	phase  int32           // the first
	start  time.Duration   // of it
	ends   []time.Duration // of each
	before []int           // before[i] is the number of hits due before ends[i]
}

// newReplayed lays out the phases from first to last, which begin with the log.
func newReplayed(exp *configs.Experiment, first, last int) *replayed {
	r := &replayed{log: exp.Arrivals.Log, phase: int32(first), start: exp.Start(first)}
	for i := first; i <= last; i++ {
		end := exp.Start(i + 1)
		r.ends = append(r.ends, end)
		r.before = append(r.before, r.log.Before(end-r.start))
	}
	return r
}

// Due implements timetable.
func (r *replayed) Due(k uint64) (due time.Duration, phase int32, ok bool) {
	i := sort.Search(len(r.before), func(i int) bool { return uint64(r.before[i]) > k })
	if i == len(r.before) {
		return 0, 0, false
	}
	return r.start + r.log.Due(int(k)), r.phase + int32(i), true
}

// Request implements timetable.
func (r *replayed) Request(k uint64) int32 {
	_, _, group := r.log.Request(int(k))
	return group
}

// Hits implements timetable.
func (r *replayed) Hits(phase int32) uint64 {
	i := phase - r.phase
	if i == 0 {
		return uint64(r.before[0])
	}
	return uint64(r.before[i] - r.before[i-1])
}

// MeanRate implements timetable.
func (r *replayed) MeanRate(phase int32) float64 {
	from, i := r.start, phase-r.phase
	if i > 0 {
		from = r.ends[i-1]
	}
	return float64(r.Hits(phase)) / (r.ends[i] - from).Seconds()
}

// sampled returns the shot as it is sent when a group's request is sent once, by itself.
func (m *mix) sampled(s *shot, group int) (*shot, error) {
	method, target, ok := m.log.Sample(group)
	if !ok {
		return s, nil
	}
	if s.blanks != nil { // what the path and the query are stands in the log
		bare := *s.blanks
		bare.path, bare.query = nil, nil
		s.blanks = bare.differing()
	}
	return s.logged(m.base, method, target)
}

// logged returns a copy of the shot that asks for what a log has.
func (s *shot) logged(base *url.URL, method, target string) (*shot, error) {
	one := *s
	path, query, asked := strings.Cut(target, "?")
	plain, err := url.PathUnescape(path)
	if err != nil {
		return nil, err // Read lets none through
	}
	u := *base
	u.Path = strings.TrimSuffix(base.Path, "/") + plain
	u.RawPath = strings.TrimSuffix(base.EscapedPath(), "/") + path
	u.RawQuery, u.ForceQuery = query, asked
	one.method, one.url = method, &u
	return &one, nil
}

// first is the shot that the target is tried with: with sessions one that needs none.
func (m *mix) first() *shot {
	if m.login != nil {
		return m.shots[m.login.steps[0].request]
	}
	for i := range m.shots {
		if m.log == nil {
			break
		}
		if _, _, ok := m.log.Sample(i); ok {
			return m.shots[i]
		}
	}
	return m.shots[0]
}

// alone is the attack with a mix that is sent as it is, and not as a log has it.
func (a *Attack) alone() *Attack {
	if a.mix.log == nil {
		return a
	}
	mix, one := *a.mix, *a
	mix.log, one.mix = nil, &mix
	return &one
}
