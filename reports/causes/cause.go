// Package causes says why errors came and why answers were slow, with the evidence
// and a confidence: what was seen of them from outside, what the site's logs say, and
// what its connections showed. It knows the pool by what package diagnose found.
package causes

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
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

type odds map[reports.Cause]float64

// priors are the odds of the causes of each kind of error before anything is
// seen but its status and, of 502, whether it came at once.
var priors = [measure.ErrorKinds]odds{
	measure.ServerError: {reports.AppError: 7, reports.GatewayLimit: 0.3, reports.CDN: 0.2, reports.Unknown: 1},
	measure.TooLarge:    {reports.AppError: 3, reports.GatewayRefused: 1, reports.CDN: 0.5, reports.Unknown: 0.5},
	measure.TooMany:     {reports.AppError: 3, reports.GatewayRefused: 1, reports.CDN: 0.5, reports.Unknown: 0.5},
	measure.Refused502:  {reports.QueueFull: 4, reports.PoolDown: 2, reports.WorkerClosed: 2, reports.AppError: 1, reports.CDN: 0.5, reports.WorkerKilled: 0.5, reports.GatewayLimit: 0.3, reports.SelfDeadlock: 0.2, reports.Unknown: 1},
	measure.Late502:     {reports.WorkerKilled: 3, reports.WorkerClosed: 2, reports.AppError: 1, reports.CDN: 0.5, reports.GatewayTimeout: 0.3, reports.GatewayLimit: 0.02, reports.PoolDown: 0.3, reports.QueueFull: 0.3, reports.SelfDeadlock: 0.2, reports.Unknown: 1},
	measure.Late503:     {reports.AppError: 1, reports.CDN: 1, reports.GatewayLimit: 0.5, reports.QueueFull: 0.5, reports.PoolDown: 0.3, reports.Unknown: 2},
	measure.Late504:     {reports.GatewayTimeout: 5, reports.QueueFull: 1, reports.AppError: 1, reports.CDN: 0.7, reports.SelfDeadlock: 0.3, reports.Unknown: 1},
	measure.App502:      {reports.AppError: 12, reports.QueueFull: 0.3, reports.GatewayLimit: 0.02, reports.CDN: 0.5, reports.Unknown: 1},
	measure.App503:      {reports.AppError: 12, reports.CDN: 0.5, reports.Unknown: 1},
	measure.App504:      {reports.AppError: 12, reports.CDN: 0.5, reports.Unknown: 1},
}

// posterior weighs the causes of one onset.
type posterior struct {
	odds
	evidence []string
	backed   map[reports.Cause]bool     // a log of the site names it
	logged   map[reports.Cause][]string // by lines of these kinds
	certain  reports.Cause              // it was seen happening, on connections of ours; "" for none
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
func (s *posterior) best() (reports.Cause, *float64) {
	if s.certain != "" {
		return s.certain, new(atMostSeen)
	}
	sum, best := 0.0, reports.Unknown
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
	if best == reports.Unknown || confidence < reports.Likely {
		return reports.Unknown, nil
	}
	return best, new(confidence)
}

// Disguised reports whether pages that look like the application's were told to be
// the gateway's own, which refused requests with them.
func Disguised(run *measure.Run, list []reports.Onset) bool {
	for i, o := range run.Onsets {
		if o.Kind == measure.App502 && list[i].Cause == reports.QueueFull {
			return true
		}
	}
	return false
}

// twins are the causes that nothing which was seen has told from that of an onset. Of
// a full queue that is the gateway's own limit on what it lets through, which refuses
// at one number of requests inside as well: only its log tells. Of an overload it may be
// a self-deadlock.
func (s *posterior) twins(o *reports.Onset, prior odds, known SiteKnown, stoodStill bool) []reports.Cause {
	list := []reports.Cause{}
	if s.certain != "" {
		return list
	}
	twin, seen := s.odds[reports.GatewayLimit], s.odds[reports.QueueFull]
	if o.Cause == reports.QueueFull && prior[reports.GatewayLimit] != 0 && twin/prior[reports.GatewayLimit] >= hardly*seen/prior[reports.QueueFull] {
		list = append(list, reports.GatewayLimit)
	}
	if t := reports.TimeoutOn(known.Timeouts, o.Dependency); o.Cause == reports.WorkerClosed && t != nil && t.Verdict == reports.ByWorker {
		list = append(list, reports.WorkerKilled) // their calls ended as those of workers do that are killed
	}
	if o.AfterFaultS == nil && (known.maybeStuck(o.Cause) || stoodStill && known.Self == nil && (o.Cause == reports.QueueFull || o.Cause == reports.GatewayTimeout)) {
		list = append(list, reports.SelfDeadlock)
	}
	return list
}

// SiteKnown is what was worked out of the site before causes are looked for.
type SiteKnown struct {
	Pool   *reports.Pool
	Self   *reports.SelfRequests
	Status []reports.Status
	// Unevenly: some kinds of requests waited longer than others in the same queue.
	Unevenly bool
	Timeouts []reports.Timeout
	// Still are the onsets while which the pool stood still for what no fault explains.
	Still map[*measure.Onset]bool
}

// Name says of each onset why it came, where that can be told, and returns
// what is wrong with the site's logs.
func Name(run *measure.Run, list []reports.Onset, known SiteKnown) (doubts []string) {
	logs := readLogs(run)
	for i, o := range run.Onsets {
		f := &list[i]
		switch o.Kind {
		case measure.GeneratorError:
			f.Cause, f.Confidence = reports.Generator, new(1.0)
			f.Evidence = []string{fmt.Sprintf("%s could not be sent: the generator ran out of descriptors, ports or memory", words.Number(o.Count, "request"))}
			continue
		case measure.ClientTimeout:
			f.Cause, f.Confidence = reports.ClientTimeout, new(1.0)
			f.Evidence = []string{fmt.Sprintf("no answer within %s: we gave up (target.timeout)", words.Span(o.Seen.Seconds(1)))}
			continue
		}
		s := &posterior{odds: maps.Clone(priors[o.Kind]), backed: map[reports.Cause]bool{}, logged: map[reports.Cause][]string{}}
		signsOutside(run, s, o, known.Pool, logs.byGateway(o))
		logs.signs(s, o)
		signOfSelf(run, s, o, known)
		f.Cause, f.Confidence = s.best()
		f.Or = s.twins(f, priors[o.Kind], known, known.Still[o])
		f.Evidence, f.Logged = s.evidence, s.logged[f.Cause]
	}
	relate(run.Onsets, list)
	return logs.doubts
}
