package reports

// Capacity is what a search for the highest rate has found, without a fault and
// under each.
type Capacity struct {
	Campaign
	Objective string  `json:"objective"`
	FromHz    float64 `json:"from_hz"`
	ToHz      float64 `json:"to_hz"`
	// VisitSteps is how many requests a visit makes on average: all rates are of visits
	// then. It is 0 of requests by themselves.
	VisitSteps float64          `json:"visit_steps,omitempty"`
	Figures    []CapacityFigure `json:"capacity"`
}

// CapacityFigure is the highest rate under one fault. RateHz is null when it was
// not found: Why says why not, or is empty where not even the lowest rate held.
// LowHz is the highest rate that held, HighHz the lowest that did not, or that
// is known not to without a trial; null where there is none. Degraded is the
// ratio of the hits at LowHz that were answered, and served less.
type CapacityFigure struct {
	Fault    string          `json:"fault"` // such as "payments: latency 1 s"; empty without a fault
	RateHz   *float64        `json:"rate_hz"`
	LowHz    *float64        `json:"low_hz"`
	HighHz   *float64        `json:"high_hz"`
	Degraded *float64        `json:"degraded"`
	LoadS    float64         `json:"load_s"` // of all trials
	Limit    string          `json:"limit"`  // what broke first, just above
	Why      string          `json:"why"`    // why it could not be told
	Trials   []CapacityTrial `json:"trials"`
}

// CapacityTrial is one trial of a rate. One that is void tells nothing of the
// site, and is made again.
type CapacityTrial struct {
	Dir         string   `json:"dir"` // of its bundle, within the search's folder
	RateHz      float64  `json:"rate_hz"`
	LoadS       float64  `json:"load_s"`
	Held        bool     `json:"held"`
	Why         string   `json:"why"`           // when it did not hold
	GoodHz      *float64 `json:"good_hz"`       // good answers a second while requests queued; null when they did not
	GrowthHz    *float64 `json:"growth_hz"`     // of the requests in flight; null when there were too few answers
	GrowthErrHz *float64 `json:"growth_err_hz"` // its standard error
	P95S        *float64 `json:"p95_s"`         // of good answers
	Errors      *float64 `json:"errors"`        // ratio of the hits sent
	Degraded    *float64 `json:"degraded"`      // likewise, of good answers that served less
	ServiceS    *float64 `json:"service_s"`     // median, from sending to a good answer

	Void string `json:"void"` // why it counts for nothing, such as a load that was not as asked

	Met bool `json:"met"` // the objective, as far as the trial could judge it
}

// Verdict is what came of it, in a few words.
func (t *CapacityTrial) Verdict() string {
	switch {
	case t.Void != "":
		return "does not count: " + t.Void
	case !t.Held:
		return "does not hold: " + t.Why
	}
	return "holds"
}
