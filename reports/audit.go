package reports

// Audit is what came of hanging each dependency in turn.
type Audit struct {
	Schema   int        `json:"schema"`
	Name     string     `json:"name"`
	Target   string     `json:"target"`
	RateHz   float64    `json:"rate_hz"`
	HorizonS float64    `json:"horizon_s"`
	Summary  string     `json:"summary"`
	ExitCode int        `json:"exit_code"`
	Rows     []AuditRow `json:"rows"`
}

// AuditRow is one dependency of an audit.
type AuditRow struct {
	Dependency string   `json:"dependency"`
	Timeout    *Timeout `json:"timeout"`  // null when the run could not be done
	Visitors   string   `json:"visitors"` // what most who waited got: "good page", "degraded page", "error 504", "error client_timeout", ...
	// MaxTimeoutS is the longest timeout that holds the rate; null when it is not known, or none would.
	MaxTimeoutS *float64 `json:"max_timeout_s"`
	Verdict     string   `json:"verdict"` // AuditOK, AuditTooLong, AuditNone or AuditUnknown
	Text        string   `json:"text"`    // the same in plain words
	Bundle      string   `json:"bundle"`  // folder of the run
}

// The verdicts of an audit on a dependency.
const (
	AuditOK      = "ok"       // there is a timeout, and it holds the rate as far as is known
	AuditTooLong = "too_long" // there is one, longer than the budget at the rate
	AuditNone    = "none"     // there is none within the horizon
	AuditUnknown = "unknown"  // it could not be told: Text says why
)
