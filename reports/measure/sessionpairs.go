package measure

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/internal/stats"
)

// How answers are told to have come one after the other.
const (
	// aged is what share of its own time a request must have been in the site to have
	// been at work by now, had nothing held it up.
	aged = 0.5
	// apart is what share of its own time must lie between two answers of which the
	// second began when the first was done: less than that is overlap.
	apart = 0.7
	// turns is how many of a session must be in the site, one at work and two behind it.
	turns = 3
	// fewAlone is of how many its own time is taken at least.
	fewAlone = 3
	// overlapping is the share of pairs apart below which requests do not take turns,
	// and fewPairs of how many that is said.
	overlapping = 0.8
	fewPairs    = 8
	// byItself is how long an answer takes at most that a gateway gives by itself, s.
	byItself = 0.015
	// lookAhead bounds how many later answers of a session are looked at.
	lookAhead = 64
)

// sessionPairs holds hits against each other, in the order of their answers.
type sessionPairs struct {
	hits   []sessionHit
	own    []OwnTime
	serial []bool // by request
}

func newSessionPairs(hits []sessionHit, requests int) *sessionPairs {
	p := &sessionPairs{hits: hits, serial: make([]bool, requests)}
	bySent := make([]int32, len(hits))
	for i := range bySent {
		bySent[i] = int32(i)
	}
	slices.SortFunc(bySent, func(x, y int32) int { return cmp.Or(cmp.Compare(hits[x].sent, hits[y].sent), cmp.Compare(x, y)) })
	for rank, i := range bySent {
		hits[i].rank = int32(rank)
	}
	for i := range hits {
		p.serial[hits[i].request] = p.serial[hits[i].request] || hits[i].session > 0
	}
	p.own = p.ownTimes(requests)
	p.serial = p.takeTurns()
	p.own = p.ownTimes(requests)
	return p
}

// locks reports whether a hit takes turns with others of its session.
func (p *sessionPairs) locks(h *sessionHit) bool { return h.session > 0 && p.serial[h.request] }

// bySession are the hits that take turns, in the order of their answers.
func (p *sessionPairs) bySession() map[int32][]int32 {
	groups := map[int32][]int32{}
	for i := range p.hits {
		if h := &p.hits[i]; p.locks(h) {
			groups[h.session] = append(groups[h.session], int32(i))
		}
	}
	return groups
}

// met says of each hit how many others of its session were in the site when it was sent.
func (p *sessionPairs) met() []int32 {
	met := make([]int32, len(p.hits))
	for _, group := range p.bySession() {
		p.inside(group, met)
	}
	return met
}

// inside counts for each hit of a group how many others of it were in the site when it was sent.
func (p *sessionPairs) inside(group []int32, met []int32) {
	sent := make([]time.Duration, len(group))
	for i, at := range group {
		sent[i] = p.hits[at].sent
	}
	slices.Sort(sent)
	for _, at := range group {
		t := p.hits[at].sent
		before, _ := slices.BinarySearch(sent, t)
		over, _ := slices.BinarySearchFunc(group, t, func(i int32, t time.Duration) int { return cmp.Compare(p.hits[i].done, t) })
		met[at] = int32(before - over)
	}
}

// ownTimes takes the time of those who met nobody at all, or of those who met none of
// their session where these are too few.
func (p *sessionPairs) ownTimes(requests int) []OwnTime {
	every := make([]int32, len(p.hits))
	for i := range every {
		every[i] = int32(i)
	}
	anybody, same := make([]int32, len(p.hits)), p.met()
	p.inside(every, anybody)
	alone, unmet := make([]stats.Histogram, requests), make([]stats.Histogram, requests)
	for i := range p.hits {
		h := &p.hits[i]
		if !h.good {
			continue
		}
		if took := int64(h.done - h.sent); anybody[i] == 0 {
			alone[h.request].Add(took)
		} else if same[i] == 0 {
			unmet[h.request].Add(took)
		}
	}
	own := make([]OwnTime, requests)
	for r := range own {
		low := func(h *stats.Histogram) float64 { return time.Duration(h.Quantile(0.1)).Seconds() }
		switch {
		case alone[r].N() >= fewAlone:
			own[r] = OwnTime{low(&alone[r]), middle(&alone[r]), int64(alone[r].N())}
		case alone[r].N()+unmet[r].N() >= fewAlone: // these may have queued for a worker
			unmet[r].Merge(&alone[r])
			own[r] = OwnTime{low(&unmet[r]), low(&unmet[r]), int64(unmet[r].N())}
		}
	}
	return own
}

