package reports

// Audit is what came of hanging each dependency in turn.
type Audit struct {
	Campaign
	RateHz      float64    `json:"rate_hz"`                 // of requests
	VisitRateHz *float64   `json:"visit_rate_hz,omitempty"` // of visits, where these were sent: RateHz is as if each were completed
	HorizonS    float64    `json:"horizon_s"`
	Rows        []AuditRow `json:"rows"`
}

// AuditRow is one dependency of an audit.
type AuditRow struct {
	Dependency string   `json:"dependency"`
	Seen       *bool    `json:"seen"`     // whether the site called it in any of the runs; null when no run could see that
	Timeout    *Timeout `json:"timeout"`  // null when the run could not be done
	Visitors   string   `json:"visitors"` // what most who waited got: "good page", "degraded page", "error 504", "error client_timeout", "nothing for 30 s", ...
	// MaxTimeoutS is the longest timeout that holds the rate; null when it is not known, or none would.
	MaxTimeoutS *float64 `json:"max_timeout_s"`
	Verdict     string   `json:"verdict"` // AuditOK, AuditTooLong, AuditNone or AuditUnknown
	Text        string   `json:"text"`    // the same in plain words
	Bundle      string   `json:"bundle"`  // of its run, within the audit's folder; empty when nothing was recorded
}

// The verdicts of an audit on a dependency.
const (
	AuditOK      = "ok"       // there is a timeout, and it holds the rate as far as is known
	AuditTooLong = "too_long" // there is one, longer than the budget at the rate
	AuditNone    = "none"     // there is none within the horizon
	AuditUnknown = "unknown"  // it could not be told: Text says why
)
