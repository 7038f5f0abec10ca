// Package reports is what a reader of report.json needs: the types of a report,
// an audit, a capacity search and a prediction, and the terms in them. What makes
// them is in the packages below: measure, diagnose, judge, explain, and analysis,
// which takes a bundle through these; render shows them.
package reports

import (
	"time"
)

// Schema is the version of report.json. Keys may be added under the same number, never renamed.
const Schema = 1

// Report is what report.json holds. Times ending in S are seconds since T0 or
// durations in seconds, rates ending in Hz are per second, ratios are 0..1.
// A nil pointer, null in JSON, means unknown.
type Report struct {
	Schema       int               `json:"schema"`
	ToolVersion  string            `json:"tool_version"`
	Name         string            `json:"name"`
	Target       string            `json:"target"`
	Seed         uint64            `json:"seed"`
	Arrivals     string            `json:"arrivals"` // "uniform", "poisson" or "replay"
	Started      time.Time         `json:"started"`
	Labels       map[string]string `json:"labels"` // given with the run, such as commit and branch
	DurationS    float64           `json:"duration_s"`
	Verdict      Verdict           `json:"verdict"`
	VerdictWhy   string            `json:"verdict_why"` // why it is inconclusive; empty when it is not
	Summary      string            `json:"summary"`     // a headline: what happened, why, and what would help, in at most three plain sentences
	Details      []string          `json:"details"`     // what else there is to say, a plain sentence each
	Outcome      string            `json:"outcome"`     // "complete", "interrupted", "aborted", "failed" or "killed" (no outcome was written)
	OutcomeWhy   string            `json:"outcome_why"` // when it is not complete, as far as is known
	ExitCode     int               `json:"exit_code"`
	Fidelity     Fidelity          `json:"fidelity"`
	Phases       []Phase           `json:"phases"`
	Total        Traffic           `json:"total"`    // of all phases that are no warm-up
	Requests     []RequestTraffic  `json:"requests"` // the same of each request
	Visits       *Visits           `json:"visits"`   // those of all phases that are no warm-up; null of a run of requests by themselves
	Sessions     *Sessions         `json:"sessions"` // null when none were logged in
	Astray       []Astray          `json:"astray"`   // requests that were never answered with what was asked for
	Spoken       *Spoken           `json:"spoken"`   // how the site was spoken to; null when the record does not tell, as when the run was killed
	Faults       []Fault           `json:"faults"`
	Onset        []Onset           `json:"onset"`
	Slowdowns    []Slowdown        `json:"slowdowns"`
	SessionLock  *LockedSessions   `json:"session_lock"` // null where nothing shows that requests of one session waited for each other
	Recovery     []Recovery        `json:"recovery"`
	Pool         Pool              `json:"pool"`
	Timeouts     []Timeout         `json:"timeouts"`
	Budget       []Budget          `json:"budget"`
	Prediction   Prediction        `json:"prediction"`
	Dose         []Dose            `json:"dose"`
	Claims       []Claim           `json:"claims"`
	Dependencies []Dependency      `json:"dependencies"`
	Declared     []string          `json:"declared"` // the names of the experiment's dependencies, also of those whose use is not known
	Sources      []string          `json:"sources"`  // the site's logs and pages that were given
	// DependenciesSeen are the hosts that the site called through the egress, declared or not.
	DependenciesSeen []DependencySeen `json:"dependencies_seen"`
	SelfRequests     *SelfRequests    `json:"self_requests"`  // null without an egress, which would see them
	EgressRefused    map[string]int64 `json:"egress_refused"` // what the egress refused, by class
	Advice           []Advice         `json:"advice"`
	NotKnown         []NotKnown       `json:"not_known"`
	Evidence         []Evidence       `json:"evidence"`
	Status           []Status         `json:"status"` // of the pool, as its status page said
	Objectives       []Objective      `json:"objectives"`
	Warnings         []string         `json:"warnings"`
	Timeline         Timeline         `json:"timeline"`
	Experiment       string           `json:"experiment"` // the file as run, YAML, secrets hidden
}

