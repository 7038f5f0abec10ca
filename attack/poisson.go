package attack

import (
	"math/rand/v2"
	"sync"
)

// poissonBlock is the number of arrivals that are drawn from one generator.
const poissonBlock = 4096

// poisson is a Poisson process of rate 1: exponential gaps with mean 1. Block b
// of its arrivals is drawn from (seed, b) alone, so that any arrival can be
// computed again; only the sums up to each block are kept, 2 KB for a million.
type poisson struct {
	seed   uint64
	mu     sync.Mutex
	sums   []float64   // sums[b] is the arrival before block b
	blocks [2]gapBlock // the last two used: the pacer and the senders are at most a block apart
}

type gapBlock struct {
	index    uint64
	arrivals []float64
}

func newPoisson(seed uint64) *poisson {
	return &poisson{seed: seed, sums: []float64{0}}
}

// arrival returns the k-th arrival, k counting from 0.
func (p *poisson) arrival(k uint64) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.block(k / poissonBlock)[k%poissonBlock]
}

func (p *poisson) block(b uint64) []float64 {
	slot := &p.blocks[b%2]
	if slot.index == b && slot.arrivals != nil {
		return slot.arrivals
	}
	for next := uint64(len(p.sums)); next <= b; next++ {
		gaps := p.draw(next-1, p.sums[next-1])
		p.sums = append(p.sums, gaps[poissonBlock-1])
	}
	*slot = gapBlock{index: b, arrivals: p.draw(b, p.sums[b])}
	return slot.arrivals
}

func (p *poisson) draw(b uint64, sum float64) []float64 {
	rng := rand.New(rand.NewPCG(p.seed, b))
	arrivals := make([]float64, poissonBlock)
	for i := range arrivals {
		sum += rng.ExpFloat64()
		arrivals[i] = sum
	}
	return arrivals
}
