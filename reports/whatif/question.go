// Package whatif says what a site would do, by the model of its pool, from
// figures alone: when visitors first see errors once a dependency is slow, which
// timeout and how many workers would hold the rate.
package whatif

import (
	"cmp"
	"math"
	"time"

	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/words"
)

// What a question may ask at most.
const (
	MaxWorkers  = poolmodel.MaxWorkers
	MaxSlots    = poolmodel.MaxSlots
	MaxCalls    = poolmodel.MaxShare
	MaxRequests = 10_000_000 // RateHz times LastsS: it bounds the time that a prediction takes
)

// usualTimeout is what people set, in seconds; it stands in where none was given.
const usualTimeout = 1.0

// Question is a site, what its dependency does from the first arrival on, and the
// traffic that comes.
type Question struct {
	Workers         int // 1 to MaxWorkers
	QueueSlots      int // 0 to MaxSlots
	TCP             bool
	ServiceS        float64 // a request's own work, apart from the dependency
	Dependency      string  // its name; "" when not known
	Calls           float64 // to the dependency, a request makes, tries included; up to MaxCalls
	DelayS          float64 // 0: the dependency is well; +Inf: it hangs
	TimeoutS        float64 // of the application on each call; 0 is none
	GatewayTimeoutS float64

	RateHz  float64
	Poisson bool    // arrivals come at random, not evenly spaced
	LastsS  float64 // what is simulated
	Seed    uint64  // of all that is random
}

// HoldS is how long a call holds its worker, in seconds; +Inf is for ever.
func (q *Question) HoldS() float64 { return poolmodel.Hold(q.DelayS, q.TimeoutS) }

// CallLasts writes how long a call holds its worker.
func (q *Question) CallLasts() string {
	if q.answered() {
		return words.Span(q.DelayS)
	}
	return words.Timeout(q.HoldS())
}

// answered reports whether the dependency is slow and still answers in time.
func (q *Question) answered() bool {
	return q.DelayS > 0 && q.HoldS() == q.DelayS && !math.IsInf(q.DelayS, 1)
}

// plannedS is the length of calls that workers are planned for.
func (q *Question) plannedS() float64 {
	if hold := q.HoldS(); q.DelayS > 0 && !math.IsInf(hold, 1) {
		return hold
	}
	return cmp.Or(q.TimeoutS, usualTimeout)
}

// slowS is how long the dependency takes in the grid, of which the question is
// what a hang would do where nothing was asked.
func (q *Question) slowS() float64 {
	if q.DelayS == 0 {
		return math.Inf(1)
	}
	return q.DelayS
}

func (q *Question) site() poolmodel.Site {
	return poolmodel.Site{Workers: q.Workers, QueueSlots: q.QueueSlots, TCP: q.TCP, ServiceS: q.ServiceS, Share: q.Calls, GatewayTimeoutS: q.GatewayTimeoutS}
}

// scenario plays the fault from the first arrival on, until all are answered.
func (q *Question) scenario(seed uint64) poolmodel.Scenario {
	sc := poolmodel.Scenario{Site: q.site(), TimeoutS: q.TimeoutS, Seed: seed,
		HorizonS: min(q.LastsS+q.GatewayTimeoutS+2*poolmodel.DefaultConnectTimeoutS, poolmodel.MaxHorizonS)}
	if q.DelayS > 0 {
		sc.Faults = []poolmodel.Fault{{ToS: math.Inf(1), HoldS: q.DelayS}}
	}
	return sc
}

// draw simulates the question once.
func (q *Question) draw(seed uint64) (*poolmodel.Result, error) {
	lasts := time.Duration(q.LastsS * float64(time.Second))
	arrivals := poolmodel.Uniform(q.RateHz, lasts)
	if q.Poisson {
		arrivals = poolmodel.Poisson(q.RateHz, lasts, seed)
	}
	return poolmodel.Simulate(q.scenario(seed), arrivals)
}
