package reports

import "time"

// History is many runs of one experiment, night after night.
type History struct {
	Schema      int          `json:"schema"`
	Kind        string       `json:"kind"` // KindHistory
	ToolVersion string       `json:"tool_version"`
	Nights      []Night      `json:"nights"`  // in the order of time
	Skipped     []Skipped    `json:"skipped"` // folders whose report can't be read, and why
	Series      []Series     `json:"series"`
	Marks       []ChangeMark `json:"marks"` // the change points of all series, the newest first
}

// KindHistory is the kind of a History, as KindAudit is of an audit.
const KindHistory = "history"

// Night is one run of a history.
type Night struct {
	Dir       string            `json:"dir"` // within the folder
	Name      string            `json:"name"`
	Started   time.Time         `json:"started"`
	DurationS float64           `json:"duration_s"`
	Verdict   Verdict           `json:"verdict"`
	Outcome   string            `json:"outcome"`
	Summary   string            `json:"summary"`
	Labels    map[string]string `json:"labels"`
}

// Skipped is a folder that is not in the series.
type Skipped struct {
	Dir string `json:"dir"`
	Why string `json:"why"`
}

// Series is one figure, night after night.
type Series struct {
	Name       string     `json:"name"`       // the experiment's name
	Figure     string     `json:"figure"`     // "capacity", "p99", "errors", "onset", "recovered", "timeout", "budget", ...
	Phase      string     `json:"phase"`      // empty: of the whole run, or of the site
	Dependency string     `json:"dependency"` // empty: of none
	Unit       string     `json:"unit"`       // "s", "ratio", "count" or "/s"
	MoreIsGood bool       `json:"more_is_good"`
	Values     []*float64 `json:"values"` // one a night; null where it is not known
}

// ChangeMark is a change point: from Night on, a series was another.
type ChangeMark struct {
	Series int     `json:"series"` // counts History.Series
	Night  int     `json:"night"`  // counts History.Nights: the first that is otherwise
	Before float64 `json:"before"` // the median up to there, since the change before
	After  float64 `json:"after"`  // the median from there
	P      float64 `json:"p"`      // of the test that confirmed it
	Change Change  `json:"change"` // Improved or Worse
}
