package whatif

import (
	"math"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/poolmodel"
)

// choices are round timeouts for a reader to choose from, seconds.
var choices = [...]float64{0.1, 0.25, 0.5, 1, 2, 3, 5, 10}

// scale makes whole workers of parts of one: a budget depends on the ratio of
// workers to the rate.
const scale = 1000

// Budget works out the budget of a site at a rate. workers takes the place of
// the site's, as it may be estimated as no whole number; the site's share counts
// every try of a call. timeout is the one that there is, if any. A run's report
// is told from it as well: what would hold the rate is a question to the model,
// whoever asks it.
func Budget(site poolmodel.Site, workers, rate float64, name string, timeout *float64) reports.Budget {
	b := reports.Budget{Dependency: name, RateHz: rate, Calls: site.Share, TimeoutS: timeout, OwnS: site.ServiceS, Choices: []reports.Choice{}}
	fine := site
	fine.Workers = int(min(math.Round(workers*scale), poolmodel.MaxWorkers))
	b.MaxTimeoutS, b.WithHeadroomS = longest(fine, rate, 1), longest(fine, rate, poolmodel.Headroom)
	if b.MaxTimeoutS != nil {
		b.Bound = bound(fine, rate, *b.MaxTimeoutS)
	}
	if timeout != nil {
		if n, ok := needed(site, rate, *timeout); ok {
			b.WorkersNeeded = new(n)
		}
	}
	for _, t := range choices {
		if n, ok := needed(site, rate, t); ok {
			b.Choices = append(b.Choices, reports.Choice{TimeoutS: t, WorkersNeeded: n, Holds: fine.Holds(rate*scale, t)})
		}
	}
	return b
}

// MaxTimeout is the longest timeout on each try of a call that holds the rate, in
// seconds; nil where none does, or any.
func MaxTimeout(site poolmodel.Site, workers, rate float64) *float64 {
	site.Workers = int(min(math.Round(workers*scale), poolmodel.MaxWorkers))
	return longest(site, rate, 1)
}

// longest is the longest timeout with which fine, of scaled workers, is busy for
// that part of its time at most.
func longest(fine poolmodel.Site, rate, busy float64) *float64 {
	if t, ok := fine.Budget(rate*scale, busy); ok && !math.IsInf(t, 1) {
		return new(t)
	}
	return nil
}

// bound is what bounds the longest timeout: the gateway's patience, if a gateway
// that waited for ever would let it be longer, or else the workers.
func bound(fine poolmodel.Site, rate, most float64) string {
	fine.GatewayTimeoutS = 0
	if alone := longest(fine, rate, 1); alone == nil || *alone > most*(1+1e-9) {
		return "gateway"
	}
	return "workers"
}

// needed is how many workers hold the rate with calls of that length, if any
// number does: the gateway may give up before. It is 0 when it takes more than MaxWorkers.
func needed(site poolmodel.Site, rate, hold float64) (workers int, ok bool) {
	workers, ok = site.WorkersNeeded(rate, hold)
	if !ok {
		return workers, false
	}
	site.Workers = workers
	return workers, site.Holds(rate, hold)
}
