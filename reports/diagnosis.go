package reports

import (
	"encoding/json"
	"fmt"
	"math"
)

// Cause says why errors or slow answers came.
type Cause string

// The causes of an onset.
const (
	QueueFull       Cause = "queue_full"       // all workers busy and the queue behind them full
	WorkerKilled    Cause = "worker_killed"    // a worker died, or was killed, with the request
	GatewayTimeout  Cause = "gateway_timeout"  // the gateway gave up on the worker
	GatewayLimit    Cause = "gateway_limit"    // the gateway's own connections or live upstreams ran out
	PoolDown        Cause = "pool_down"        // no pool was listening
	PoolUnreachable Cause = "pool_unreachable" // the gateway could not reach the pool: no route, permission, name or TLS session
	WorkerClosed    Cause = "worker_closed"    // a worker closed without an answer
	BadHeader       Cause = "bad_header"       // the gateway could not take the header of the answer
	GatewayRefused  Cause = "gateway_refused"  // the gateway refused by a rule of its own: a limit on requests or connections
	SelfDeadlock    Cause = "self_deadlock"    // the workers waited for the site itself
	AppError        Cause = "app_error"        // the application itself answered 5xx
	CDN             Cause = "cdn"              // an edge answered for the origin
	ClientTimeout   Cause = "client_timeout"   // we gave up: target.timeout
	Generator       Cause = "generator"        // our own fault
	// SessionLock is of slowdowns too: requests of one session waited for each other.
	SessionLock Cause = "session_lock"
	Unknown     Cause = "unknown"
)

// The causes of a slowdown.
const (
	Queueing       Cause = "queueing"        // more arrived than the workers could serve
	SlowDependency Cause = "slow_dependency" // the workers waited for a dependency
	Contention     Cause = "contention"      // the service time itself grew with the load
)

// Slowdown is a stretch of good answers that took longer than in the baseline.
type Slowdown struct {
	Phase      string   `json:"phase"`
	FromS      float64  `json:"from_s"`
	ToS        float64  `json:"to_s"`
	Cause      Cause    `json:"cause"`
	Confidence *float64 `json:"confidence"`
	Evidence   []string `json:"evidence"`
}

// LockedSessions is what shows that requests of one session waited for each other, as
// with PHP's session files, which are locked while a request uses them.
type LockedSessions struct {
	Requests []string `json:"requests"` // that took turns; empty where only the slow log tells
	Sessions int64    `json:"sessions"` // that the run's requests were sent with, all together
	Turns    int64    `json:"turns"`    // answers that came right after one of their session, while more of it waited
	Starts   int64    `json:"starts"`   // waits in session_start() in the slow log
	// Confidence that it is a lock; null where one worker would look the same.
	Confidence *float64 `json:"confidence"`
	Evidence   []string `json:"evidence"`
}

// Told reports whether it is known, as like as not, that there is a lock.
func (l *LockedSessions) Told() bool {
	return l != nil && l.Confidence != nil && *l.Confidence >= Likely
}

// Estimate is a figure that was worked out, with the interval that it lies in
// with a probability of about 95%.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Kind is of workers: "workers", counted as processes that waited at once, or
	// "effective", capacity times service time, which is less where requests
	// compete for CPU or a lock. Empty of others.
	Kind string `json:"kind,omitempty"`
	From string `json:"from"` // what it was worked out from, in plain words
}

// Exact returns the whole number that e can only be, and whether there is one.
func (e *Estimate) Exact() (int64, bool) {
	low, high := math.Round(e.Low), math.Round(e.High)
	return int64(low), low == high
}

// String writes the figure with its interval, "4 (3.9 to 4.1)", for logs and tests.
func (e *Estimate) String() string {
	if e == nil {
		return "not told"
	}
	return fmt.Sprintf("%.4g (%.4g to %.4g)", e.Value, e.Low, e.High)
}

// Pool is what the run tells of the site's workers. What it can't tell is null,
// and NotKnown says why.
type Pool struct {
	Workers         *Estimate `json:"workers"`
	QueueSlots      *Estimate `json:"queue_slots"`
	ServiceS        *Estimate `json:"service_s"`   // mean time that a request holds a worker when all is well, seconds
	CapacityHz      *Estimate `json:"capacity_hz"` // requests per second that the pool can serve when all is well
	GatewayTimeoutS *Estimate `json:"gateway_timeout_s"`
	Network         string    `json:"network"` // "unix": a full queue refuses at once; "tcp": it makes wait; "" when not known
	Grew            bool      `json:"grew"`    // the pool was seen to grow: Workers reaches from its first to its last size
	// FitR2 is how much of the good answers per second of the run the model
	// explains: 1 - residual/total sum of squares. Null when there is no model, or nothing varied.
	FitR2 *float64 `json:"fit_r2"`
	// Unknown says of each figure above that is null, by its key, why the run can't tell it.
	Unknown map[string]string `json:"unknown"`
	// Assumes says of a figure above, by its key, what it is true with only, where the run does not show that.
	// A figure that was worked out from another assumes the same.
	Assumes map[string]string `json:"assumes"`
}

