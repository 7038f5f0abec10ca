package reports

// DependencySeen is a host that the site called through the egress.
type DependencySeen struct {
	Host       string `json:"host"`       // with its port; "other" is all beyond the first 200
	Dependency string `json:"dependency"` // its name, if it was declared
	Calls      int64  `json:"calls"`
	Self       bool   `json:"self"` // the site itself
	HeldS      Held   `json:"held_s"`
}

// Held is how long calls waited for the first byte of their answer (over TLS,
// from the handshake to the last one), or until they were given up, or the run
// ended, seconds, faults included. All are nil of no call.
type Held struct {
	P50 *float64 `json:"p50"`
	P99 *float64 `json:"p99"`
	Max *float64 `json:"max"`
}

// SelfRequests are the calls that the site made to itself through the egress.
type SelfRequests struct {
	Calls int64    `json:"calls"`
	Share *float64 `json:"share"` // of all its calls through the egress; null when there were none
}