// Spoken is how the site was spoken to.
type Spoken struct {
	Answers     map[string]int64 `json:"answers"`     // by the protocol that they came in, such as "HTTP/1.1"
	Connections int64            `json:"connections"` // that were opened to it, those before the run included
}

// Verdict is the run's result in a word.
type Verdict string

// The verdicts.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
	None         Verdict = "none" // no objectives were given
)

// Fidelity says whether the harness did what was asked of it. Warm-up is included.
type Fidelity struct {
	HitsDue     int64    `json:"hits_due"`
	HitsSent    int64    `json:"hits_sent"`
	HitsDropped int64    `json:"hits_dropped"`
	RateAskedHz *float64 `json:"rate_asked_hz"` // over the open phases; null when there are none
	RateSentHz  *float64 `json:"rate_sent_hz"`
	// Of a run of visits: RateAskedHz is as if each visit were completed, and these count visits.
	VisitsDue        int64    `json:"visits_due,omitempty"`
	VisitsBegun      int64    `json:"visits_begun,omitempty"`
	VisitRateAskedHz *float64 `json:"visit_rate_asked_hz,omitempty"`
	VisitRateBegunHz *float64 `json:"visit_rate_begun_hz,omitempty"`
	LagP50S          *float64 `json:"lag_p50_s"` // sent - due, of hits in open and burst phases
	LagP99S          *float64 `json:"lag_p99_s"`
	LagMaxS          *float64 `json:"lag_max_s"`
	OK               bool     `json:"ok"`
	Why              string   `json:"why"` // when not OK, in plain words
}

// Quantiles of a time in seconds. All are nil when N is 0.
type Quantiles struct {
	N    int64    `json:"n"`
	P50  *float64 `json:"p50"`
	P90  *float64 `json:"p90"`
	P95  *float64 `json:"p95"`
	P99  *float64 `json:"p99"`
	P999 *float64 `json:"p999"`
	Max  *float64 `json:"max"`
}

// Traffic is what came of the hits of a phase, or of one request in it.
// Dropped and canceled hits are in Hits and Classes, and in no ratio.
type Traffic struct {
	Hits          int64            `json:"hits"`     // due
	Sent          int64            `json:"sent"`     // and not canceled: the base of the ratios
	OK            int64            `json:"ok"`       // good answers
	Degraded      int64            `json:"degraded"` // of these, those that served less
	RateAskedHz   *float64         `json:"rate_asked_hz"`
	RateSentHz    float64          `json:"rate_sent_hz"`
	OKRatio       *float64         `json:"ok_ratio"`
	DegradedRatio *float64         `json:"degraded_ratio"`
	Codes         map[string]int64 `json:"codes"`
	Classes       map[string]int64 `json:"classes"`
	Failed        map[string]int64 `json:"failed"`         // bad answers by their status, where it was the status that was bad
	ResponseS     Quantiles        `json:"response_s"`     // of good answers, from due
	ResponseAllS  Quantiles        `json:"response_all_s"` // of all hits sent, from due
	ServiceS      Quantiles        `json:"service_s"`      // of good answers, from sending
}

// Bad returns how many hits were sent and not answered well.
func (t *Traffic) Bad() int64 { return t.Sent - t.OK }

// Phase is one phase's figures. A hit belongs to the phase in which it was due.
type Phase struct {
	Name   string  `json:"name"`
	Kind   string  `json:"kind"` // "open", "closed" or "burst"
	Warmup bool    `json:"warmup"`
	StartS float64 `json:"start_s"`
	EndS   float64 `json:"end_s"`
	// CutShort: the run ended before this phase did, or before it began.
	CutShort bool `json:"cut_short"`
	// Doubt is why the load was not as asked in it; empty when it was.
	Doubt string `json:"doubt"`
	// Replayed is set in a phase that replayed a log whose rate went up and down in
	// it: rate_asked_hz is then the mean. What must hold is told for the highest.
	Replayed *Replayed `json:"replayed,omitempty"`
	Traffic
	Requests []RequestTraffic `json:"requests"`
	Visits   *Visits          `json:"visits,omitempty"` // those that began in it
}

