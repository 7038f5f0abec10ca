package reports

// Visits are what came of the visits of a run, or of a phase: of those that began in it.
// Its figures by request are those of its steps, under their full names, such as "buy/pay".
type Visits struct {
	VisitTraffic
	Kinds []VisitKind `json:"kinds"` // each of the mix, in the experiment's order
}

// MeanSteps is how many requests a visit of the mix makes on average when it is completed;
// 0 of a run of requests by themselves.
func (v *Visits) MeanSteps() (n float64) {
	if v == nil {
		return 0
	}
	for _, k := range v.Kinds {
		n += k.Weight * float64(len(k.Steps))
	}
	return n
}

// VisitTraffic is what came of a number of visits. Begun is the sum of Completed,
// Abandoned, CutOff and Unsent.
type VisitTraffic struct {
	Due       int64 `json:"due"`
	Begun     int64 `json:"begun"`     // their first step was sent
	Completed int64 `json:"completed"` // each of their steps was answered well
	Abandoned int64 `json:"abandoned"` // a step was not: what follows it was not sent
	CutOff    int64 `json:"cut_off"`   // they were under way when the run ended
	Unsent    int64 `json:"unsent"`    // we did not send one of their steps, over a ceiling or for want of means
	// CompletedRatio is Completed of those that the site decided: completed and abandoned; null when there are none.
	CompletedRatio *float64 `json:"completed_ratio"`
	RateAskedHz    *float64 `json:"rate_asked_hz"` // visits per second; null of closed and burst phases, and of all together
	RateBegunHz    float64  `json:"rate_begun_hz"`
	// RateCompletedHz counts them by the phase in which they began.
	RateCompletedHz float64   `json:"rate_completed_hz"`
	DurationS       Quantiles `json:"duration_s"` // of completed visits, with the time that they thought
}

// Ended returns how many visits the site decided: they were completed or abandoned.
func (v *VisitTraffic) Ended() int64 { return v.Completed + v.Abandoned }

// VisitKind is one of the mix of visits.
type VisitKind struct {
	Name   string  `json:"name"`
	Weight float64 `json:"weight"` // its share of the mix, 0..1
	VisitTraffic
	Steps []VisitStep `json:"steps"`
}

// VisitStep is a step of a visit, as far as visits came.
type VisitStep struct {
	Name    string `json:"name"`    // the step's own, such as "pay"
	Request string `json:"request"` // its full name, such as "buy/pay": its figures are under it in requests
	Reached int64  `json:"reached"` // visits that sent it
	Passed  int64  `json:"passed"`  // and got a good answer
	// Abandoned are the visits that ended here, by what came instead of a good answer: its
	// status, such as "502", or else its class, such as "client_timeout".
	Abandoned map[string]int64 `json:"abandoned"`
	Why       string           `json:"why"` // the same in words: "502", or "55 × 502, 3 × no answer in time"
}

// Lost returns how many visits were abandoned at the step.
func (s *VisitStep) Lost() (n int64) {
	for _, one := range s.Abandoned {
		n += one
	}
	return n
}

// Sessions are those that were logged in before the run and lent to its visits.
type Sessions struct {
	Count   int64    `json:"count"`
	Expired *Expired `json:"expired"` // null when none was seen to
}

// Expired is that lent sessions, which had been accepted, were asked to log in again.
type Expired struct {
	Answers   int64            `json:"answers"`  // that asked for it
	Kinds     map[string]int64 `json:"kinds"`    // of them by what they were: "401", "403" or "login", which is a redirect there
	Sessions  int64            `json:"sessions"` // that got one
	Visits    int64            `json:"visits"`   // that were abandoned by one
	FirstS    float64          `json:"first_s"`  // when the first of them came
	ByRequest map[string]int64 `json:"by_request"`
	Under     string           `json:"under"` // the dependency that was under a fault then; empty when none was
	Text      string           `json:"text"`  // all of it in a sentence
	ToDo      string           `json:"to_do"`
}
