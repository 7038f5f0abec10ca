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
	ServiceS float64 // S0 of this kind, seconds: instead of Site's, and before its calls
	Share    float64 // p of this kind, calls a request: instead of Site's
	Page
}

// Page is what a request does besides its own work and one call after another.
// Times are in seconds; the zero value is nothing.
type Page struct {
	Static    bool    // the gateway answers by itself (a file, a cache): it takes no worker, and no time
	BetweenS  float64 // own work between each two calls
	ThenS     float64 // own work after the calls
	BehindS   float64 // work after the answer, which takes the worker all the same (fastcgi_finish_request)
	Tries     int     // how often a call is made that is given up, one after another; 0 is once
	PauseS    float64 // between tries
	FallbackS float64 // own work in the stead of a call whose last try was given up
	AtOnce    bool    // the calls are made at once, and the page waits for the last of them
}

// MaxTries is how often a call may be made.
const MaxTries = 100

func (p *Page) validate() error {
	return errors.Join(
		within("work between calls", p.BetweenS, MaxSeconds, "s"),
		within("work after the calls", p.ThenS, MaxSeconds, "s"),
		within("work after the answer", p.BehindS, MaxSeconds, "s"),
		whole("tries", p.Tries, 0, MaxTries),
		within("pause between tries", p.PauseS, MaxSeconds, "s"),
		within("work in the stead of a call", p.FallbackS, MaxSeconds, "s"))
}

// ownS is the work of a page that is not before its calls and holds its worker: what
// is between n calls, after them, and after the answer.
func (p *Page) ownS(calls float64) float64 {
	between := p.BetweenS * max(calls-1, 0)
	if p.AtOnce {
		between = 0
	}
	return between + p.ThenS + p.BehindS
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
		if !k.Static {
			s.ServiceS += k.Weight / weights * (k.ServiceS + k.ownS(k.Share))
			s.Share += k.Weight / weights * k.Share
		}
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
			within("share", k.Share, MaxShare, "calls a request"),
			k.validate())
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
	early bool     // it is drawn as a request comes, since some take no worker; else as a worker takes it
	state uint64
}

type kind struct {
	service, between, then, behind, pause, fallback int64 // ns

	tries          int32 // of each call, at least 1
	static, atOnce bool
	calls          chance
}

func newKind(k Kind, seed, stream uint64) kind {
	return kind{
		service: nanos(k.ServiceS), between: nanos(k.BetweenS), then: nanos(k.ThenS), behind: nanos(k.BehindS),
		pause: nanos(k.PauseS), fallback: nanos(k.FallbackS),
		tries: int32(max(k.Tries, 1)), static: k.Static, atOnce: k.AtOnce, calls: newChance(k.Share, seed, stream),
	}
}

func newKinds(sc *Scenario) kinds {
	all := sc.Kinds
	if len(all) == 0 {
		all = []Kind{{Weight: 1, ServiceS: sc.ServiceS, Share: sc.Share, Page: sc.Page}}
	}
	sum := 0.0
	for _, k := range all {
		sum += k.Weight
	}
	ks := kinds{state: seeded(sc.Seed, kindStream)}
	upTo := 0.0
	for i, k := range all {
		upTo += k.Weight
		ks.each = append(ks.each, newKind(k, sc.Seed, callsStream+uint64(i)))
		ks.early = ks.early || k.Static
		ks.below = append(ks.below, uint64(upTo/sum*(1<<63)))
	}
	return ks
}

// draw needs no random number when there is one kind. It returns its number.
func (ks *kinds) draw() int32 {
	if len(ks.each) == 1 {
		return 0
	}
	ks.state += golden
	drawn := mix(ks.state) >> 1
	i, _ := slices.BinarySearch(ks.below, drawn+1) // the first that is above drawn
	return int32(min(i, len(ks.each)-1))
}