// Replayed is how many requests a log had in the second of a phase in which they
// were fewest, and in that in which they were most.
type Replayed struct {
	LowHz  float64 `json:"low_hz"`
	HighHz float64 `json:"high_hz"`
}

// RequestTraffic is the figures of one request of the mix in a phase.
type RequestTraffic struct {
	Name string `json:"name"`
	Traffic
}

// Fault is one fault as it was played.
type Fault struct {
	Dependency  string   `json:"dependency"`
	Kind        string   `json:"kind"`
	State       string   `json:"state"` // that it puts its dependency into, to follow "with": "payments 2 s slower"
	Noun        string   `json:"noun"`  // what it is, behind "the", before "on payments": "hang"
	Past        string   `json:"past"`  // what befell the dependency: "hung"
	Does        Effect   `json:"does"`
	Phase       string   `json:"phase"`
	Share       float64  `json:"share"`
	SizeS       *float64 `json:"size_s"`           // the delay at the end, for a kind that has one
	CallS       *float64 `json:"call_s,omitempty"` // what a call took, where it met the delay more than once, as TLS does
	Stepped     bool     `json:"stepped"`          // the size grew in steps: see dose
	AppliedS    float64  `json:"applied_s"`
	LiftedS     *float64 `json:"lifted_s"`
	Connections *int64   `json:"connections"`
	// PeakConnections is the most connections that the fault was in force on at
	// one moment: in a hang the number of workers waiting, if each opens one.
	PeakConnections *int64 `json:"peak_connections"`
	RequestsHeld    *int64 `json:"requests_held"`
	BytesUp         int64  `json:"bytes_up"`
	BytesDown       int64  `json:"bytes_down"`
	Exercised       bool   `json:"exercised"`
	Uncounted       bool   `json:"uncounted,omitempty"` // nothing says whether it was: a plain Toxiproxy server does not count
	UndoConfirmed   *bool  `json:"undo_confirmed"`
	Due             int64  `json:"due"` // requests that were due while it was in force, warm-up apart
	// Late is how many of these were answered well only once it was lifted, and would
	// not have been before; LateWaitS is how long the longest of them had waited by then.
	Late      int64    `json:"late"`
	LateWaitS *float64 `json:"late_wait_s"` // null when Late is 0
	// SilentS is the longest time under it in which requests waited and not one was
	// answered, well or not; null when it was not lifted.
	SilentS *float64 `json:"silent_s"`
}

// Effect is what a fault does to calls.
type Effect struct {
	Waits      bool `json:"waits"`       // calls wait
	TripDelay  bool `json:"trip_delay"`  // each round trip of a call waits for the fault's delay
	OnListener bool `json:"on_listener"` // it meets connects before the proxy hears of them
	Refuses    bool `json:"refuses"`     // connects fail
	Answers    bool `json:"answers"`     // it answers requests in the dependency's place
}

