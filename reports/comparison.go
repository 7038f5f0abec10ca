package reports

import "time"

// Comparison is what came of holding runs against each other: those before a
// change, and those after it.
type Comparison struct {
	Schema      int    `json:"schema"`
	Kind        string `json:"kind"` // KindComparison
	ToolVersion string `json:"tool_version"`
	Before      Side   `json:"before"`
	After       Side   `json:"after"`
	Verdict     Change `json:"verdict"` // of the whole
	Summary     string `json:"summary"` // plain sentences that can be pasted into a ticket
	ExitCode    int    `json:"exit_code"`
	// MinEffect is the smallest change worth telling, as a ratio of what was before; Significance
	// is how likely at most two sides that are alike are told apart, over all figures together.
	MinEffect    float64    `json:"min_effect"`
	Significance float64    `json:"significance"`
	Differences  []Differs  `json:"differences"` // of the experiments: what was asked of one side and not of the other
	Figures      []Compared `json:"figures"`
	Warnings     []string   `json:"warnings"`
}

// KindComparison is the kind of a Comparison, as KindAudit is of an audit.
const KindComparison = "comparison"

// Side is the runs on one side of a comparison.
type Side struct {
	Runs []RunName `json:"runs"`
}

// RunName says which run it is.
type RunName struct {
	Dir      string            `json:"dir"` // as it was named
	Name     string            `json:"name"`
	Started  time.Time         `json:"started"`
	Verdict  Verdict           `json:"verdict"`
	Labels   map[string]string `json:"labels"`
	Duration float64           `json:"duration_s"`
}

// Change is what came of a figure.
type Change string

// The changes.
const (
	Improved Change = "improved"
	Worse    Change = "worse"
	Same     Change = "same"    // shown to be within MinEffect, or not told apart with enough seen that it would have been
	Changed  Change = "changed" // it differs, and whether that is good can't be said of it alone, as of retries
	CantTell Change = "can't tell"
)

// Differs is something that was asked of one side and not, or otherwise, of the other.
type Differs struct {
	What   string `json:"what"` // such as "phase hang: rate"
	Before string `json:"before"`
	After  string `json:"after"`
	Spoils string `json:"spoils"` // which figures can't be compared for it; empty when it matters to none
}

// Compared is one figure of both sides.
type Compared struct {
	Phase      string `json:"phase"`      // empty: of the whole run, or of the site
	Request    string `json:"request"`    // empty: of all
	Dependency string `json:"dependency"` // empty: of none
	Figure     string `json:"figure"`     // "p95", "errors", "onset", "recovered", "workers", "queue_slots", "capacity", "timeout", "retries", "budget", ...
	Unit       string `json:"unit"`       // "s", "ratio", "count" or "/s"
	// Before and After are the figure on each side, of several runs the median; null when not known.
	Before *float64 `json:"before"`
	After  *float64 `json:"after"`
	// Low and High hold After - Before with the confidence of the comparison; null when it can't be told.
	// Of a figure with a change and neither, it came, or was there, on one side only.
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
	Change Change   `json:"change"`
	Why    string   `json:"why"` // why it can't be told, or what else there is to know
}

// None reports whether a side's null is a finding, such as an error that did not come or
// a timeout that nobody set, in place of a figure that is not known.
func (c *Compared) None(side *float64) bool { return side == nil && c.Change != CantTell }
