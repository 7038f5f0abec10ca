package replay

import (
	"math/rand/v2"
	"slices"
)

// second is in microseconds.
const second = 1_000_000

// spread places the hits of each second in it: a log of whole seconds does not
// say when in its second a request came. Evenly, hit i of n is due i/n of a
// second after its beginning; at random, the n are where those of a Poisson
// process lie of which n came: each anywhere, independent of the others.
func (r *reader) spread() {
	hits := r.log.hits
	for first := 0; first < len(hits); {
		at := hits[first].micros() / second
		next := first + 1
		for next < len(hits) && hits[next].micros()/second == at {
			next++
		}
		r.place(hits[first:next], at)
		first = next
	}
}

// place places the hits of one second.
func (r *reader) place(hits []hit, at uint64) {
	n := uint64(len(hits))
	var drawn []uint64
	if r.options.Poisson {
		rng := rand.New(rand.NewPCG(r.options.Seed, at))
		for range n {
			drawn = append(drawn, rng.Uint64N(second))
		}
		slices.Sort(drawn)
	}
	for i := range hits {
		within := uint64(i) * second / n
		if drawn != nil {
			within = drawn[i]
		}
		hits[i] = hit(at*second+within)<<requestBits | hit(hits[i].request())
	}
}
