package reports

import (
	"fmt"
	"maps"
	"slices"
)

// How sure a cause is.
//
// The causes that an onset may have begin with odds (priors), by the kind of
// its errors. Each sign that was seen multiplies the odds of each cause by how
// much likelier the sign is with that cause than without it (Bayes' rule, the
// signs taken as independent). The confidence is the odds of the best cause
// over the sum of all, Unknown among them: that stands for what nobody has
// thought of. Signs are few and not quite independent, so the confidence is cut
// at atMostOutside, or at atMostLogs where one of the site's logs names the
// same cause; what was seen happening in the site's own calls is atMostSeen. Below likely no cause is named.
//
// The weights are judgements, checked on labelled runs of the real staging site (internal/accuracy):
// 50 is a line of nginx that names the cause, 20 a sign that hardly comes without it, 3 one that leans
// to it, 0.3 and 0.05 the same against it.
const (
	atMostOutside = 0.88
	atMostLogs    = 0.97
	atMostSeen    = 0.99
	named         = 50.0
	strongly      = 20.0
	rather        = 3.0
	hardly        = 0.3
	never         = 0.05
)

type odds map[Cause]float64

// priors are the odds of the causes of each kind of error before anything is
// seen but its status and, of 502, whether it came at once.
var priors = [errorKinds]odds{
	serverError: {AppError: 7, GatewayLimit: 0.3, CDN: 0.2, Unknown: 1},
	refused502:  {QueueFull: 4, PoolDown: 2, WorkerClosed: 2, AppError: 1, CDN: 0.5, WorkerKilled: 0.5, GatewayLimit: 0.3, SelfDeadlock: 0.2, Unknown: 1},
	late502:     {WorkerKilled: 3, WorkerClosed: 2, AppError: 1, CDN: 0.5, GatewayTimeout: 0.3, PoolDown: 0.3, QueueFull: 0.3, SelfDeadlock: 0.2, Unknown: 1},
	late503:     {AppError: 1, CDN: 1, GatewayLimit: 0.5, QueueFull: 0.5, PoolDown: 0.3, Unknown: 2},
	late504:     {GatewayTimeout: 5, QueueFull: 1, AppError: 1, CDN: 0.7, SelfDeadlock: 0.3, Unknown: 1},
	app502:      {AppError: 12, CDN: 0.5, Unknown: 1},
	app503:      {AppError: 12, CDN: 0.5, Unknown: 1},
	app504:      {AppError: 12, CDN: 0.5, Unknown: 1},
}

// posterior weighs the causes of one onset.
type posterior struct {
	odds
	evidence []string
	backed   map[Cause]bool // a log of the site names it
	certain  Cause          // it was seen happening, on connections of ours; "" for none
}

// observe says what was seen and how it changes the odds.
func (s *posterior) observe(text string, ratios odds) {
	s.evidence = append(s.evidence, text)
	s.scale(ratios)
}

// scale changes the odds.
func (s *posterior) scale(ratios odds) {
	for c, ratio := range ratios {
		if _, ok := s.odds[c]; ok {
			s.odds[c] *= ratio
		}
	}
}

// exceptFor is the ratio for all causes but these.
func (s *posterior) exceptFor(ratio float64, except odds) odds {
	all := odds{}
	for c := range s.odds {
		all[c] = ratio
	}
	maps.Copy(all, except)
	return all
}

// best is the likeliest cause; Unknown, without a confidence, when none is likely.
func (s *posterior) best() (Cause, *float64) {
	if s.certain != "" {
		return s.certain, new(atMostSeen)
	}
	sum, best := 0.0, Unknown
	for _, c := range slices.Sorted(maps.Keys(s.odds)) {
		sum += s.odds[c]
		if s.odds[c] > s.odds[best] {
			best = c
		}
	}
	limit := atMostOutside
	if s.backed[best] {
		limit = atMostLogs
	}
	confidence := min(s.odds[best]/sum, limit)
	if best == Unknown || confidence < likely {
		return Unknown, nil
	}
	return best, new(confidence)
}

// siteKnown is what was worked out of the site before causes are looked for.
type siteKnown struct {
	pool   *Pool
	self   *SelfRequests
	status []Status
}

// nameCauses says of each onset why it came, where that can be told, and returns
// what is wrong with the site's logs.
func (a *run) nameCauses(list []Onset, known siteKnown) (doubts []string) {
	logs := a.readLogs()
	for i, o := range a.onsets {
		f := &list[i]
		switch o.kind {
		case generatorError:
			f.Cause, f.Confidence = Generator, new(1.0)
			f.Evidence = []string{fmt.Sprintf("%d requests could not be sent: the generator ran out of descriptors, ports or memory", o.count)}
			continue
		case clientTimeout:
			f.Cause, f.Confidence = ClientTimeout, new(1.0)
			f.Evidence = []string{fmt.Sprintf("no answer within %s: we gave up (target.timeout)", span(o.seen.seconds(1)))}
			continue
		}
		s := &posterior{odds: maps.Clone(priors[o.kind]), backed: map[Cause]bool{}}
		a.signsOutside(s, o, known.pool.Network)
		logs.signs(s, o)
		a.signOfSelf(s, o, known)
		f.Cause, f.Confidence = s.best()
		f.Evidence = s.evidence
	}
	return logs.doubts
}