// Onset is the first of one kind of gateway error.
type Onset struct {
	Code   int     `json:"code"` // 502, 503 or 504
	Class  string  `json:"class"`
	Phase  string  `json:"phase"` // in which the first one was answered
	FirstS float64 `json:"first_s"`
	// SustainedS is the first moment after which the following full second has
	// at least 5% of Code among its answers; null when there is none.
	SustainedS  *float64 `json:"sustained_s"`
	AfterFaultS *float64 `json:"after_fault_s"` // FirstS from when the fault in force was applied; null without one
	Dependency  string   `json:"dependency"`    // of that fault
	Without     *float64 `json:"without"`       // the part of these errors that would have come without any fault, by the model or since none was in force; null when that is not known
	Held        *float64 `json:"held"`          // calls that waited because of that fault just before FirstS; null when that can't be told
	Count       int64    `json:"count"`
	InFlight    int64    `json:"in_flight"`  // requests waiting at FirstS, this one not counted
	RateHz      *float64 `json:"rate_hz"`    // offered in the second before FirstS, or asked of a phase that had begun within it; of visits as if those begun then were completed
	Cause       Cause    `json:"cause"`      // Unknown unless it could be told
	Confidence  *float64 `json:"confidence"` // that it is Cause, or one of Or
	Or          []Cause  `json:"or"`         // causes that look the same as Cause in all that was read
	Evidence    []string `json:"evidence"`
	// Logged are the kinds of the gateway's error lines that name Cause, those of which there were most first.
	Logged []string `json:"logged,omitempty"`
}

// Recovery is how long the site took to be well again after a fault was lifted.
type Recovery struct {
	Dependency string  `json:"dependency"`
	Kind       string  `json:"kind"` // of the fault
	Noun       string  `json:"noun"` // its noun
	LiftedS    float64 `json:"lifted_s"`
	// Ill is whether the site was seen not to be well at any second since the
	// fault was applied; null without a baseline to hold it against.
	Ill *bool `json:"ill"`
	// RecoveredS is the start of the first full second after lifting whose ok
	// ratio and p95 are within the baseline's range, with no bad second in the
	// two after it; null when there was none or no baseline to hold it against.
	RecoveredS *float64 `json:"recovered_s"`
	AfterLiftS *float64 `json:"after_lift_s"`
	// NotWellS is how long the site was watched after lifting without being well
	// once; null when it was well, or could not be told.
	NotWellS *float64 `json:"not_well_s"`
	Why      string   `json:"why"` // when null
}

// Objective is one objective and what was seen.
type Objective struct {
	Text     string   `json:"text"`
	Phase    string   `json:"phase"`
	OK       *bool    `json:"ok"`       // null when it could not be judged
	Observed *float64 `json:"observed"` // over windows that of the worst
	// Low and High are what Observed lies between where it is an estimate; null where it was
	// counted, and where nothing bounds it.
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	AtS   *float64 `json:"at_s"`  // when the worst window began; null where there are none
	Limit *float64 `json:"limit"` // null when the baseline that gives it is not known
	Unit  string   `json:"unit"`  // "s", "ratio", "count" or "/s"
	Seen  string   `json:"seen"`  // Observed in words, with what there is to say of it; empty when nothing was seen
	Why   string   `json:"why"`   // why it was missed or could not be judged; empty when it was met
	File  string   `json:"file"`  // where it was written, as far as is known
	Line  int      `json:"line"`  // in File, from 1; 0 when not known
}

// Timeline is the run cut into equal buckets, for charts. All slices have one
// entry a bucket. Rates count hits by when they were due (Asked), sent (Sent)
// or done (the others), times are of hits by when they were due.
type Timeline struct {
	BucketS  float64              `json:"bucket_s"`
	StartS   []float64            `json:"start_s"`
	AskedHz  []float64            `json:"asked_hz"`
	SentHz   []float64            `json:"sent_hz"`
	OKHz     []float64            `json:"ok_hz"` // good and not degraded
	Degraded []float64            `json:"degraded_hz"`
	CodesHz  map[string][]float64 `json:"codes_hz"`  // bad answers by status, such as "502"
	OtherHz  []float64            `json:"other_hz"`  // bad with no status, or a good status that was not expected
	InFlight []int64              `json:"in_flight"` // the most at any moment in the bucket
	P50S     []*float64           `json:"p50_s"`     // response time of all hits sent
	P95S     []*float64           `json:"p95_s"`
	MaxS     []*float64           `json:"max_s"`
}
