package poolmodel

import (
	"errors"
	"slices"
)

// MaxKinds is how many kinds of requests there may be.
const MaxKinds = 100

// Kind is one kind of request of several: a page. Which kind a request is of
// is drawn by weight.
type Kind struct {
	Weight   float64 // its part of the requests, as a ratio to the sum of all weights
	ServiceS float64 // S0 of this kind, seconds: instead of Site's
	Share    float64 // p of this kind, calls a request: instead of Site's
}

// Mean returns s with the mean own work and the mean share of the kinds, to
// which the formulas apply as means; s itself if there are none.
func (s Site) Mean(kinds []Kind) Site {
	weights := 0.0
	for _, k := range kinds {
		weights += k.Weight
	}
	if !(weights > 0) {
		return s
	}
	s.ServiceS, s.Share = 0, 0
	for _, k := range kinds {
		s.ServiceS += k.Weight / weights * k.ServiceS
		s.Share += k.Weight / weights * k.Share
	}
	return s
}

func validateKinds(all []Kind) error {
	if len(all) == 0 {
		return nil
	}
	weights := 0.0
	mistakes := []error{whole("kinds of requests", len(all), 1, MaxKinds)}
	for _, k := range all {
		weights += k.Weight
		mistakes = append(mistakes,
			within("weight", k.Weight, MaxSeconds, ""),
			within("service time", k.ServiceS, MaxSeconds, "s"),
			within("share", k.Share, MaxShare, "calls a request"))
	}
	if weights == 0 {
		mistakes = append(mistakes, errors.New("weights are all 0: one must be above"))
	}
	return errors.Join(mistakes...)
}

// kinds draws of which kind a request is.
type kinds struct {
	each  []kind
	below []uint64 // each is drawn when a random number of 63 bits is below
	state uint64
}

type kind struct {
	service int64 // ns
	calls   chance
}

func newKinds(sc *Scenario) kinds {
	all := sc.Kinds
	if len(all) == 0 {
		all = []Kind{{1, sc.ServiceS, sc.Share}}
	}
	sum := 0.0
	for _, k := range all {
		sum += k.Weight
	}
	ks := kinds{state: seeded(sc.Seed, kindStream)}
	upTo := 0.0
	for i, k := range all {
		upTo += k.Weight
		ks.each = append(ks.each, kind{nanos(k.ServiceS), newChance(k.Share, sc.Seed, callsStream+uint64(i))})
		ks.below = append(ks.below, uint64(upTo/sum*(1<<63)))
	}
	return ks
}

// draw needs no random number when there is one kind.
func (ks *kinds) draw() *kind {
	if len(ks.each) == 1 {
		return &ks.each[0]
	}
	ks.state += golden
	drawn := mix(ks.state) >> 1
	i, _ := slices.BinarySearch(ks.below, drawn+1) // the first that is above drawn
	return &ks.each[min(i, len(ks.each)-1)]
}
