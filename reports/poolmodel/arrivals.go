package poolmodel

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// Uniform returns arrivals evenly spaced at rate per second during duration,
// the first at 0: as many as k/rate < duration has solutions. There are none
// if rate or duration is not positive, or no number.
func Uniform(rate float64, duration time.Duration) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		gap := float64(time.Second) / rate
		if !(rate > 0) {
			return
		}
		for k := 0.0; k*gap < float64(duration)-0.5; k++ {
			if !yield(time.Duration(k*gap + 0.5)) {
				return
			}
		}
	}
}

// Poisson returns arrivals of a Poisson process of rate per second during
// duration: the gaps are exponential with mean 1/rate, drawn by seed. There are
// none if rate or duration is not positive, or no number.
func Poisson(rate float64, duration time.Duration, seed uint64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		mean := float64(time.Second) / rate
		if !(rate > 0) || math.IsInf(rate, 1) {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		for at := mean * rng.ExpFloat64(); at < float64(duration); at += mean * rng.ExpFloat64() {
			if !yield(time.Duration(at)) {
				return
			}
		}
	}
}
