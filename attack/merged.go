package attack

import (
	"sync"
	"time"

	"github.com/tailback/tailback/configs"
)

// mergedBlock is the number of hits that are merged at a time.
const mergedBlock = 4096

// byWeight is the request of a hit for which the mix picks one.
const byWeight int32 = -1

// merged is the timetable of phases in which requests have rates of their own: hit k is
// the k-th earliest of all streams, of two at the same time that of the former stream.
// As in poisson, only where each block begins is kept, so that any hit can be found again.
type merged struct {
	streams []stream
	total   uint64
	mu      sync.Mutex
	before  [][]uint64   // before[b][i] is the number of hits of stream i before block b
	blocks  [2]hitsBlock // the last two used: the pacer and the senders are at most a block apart
}

// stream is the arrivals of one request, or of those with a weight.
type stream struct {
	*Schedule
	request int32 // or byWeight
}

type hitsBlock struct {
	index uint64
	hits  []streamHit
}

type streamHit struct {
	due           time.Duration
	phase, stream int32
}

// newTimetable lays out the open phases from first to last, which start at this time since T0.
func newTimetable(exp *configs.Experiment, first, last int, start time.Duration, seed uint64) timetable {
	if exp.Arrivals.Log != nil {
		return newReplayed(exp, first, last)
	}
	streams := newStreams(exp, first, last, start, seed)
	if len(streams) == 1 && streams[0].request == byWeight {
		return streams[0].Schedule
	}
	m := &merged{streams: streams, before: [][]uint64{make([]uint64, len(streams))}}
	for _, s := range streams {
		m.total += s.total()
	}
	return m
}

// newStreams are the arrivals of the requests with a weight, if there are any, and of each
// with a rate of its own. Evenly spaced ones begin one after the other: streams of the
// same rate would else send all of their hits at once.
func newStreams(exp *configs.Experiment, first, last int, start time.Duration, seed uint64) []stream {
	phases := exp.Phases[first : last+1]
	var all []stream
	own, weighted := false, false
	for _, r := range exp.Requests {
		own, weighted = own || r.Rate != nil, weighted || r.Weight > 0
	}
	if weighted || !own {
		all = append(all, stream{NewSchedule(phases, first, start, exp.Arrivals.Kind, seed), byWeight})
	}
	for i, r := range exp.Requests {
		if r.Rate != nil {
			apart := splitmix64(seed ^ splitmix64(uint64(i)+1))
			all = append(all, stream{NewSchedule(steady(phases, *r.Rate), first, start, exp.Arrivals.Kind, apart), int32(i)})
		}
	}
	for i := range all {
		if part := float64(i) / float64(len(all)); exp.Arrivals.Kind != configs.Poisson && i > 0 {
			all[i].unit = func(k uint64) float64 { return float64(k) + part }
		}
	}
	return all
}

// steady is the phases at one rate.
func steady(phases []configs.Phase, rate configs.Hz) []configs.Phase {
	all := make([]configs.Phase, len(phases))
	for i, p := range phases {
		all[i] = configs.Phase{Duration: p.Duration, Rate: &configs.Rate{From: float64(rate), To: float64(rate)}}
	}
	return all
}

// Due implements timetable.
func (m *merged) Due(k uint64) (due time.Duration, phase int32, ok bool) {
	if k >= m.total {
		return 0, 0, false
	}
	h := m.hit(k)
	return h.due, h.phase, true
}

// Request implements timetable.
func (m *merged) Request(k uint64) int32 {
	if k >= m.total {
		return byWeight
	}
	return m.streams[m.hit(k).stream].request
}

// Hits implements timetable.
func (m *merged) Hits(phase int32) (n uint64) {
	for _, s := range m.streams {
		n += s.Hits(phase)
	}
	return n
}

// MeanRate implements timetable.
func (m *merged) MeanRate(phase int32) (rate float64) {
	for _, s := range m.streams {
		rate += s.MeanRate(phase)
	}
	return rate
}

func (m *merged) hit(k uint64) streamHit {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.block(k / mergedBlock)[k%mergedBlock]
}

func (m *merged) block(b uint64) []streamHit {
	slot := &m.blocks[b%2]
	if slot.index == b && slot.hits != nil {
		return slot.hits
	}
	for next := uint64(len(m.before)); next <= b; next++ {
		_, before := m.merge(m.before[next-1])
		m.before = append(m.before, before)
	}
	hits, _ := m.merge(m.before[b])
	*slot = hitsBlock{index: b, hits: hits}
	return hits
}

// merge returns the next hits behind so many of each stream, at most a block, and how many
// of each stream are before those after them.
func (m *merged) merge(before []uint64) (hits []streamHit, after []uint64) {
	after = append(after, before...)
	next := make([]streamHit, len(m.streams))
	left := make([]bool, len(m.streams))
	look := func(i int) { next[i].due, next[i].phase, left[i] = m.streams[i].Due(after[i]) }
	for i := range next {
		next[i].stream = int32(i)
		look(i)
	}
	for len(hits) < mergedBlock {
		first := -1
		for i := range next {
			if left[i] && (first < 0 || next[i].due < next[first].due) {
				first = i
			}
		}
		if first < 0 {
			break
		}
		hits = append(hits, next[first])
		after[first]++
		look(first)
	}
	return hits, after
}
