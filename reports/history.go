package reports

import "time"

// History is many runs of one experiment or of several, night after night.
type History struct {
	Schema      int     `json:"schema"`
	Kind        string  `json:"kind"` // KindHistory
	ToolVersion string  `json:"tool_version"`
	Nights      []Night `json:"nights"` // in the order of time
	// Skipped are the folders that are in no series: their report can't be read, is not
	// there yet, or is of a run that another folder holds too.
	Skipped []Skipped    `json:"skipped"`
	Series  []Series     `json:"series"`
	Marks   []ChangeMark `json:"marks"` // the change points of all series, the newest first
	// MinEffect is the smallest change that is marked, as a ratio of what was before; Significance
	// is how likely at most a series without a change shows one as clear.
	MinEffect    float64 `json:"min_effect"`
	Significance float64 `json:"significance"`
	// MayGo are the folders of the nights that are beyond those to keep, the oldest first;
	// Removed are those of them that are gone. Both are empty when nobody asked.
	MayGo   []string `json:"may_go"`
	Removed []string `json:"removed"`
}

// KindHistory is the kind of a History, as KindAudit is of an audit.
const KindHistory = "history"

// Night is one run of a history, or one audit or search.
type Night struct {
	Dir       string            `json:"dir"`  // within the folder
	Name      string            `json:"name"` // of the experiment, with what was done if that was no run: "checkout", "checkout (audit)"
	Started   time.Time         `json:"started"`
	DurationS float64           `json:"duration_s"`
	Verdict   Verdict           `json:"verdict"`
	Outcome   string            `json:"outcome"`
	Summary   string            `json:"summary"`
	Labels    map[string]string `json:"labels"`
	Note      string            `json:"note"` // which of its figures do not count, and why; empty when all do
}

// Skipped is a folder that is not in the series.
type Skipped struct {
	Dir string `json:"dir"`
	Why string `json:"why"`
}

// Series is one figure, night after night.
type Series struct {
	Name       string     `json:"name"`       // as of the nights
	Title      string     `json:"title"`      // what it is, in words: "p99 in steady", "timeout on payments"
	Figure     string     `json:"figure"`     // "capacity", "workers", "p50", "p99", "errors", "onset", "recovered", "timeout" or "budget"
	Phase      string     `json:"phase"`      // empty: of the whole run, or of the site
	Dependency string     `json:"dependency"` // empty: of none
	Fault      string     `json:"fault"`      // under which a search found it; empty: under none
	Unit       string     `json:"unit"`       // "s", "ratio", "count" or "/s"
	MoreIsGood bool       `json:"more_is_good"`
	Values     []*float64 `json:"values"` // one a night; null where it is not known, or of a night with another name
}

// ChangeMark is a change point: from Night on, a series was another.
type ChangeMark struct {
	Series int     `json:"series"` // counts History.Series
	Night  int     `json:"night"`  // counts History.Nights: the first that is otherwise
	Before float64 `json:"before"` // the median up to there, since the change before
	After  float64 `json:"after"`  // the median from there up to the next change
	P      float64 `json:"p"`      // of the test that confirmed it
	Change Change  `json:"change"` // Improved or Worse
	// Gradual: a straight line fits the nights on both sides better than two levels,
	// so that no single night made the change.
	Gradual bool `json:"gradual"`
}
