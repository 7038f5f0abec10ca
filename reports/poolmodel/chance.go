package poolmodel

import "math"

// chance draws whole numbers whose mean is given: its whole part, and one more
// with the probability of the rest.
type chance struct {
	whole int32
	below uint64 // one more when the drawn number is below
	state uint64
}

func newChance(mean float64, seed, stream uint64) chance {
	whole, rest := math.Modf(mean)
	return chance{int32(whole), uint64(rest * (1 << 63)), seeded(seed, stream)}
}

// The streams of random numbers, each independent of the others; those of
// kinds and faults are as many as there are.
const (
	pagesStream = 1
	kindStream  = 2
	callsStream = 1 << 16
	faultStream = 2 << 16
)

func seeded(seed, stream uint64) uint64 { return mix(seed + stream*golden) }

// draw needs no random number when the mean is whole.
func (c *chance) draw() int32 {
	if c.below == 0 {
		return c.whole
	}
	c.state += golden
	if mix(c.state)>>1 < c.below {
		return c.whole + 1
	}
	return c.whole
}

// golden and mix are SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable
// Pseudorandom Number Generators", OOPSLA 2014).
const golden = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