// part is a share of what a request takes by itself.
func part(s, share float64) time.Duration { return time.Duration(s * share * float64(time.Second)) }

// pair is two answers of a session, one after the other.
type pair struct {
	first, second *sessionHit
	apart         bool
}

// pairs calls f with the pairs of a group at the first of which at least two waited.
func (p *sessionPairs) pairs(group []int32, f func(pair)) {
	for k := 1; k < len(group); k++ {
		first, second := &p.hits[group[k-1]], &p.hits[group[k]]
		own := p.own[second.request]
		if own.N == 0 || own.Low < byItself || !second.served || first.done-second.sent < part(own.Mid, aged) {
			continue
		}
		behind := 0
		for _, j := range group[k+1 : min(k+1+lookAhead, len(group))] {
			if first.done-p.hits[j].sent >= part(p.own[p.hits[j].request].Mid, aged) {
				behind++
				break
			}
		}
		if behind > 0 {
			f(pair{first, second, second.done-first.done >= part(own.Low, apart)})
		}
	}
}

// measure counts pairs, and what went on beside those who waited.
func (p *sessionPairs) measure(s *Sessions) {
	s.Own, s.Serial = p.own, p.serial
	shares := p.shares()
	for session, group := range p.bySession() {
		p.pairs(group, func(one pair) {
			others := p.answersIn(one.first.done, one.first.done+part(p.own[one.second.request].Low, apart))
			s.Chance += 1 - math.Pow(1-shares[session], float64(others))
			s.Pairs++
			s.GapS += (one.second.done - one.first.done).Seconds()
			s.GapOwnS += p.own[one.second.request].Mid
			next := one.second.rank-one.first.rank == 1 || one.first.rank-one.second.rank == 1
			if next {
				s.Next++
			}
			if one.apart {
				s.Apart++
				if next {
					s.NextApart++
				}
			}
		})
	}
	s.GapS, s.GapOwnS = s.GapS/float64(max(s.Pairs, 1)), s.GapOwnS/float64(max(s.Pairs, 1))
	if !p.byChance(shares) {
		s.Chance = 0
	}
	p.beside(s)
}

// worked reports whether a hit may have taken a worker.
func (p *sessionPairs) worked(h *sessionHit) bool {
	return p.own[h.request].N > 0 && p.own[h.request].Low >= byItself
}

// shares are those of the sessions that take turns, of the requests that take workers.
func (p *sessionPairs) shares() map[int32]float64 {
	all, of := 0.0, map[int32]float64{}
	for i := range p.hits {
		if h := &p.hits[i]; p.worked(h) {
			all++
			if p.locks(h) {
				of[h.session]++
			}
		}
	}
	for session := range of {
		of[session] /= all
	}
	return of
}

// answersIn counts the answers of workers within (from, to).
func (p *sessionPairs) answersIn(from, to time.Duration) (n int) {
	i, _ := slices.BinarySearchFunc(p.hits, from+1, func(h sessionHit, t time.Duration) int { return cmp.Compare(h.done, t) })
	for ; i < len(p.hits) && p.hits[i].done < to; i++ {
		if p.worked(&p.hits[i]) {
			n++
		}
	}
	return n
}

// byChance reports whether requests of one session were sent next to each other as
// often as by chance, or half as often: dealt in turn they never are.
func (p *sessionPairs) byChance(shares map[int32]float64) bool {
	sent := make([]*sessionHit, len(p.hits))
	for i := range p.hits {
		sent[p.hits[i].rank] = &p.hits[i]
	}
	sent = slices.DeleteFunc(sent, func(h *sessionHit) bool { return !p.worked(h) })
	expected, seen := 0.0, 0.0
	for i := 1; i < len(sent); i++ {
		if h := sent[i]; p.locks(h) {
			expected += shares[h.session]
			if p.locks(sent[i-1]) && sent[i-1].session == h.session {
				seen++
			}
		}
	}
	return expected >= fewPairs && seen >= expected/2
}

// waits are the good answers of each phase to requests that take turns.
func (p *sessionPairs) waits(phases int) []PhaseWaits {
	list, took, met := make([]PhaseWaits, phases), make([]stats.Histogram, phases), p.met()
	for i := range p.hits {
		h := &p.hits[i]
		if !h.good || !p.locks(h) {
			continue
		}
		w := &list[h.phase]
		w.N++
		w.OwnS += p.own[h.request].Mid
		took[h.phase].Add(int64(h.done - h.sent))
		if met[i] > 0 {
			w.Met++
		}
	}
	for i := range list {
		list[i].MidS, list[i].OwnS = middle(&took[i]), list[i].OwnS/float64(max(list[i].N, 1))
	}
	return list
}
