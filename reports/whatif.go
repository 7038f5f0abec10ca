package reports

// WhatIf is what a site would do, by the model, from figures that were given or
// that a run told: what `tailback predict` says. Its budget and prediction are
// as in a report.
type WhatIf struct {
	ToolVersion string           `json:"tool_version"`
	Summary     string           `json:"summary"` // what visitors see first, when and why
	Asked       string           `json:"asked"`   // what is played
	Advice      []string         `json:"advice"`
	Figures     []Figure         `json:"figures"`
	Budget      []Budget         `json:"budget"` // one
	Prediction  PredictedSeconds `json:"prediction"`
	Grid        Grid             `json:"grid"`
}

// Figure is a figure that the model was given, written as its flag is.
type Figure struct {
	Flag  string `json:"flag"`
	Value string `json:"value"`
	From  string `json:"from"` // where it came from, in plain words
}

// PredictedSeconds is a prediction from the first arrival that meets the fault
// on, in seconds since then.
type PredictedSeconds struct {
	Prediction
	Series         []PredictedSecond `json:"series"` // one entry for each second
	OnsetCode      *int              `json:"onset_code"`
	First502S      *float64          `json:"first_502_s"`
	First504S      *float64          `json:"first_504_s"`
	CapacityWellHz float64           `json:"capacity_well_hz"` // when the dependency answers at once
}

// PredictedSecond is a moment with the answers of its second by their code.
type PredictedSecond struct {
	Moment
	AskedHz float64            `json:"asked_hz"`
	CodesHz map[string]float64 `json:"codes_hz"` // of the bad ones
}

// Grid says which timeouts hold a rate of evenly spaced arrivals with how many
// workers, by the formulas.
type Grid struct {
	RateHz  float64   `json:"rate_hz"`
	Workers []int     `json:"workers"`
	Rows    []GridRow `json:"rows"` // the shortest timeout first
}

// GridRow is a timeout with each number of workers of the grid.
type GridRow struct {
	TimeoutS *float64   `json:"timeout_s"` // null is none: calls last as long as the dependency takes
	HoldS    *float64   `json:"hold_s"`    // how long a call then lasts; null is for ever
	Cells    []GridCell `json:"cells"`
}

// GridCell is a site with one number of workers and one timeout.
type GridCell struct {
	CapacityHz float64  `json:"capacity_hz"`
	Busy       *float64 `json:"busy"` // mean part of the workers that is; null when they don't keep up
	Holds      bool     `json:"holds"`
	OnsetS     *float64 `json:"onset_s"` // first 502 or 504; null when it holds
	Code       *int     `json:"code"`    // of that
	Site       bool     `json:"site"`    // as the site is
}