// Counted are the workers where they are a number of processes; nil where only
// what they are worth is known, or nothing.
func (p *Pool) Counted() *Estimate {
	if p.Workers == nil || p.Workers.Kind == EffectiveWorkers {
		return nil
	}
	return p.Workers
}

// Timeout is how long the site waited for a dependency that did not answer.
type Timeout struct {
	Dependency   string    `json:"dependency"`
	Fault        string    `json:"fault"`         // its kind
	ObservedS    *Estimate `json:"observed_s"`    // of one try; null when none was seen
	N            int64     `json:"n"`             // waits that ended within the fault
	Retries      int64     `json:"retries"`       // further tries that each request made, one after another; null in JSON when not known
	RetriesKnown bool      `json:"retries_known"` // false when Retries can't be told
	// HeldHz is the rate at which, while the site had this timeout, every request was
	// answered well and no queue grew; null where that was not so, or not seen for long enough.
	HeldHz *float64 `json:"held_hz"`
	// CallsWaited is how many of a request's several calls are waited for in turn when
	// none is answered; 0 where that was not seen.
	CallsWaited float64 `json:"calls_waited,omitempty"`
	// HoldS is how long a call that is not answered holds a worker in all: its
	// tries, the pauses between them, and what the page does in its stead; null
	// when it is not known, and then taken for the tries alone.
	HoldS    *Estimate `json:"hold_s"`
	Source   string    `json:"source"`    // "connection" or "response"; "" when none was seen
	Verdict  string    `json:"verdict"`   // who ended the wait: "app", "worker" (it was killed) or "none"; "" when it can't be told
	Visitor  string    `json:"visitor"`   // who gave up on the visitor: "gateway", "client", "app", or "ok": nobody; "" when it can't be told
	Got      string    `json:"got"`       // what came to most visitors that had to wait: "good page", "degraded page", "error 504", ..., or GotNothing; "" when none had to
	HorizonS float64   `json:"horizon_s"` // the longest wait that was watched
	Connect  bool      `json:"connect"`   // it is the time to connect that was limited
	Why      string    `json:"why"`       // when Verdict is "", or what else was seen
}

// GotNothing is what visitors got who were answered only once the fault was lifted.
const GotNothing = "nothing"

// WholeS is how long a call that is not answered holds a worker in all, seconds.
func (t *Timeout) WholeS() float64 {
	if t.HoldS != nil {
		return max(t.HoldS.Value, t.TriesS())
	}
	return t.TriesS()
}

// TriesS is how long all the tries of a call hold a worker, seconds.
func (t *Timeout) TriesS() float64 { return t.ObservedS.Value * float64(t.Retries+1) }

// RestS is what a call that is not answered holds a worker for beyond its tries,
// seconds: pauses, and what the page does in its stead. What a busy machine adds is none.
func (t *Timeout) RestS() float64 {
	if t.HoldS != nil && t.HoldS.Low <= t.TriesS() {
		return 0
	}
	if rest := t.WholeS() - t.TriesS(); rest > max(0.1*t.TriesS(), 0.03) {
		return rest
	}
	return 0
}

// MarshalJSON writes retries that can't be told as null; they are read again as 0.
func (t Timeout) MarshalJSON() ([]byte, error) {
	type fields Timeout
	var retries *int64
	if t.RetriesKnown || t.Retries > 0 {
		retries = &t.Retries
	}
	return json.Marshal(struct {
		fields
		Retries *int64 `json:"retries"`
	}{fields(t), retries})
}

// Budget is the longest timeout on calls to a dependency that holds a rate.
type Budget struct {
	Dependency    string   `json:"dependency"`
	RateHz        float64  `json:"rate_hz"`
	Calls         float64  `json:"calls"`           // calls that a request makes, and their standard error where chance decides which requests do
	MaxTimeoutS   *float64 `json:"max_timeout_s"`   // null when no timeout can hold the rate
	WithHeadroomS *float64 `json:"with_headroom_s"` // with workers busy 80% at most
	// OnceS is the longest if of a request's several calls only one is waited for: they are made
	// at once, or none is made after one that timed out; left out where the run tells how it is.
	OnceS   *float64 `json:"once_s,omitempty"`
	Bound   string   `json:"bound"`   // what bounds MaxTimeoutS: "workers", "gateway" or "killer", which ends workers; "" when null
	Why     string   `json:"why"`     // when MaxTimeoutS is null although some timeout may hold the rate
	Assumes string   `json:"assumes"` // what MaxTimeoutS and the workers needed are true with only, where the run does not show that; "" is nothing
	OwnS    float64  `json:"own_s"`   // what a request holds a worker for apart from the dependency's answer
	// WorkersNeeded holds the rate with the timeout that was observed; null when none was, or none would.
	WorkersNeeded *int     `json:"workers_needed"`
	TimeoutS      *float64 `json:"timeout_s"` // that one
	// Choices are workers needed for round timeouts, for the reader to choose from.
	Choices []Choice `json:"choices"`
}

