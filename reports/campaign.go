package reports

import "time"

// Campaign is what an audit and a search for the capacity tell alike of the
// several runs that they made. Their report.json begins with it.
type Campaign struct {
	Schema      int       `json:"schema"`
	Kind        string    `json:"kind"` // KindAudit or KindCapacity; the report.json of a run has none
	ToolVersion string    `json:"tool_version"`
	Name        string    `json:"name"`
	Target      string    `json:"target"`
	Seed        uint64    `json:"seed"`
	Arrivals    string    `json:"arrivals"` // "uniform" or "poisson": the figures hold for these
	Started     time.Time `json:"started"`
	// Labels are those given with it, such as commit and branch.
	Labels     map[string]string `json:"labels"`
	DurationS  float64           `json:"duration_s"`
	Outcome    string            `json:"outcome"` // "complete", "interrupted" or "failed"
	Verdict    Verdict           `json:"verdict"` // Pass, Fail or Inconclusive
	Summary    string            `json:"summary"`
	ExitCode   int               `json:"exit_code"`
	Experiment string            `json:"experiment"` // what was asked, YAML, secrets hidden
}

// The kinds of a campaign.
const (
	KindAudit    = "audit"
	KindCapacity = "capacity"
)
