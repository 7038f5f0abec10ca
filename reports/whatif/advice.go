package whatif

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/words"
)

// advice says which timeout and how many workers would hold the rate.
func (a *answer) advice() []string { return []string{a.budget(), a.workers()} }

// workers says how many workers hold the rate with calls as long as planned.
func (a *answer) workers() string {
	calls := "a " + words.Timeout(a.plannedS()) + " timeout"
	if a.answered() {
		calls = "calls of " + a.CallLasts()
	}
	text := fmt.Sprintf("With %s no number of workers is enough: a request then takes longer than the %s that the gateway waits.", calls, words.Timeout(a.GatewayTimeoutS))
	switch need, ok := needed(a.site, a.RateHz, a.plannedS()); {
	case need == 0:
		text = fmt.Sprintf("With %s it takes more than %s.", calls, words.Number(MaxWorkers, "worker"))
	case ok && need > a.Workers:
		text = fmt.Sprintf("With %s it takes %s.", calls, words.Number(int64(need), "worker"))
	case ok && need == 1:
		text = fmt.Sprintf("With %s 1 worker is enough.", calls)
	case ok:
		text = fmt.Sprintf("With %s %s are enough.", calls, words.Number(int64(need), "worker"))
	}
	if math.IsInf(a.HoldS(), 1) {
		text += " Without a timeout no number of workers holds it."
	}
	return text
}

// budget says which timeout holds the rate. Poisson arrivals need the headroom.
func (a *answer) budget() string {
	at, own := words.Asked(a.RateHz), a.RateHz*a.ServiceS
	longest, ok := a.site.Budget(a.RateHz, 1)
	spare, enough := a.site.Budget(a.RateHz, poolmodel.Headroom)
	most, limit := words.Limit(longest), ""
	if longest*math.Ceil(a.Calls)+a.ServiceS >= a.GatewayTimeoutS*(1-1e-9) {
		limit = fmt.Sprintf("; with a longer one the gateway gives up first, after %s", words.Timeout(a.GatewayTimeoutS))
	}
	switch {
	case a.ServiceS >= a.GatewayTimeoutS:
		return "No timeout helps: the requests' own work takes longer than the gateway waits."
	case !ok:
		return fmt.Sprintf("No timeout holds %s: the requests' own work alone takes %s (%s x %s), and there %s.",
			at, words.Amount(own, "worker"), at, words.Span(a.ServiceS), thereAre(a.Workers))
	case !enough:
		return fmt.Sprintf("A timeout of at most %s holds %s, evenly spaced and with no headroom: the requests' own work alone takes %s of %s%s.",
			most, at, words.Things(own), words.Number(int64(a.Workers), "worker"), limit)
	case a.Poisson:
		return fmt.Sprintf("A timeout of at most %s holds %s with headroom for uneven arrivals (%s if they were evenly spaced)%s.", words.Limit(spare), at, most, limit)
	}
	return fmt.Sprintf("A timeout of at most %s holds %s (%s with headroom: workers 80%% busy)%s.", most, at, words.Limit(spare), limit)
}

func thereAre(n int) string {
	if n == 1 {
		return "is 1"
	}
	return "are " + words.Count(int64(n))
}
