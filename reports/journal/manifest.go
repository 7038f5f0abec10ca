package journal

import "time"

// Schema is the version of the bundle's format. History: 1, the first.
const Schema = 1

// Manifest describes a bundle. It is written when a run begins and again when it ends.
type Manifest struct {
	Schema      int       `json:"schema"`
	ToolVersion string    `json:"tool_version"`
	Name        string    `json:"name"`
	Target      string    `json:"target"` // URL without user info and query
	Seed        uint64    `json:"seed"`
	Arrivals    string    `json:"arrivals"`
	T0          time.Time `json:"t0"` // wall clock, UTC
	// Phases and Requests name what Hit.Phase and Hit.Request count.
	Phases   []PhaseSpan `json:"phases"`
	Requests []string    `json:"requests"`
	// RequestRates are the rates that requests have of their own, per second, in the order of
	// Requests; 0 of one that has a weight. When none has one, there are none.
	RequestRates []float64 `json:"request_rates_hz,omitempty"`
	// Visits are those that the requests are the steps of, in the order of Requests; of a
	// run of requests by themselves there are none.
	Visits []Visit `json:"visits,omitempty"`
	// Sessions is how many visitors were logged in before T0.
	Sessions int `json:"sessions,omitempty"`
	// Dependencies are those proxied, in the experiment's order.
	Dependencies []Dependency `json:"dependencies"`
	// Toxiproxy is the URL of the proxy or server that the faults are played in;
	// empty when that is the runner's own process.
	Toxiproxy  string   `json:"toxiproxy,omitempty"`
	Objectives []string `json:"objectives"`
	// File is the experiment's, as it was named; Lines are where in it each of Objectives
	// is written, from 1; of an older bundle there are none.
	File  string `json:"file,omitempty"`
	Lines []int  `json:"objective_lines,omitempty"`
	// Labels say what the run was of, such as commit and branch.
	Labels map[string]string `json:"labels,omitempty"`
	// Egress is the host:port of the forward proxy; empty when there is none.
	Egress string `json:"egress,omitempty"`
	// ClientTimeoutNS is target.timeout: when a request is given up by us.
	ClientTimeoutNS int64 `json:"client_timeout_ns"`
	// Sources are those of the site that were read.
	Sources []Source `json:"sources,omitempty"`
	// Outcome is nil while the run goes on, and stays nil when it was killed.
	Outcome *Outcome `json:"outcome"`
}

// Dependency is a dependency behind a proxy of ours.
type Dependency struct {
	Name   string `json:"name"`
	Listen string `json:"listen"`         // host:port that the site is to call; "" of one that is reached through the egress
	Host   string `json:"host,omitempty"` // host:port as the site names it, when it is
}

// PhaseSpan is a phase as planned. Times are since T0.
type PhaseSpan struct {
	Name    string `json:"name"`
	StartNS int64  `json:"start_ns"`
	EndNS   int64  `json:"end_ns"`
	Warmup  bool   `json:"warmup,omitempty"`
	// Kind is "open", "closed" or "burst".
	Kind string `json:"kind"`
	// Visits is the number of visits due, as Hits is of requests, and of those that are
	// steps it is not known beforehand how many come about: Hits is 0 then.
	Visits uint64 `json:"visits,omitempty"`
	// VisitRateFrom, VisitRateTo and VisitRateMean are of visits per second, as RateFrom,
	// RateTo and RateMean are of requests, which are as if each visit were completed.
	VisitRateFrom float64 `json:"visit_rate_from_hz,omitempty"`
	VisitRateTo   float64 `json:"visit_rate_to_hz,omitempty"`
	VisitRateMean float64 `json:"visit_rate_mean_hz,omitempty"`
	// Hits is the number due in an open or burst phase; in a closed one it is not known beforehand, and 0.
	Hits uint64 `json:"hits"`
	// RateFrom and RateTo are per second; of a ramp or steps, the first and the last; 0 in a closed or burst phase.
	RateFrom float64 `json:"rate_from_hz"`
	RateTo   float64 `json:"rate_to_hz"`
	// RateMean is what was asked over the whole phase, per second; 0 in a closed or burst phase.
	RateMean float64 `json:"rate_mean_hz"`
}

// Outcome says how a run ended.
type Outcome struct {
	EndNS int64 `json:"end_ns"` // since T0
	// Status is "complete", "interrupted" (a signal or a stop file), "aborted" (a
	// rule of abort_when held) or "failed".
	Status string `json:"status"`
	// Error is why it did not complete; empty otherwise.
	Error string `json:"error,omitempty"`
	// StoppedNS is when no more hits were sent, since T0, in a run that was to end
	// before its last phase as soon as enough was known.
	StoppedNS int64 `json:"stopped_ns,omitempty"`
	// Undone is false when a fault could not be shown to be lifted.
	Undone bool `json:"undone"`
}