// Withdraw takes back what the budget promises, and says why.
func (b *Budget) Withdraw(why string) {
	b.MaxTimeoutS, b.WithHeadroomS, b.OnceS, b.Bound, b.WorkersNeeded, b.Choices = nil, nil, nil, "", nil, []Choice{}
	b.Assumes, b.Why = "", why
}

// Example is the choice to show what a longer timeout takes: that of 1 s, which
// people ship, or else the shortest that does not hold with the workers there are.
func (b *Budget) Example() *Choice {
	var shortest *Choice
	for i := range b.Choices {
		c := &b.Choices[i]
		switch {
		case c.Holds || c.WorkersNeeded <= 0:
		case c.TimeoutS == 1:
			return c
		case shortest == nil || c.TimeoutS < shortest.TimeoutS:
			shortest = c
		}
	}
	return shortest
}

// Choice is a timeout and what it takes to hold the rate with it.
type Choice struct {
	TimeoutS      float64 `json:"timeout_s"`
	WorkersNeeded int     `json:"workers_needed"`
	Holds         bool    `json:"holds"` // with the workers there are
}

// Prediction is what the model, with the figures of Pool, says of this very run.
type Prediction struct {
	OnsetS     *float64 `json:"onset_s"`     // first 502 or 504 since T0; null when none, or no model
	CapacityHz *float64 `json:"capacity_hz"` // while the first fault is in force
	Series     []Moment `json:"series"`      // one entry for each bucket of the timeline; empty without a model
}

// Moment is the model's state in one bucket of the timeline.
type Moment struct {
	AtS      float64 `json:"at_s"`
	OKHz     float64 `json:"ok_hz"`
	BadHz    float64 `json:"bad_hz"`
	InFlight float64 `json:"in_flight"` // the most in the bucket
	Busy     float64 `json:"busy"`      // workers
	Queued   float64 `json:"queued"`
}

// Dose is a fault whose size was stepped.
type Dose struct {
	Dependency string     `json:"dependency"`
	Kind       string     `json:"kind"`
	SizeS      *float64   `json:"size_s"`   // at which the site first broke; null when it did not
	QueuedS    *float64   `json:"queued_s"` // from which on requests piled up, so that it would have broken in time; null when they did not, or it can't be told
	MaxS       float64    `json:"max_s"`    // the largest that was tried
	Broke      string     `json:"broke"`    // what came: "502", "client_timeout", ...; "" when it held
	Text       string     `json:"text"`     // the same in a sentence, without its full stop
	Load       bool       `json:"load"`     // the site broke meanwhile, and would have without the fault: by the rate that was asked
	Steps      []DoseStep `json:"steps"`
}

// DoseStep is what came of the hits that were due while a dose had one size.
type DoseStep struct {
	SizeS   float64  `json:"size_s"`
	FromS   float64  `json:"from_s"`
	ToS     float64  `json:"to_s"`
	Sent    int64    `json:"sent"`
	OKRatio *float64 `json:"ok_ratio"`
	P95S    *float64 `json:"p95_s"` // of good answers
}

// Dependency is how the site used a dependency.
type Dependency struct {
	Name        string   `json:"name"`
	Calls       int64    `json:"calls"`
	CallsPerHit *float64 `json:"calls_per_hit"` // outside of faults; null when nothing was sent then
	CallsOff    float64  `json:"calls_off"`     // its standard error, where chance decides which requests call
	HeldMeanS   *float64 `json:"held_mean_s"`   // from a call's first byte to its answer's, outside of faults
	PeakOpen    int64    `json:"peak_open"`     // connections at one moment
	PeakWaiting int64    `json:"peak_waiting"`  // calls without an answer at one moment
	// Open and Waiting are the most in each bucket of the timeline.
	Open    []int64 `json:"open"`
	Waiting []int64 `json:"waiting"`
}

// Advice is something to do, and the figure that backs it.
type Advice struct {
	Text    string `json:"text"`
	Because string `json:"because"`
}

// NotKnown is something that the run could not tell.
type NotKnown struct {
	What  string `json:"what"`
	Why   string `json:"why"`
	Needs string `json:"needs"` // the run, or the log, that would
}

// Evidence sums up what a source on the site said during the run.
type Evidence struct {
	AtS    float64 `json:"at_s"` // the first
	Source string  `json:"source"`
	Kind   string  `json:"kind"`
	Count  int64   `json:"count"`
	Text   string  `json:"text"` // the first
	// Dependency is, of calls in a slow log, the only one that a fault made wait
	// then; "" where there was none, or were several.
	Dependency string `json:"dependency,omitempty"`
}
