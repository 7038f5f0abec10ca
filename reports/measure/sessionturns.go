package measure

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// takeTurns says which requests did not overlap within their sessions: not with those
// of their own kind, and not with those of the kinds that take turns more plainly, as
// the second begins as soon as the first is done. Where nothing tells, they may.
func (p *sessionPairs) takeTurns() []bool {
	groups, none := p.bySession(), make([]bool, len(p.serial))
	own := make([]counted, len(none))
	var kinds []int32
	for r, with := range p.serial {
		if !with {
			continue
		}
		if own[r] = p.pairsOf(groups, int32(r), none); own[r].n < fewPairs || own[r].apart() {
			kinds = append(kinds, int32(r))
		}
	}
	slices.SortFunc(kinds, func(x, y int32) int { return cmp.Or(cmp.Compare(own[x].idle(), own[y].idle()), cmp.Compare(x, y)) })
	turns := none
	for _, r := range kinds {
		among := p.pairsOf(groups, r, turns)
		turns = slices.Clone(turns)
		turns[r] = among.n < fewPairs || among.apart()
	}
	return turns
}

// counted are pairs: how many were how far apart.
type counted struct {
	n, serial int64
	gap, own  time.Duration // the sums
}

func (c counted) apart() bool { return float64(c.serial) >= overlapping*float64(c.n) }

// idle is how many times longer than by itself the second took from the first on, by the mean.
func (c counted) idle() float64 {
	if c.n < fewPairs {
		return math.Inf(1)
	}
	return float64(c.gap) / float64(c.own)
}

// pairsOf counts the pairs of a kind of request among those of its kind and of others.
func (p *sessionPairs) pairsOf(groups map[int32][]int32, request int32, others []bool) (c counted) {
	var some []int32
	for _, group := range groups {
		some = some[:0]
		for _, i := range group {
			if r := p.hits[i].request; r == request || others[r] {
				some = append(some, i)
			}
		}
		p.pairs(some, func(one pair) {
			if one.first.request != request && one.second.request != request {
				return
			}
			c.n++
			c.gap += one.second.done - one.first.done
			c.own += part(p.own[one.second.request].Mid, 1)
			if one.apart {
				c.serial++
			}
		})
	}
	return c
}
