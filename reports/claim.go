package reports

// ClaimKind is what a claim says.
type ClaimKind string

// The kinds of claims, each with the fields that it has besides Kind and Assumes.
const (
	// AllWaited: all workers were waiting for Dependency when the error of AtS came; Workers of them were seen.
	AllWaited ClaimKind = "all_waited"
	// MostWaited: Workers of them were.
	MostWaited ClaimKind = "most_waited"
	// NoFaultToBlame: what came from AtS on would have come without the faults.
	NoFaultToBlame ClaimKind = "no_fault_to_blame"
	// WellAgain: AfterS after the lifting at AtS the site was as well as before.
	WellAgain ClaimKind = "well_again"
	// TimeoutHeld: with its timeout on Dependency, TimeoutS, the site held RateHz in this run.
	TimeoutHeld ClaimKind = "timeout_held"
	// TimeoutHolds: a timeout on Dependency of TimeoutS and less would hold RateHz.
	TimeoutHolds ClaimKind = "timeout_holds"
	// WithinBudget: the timeout on Dependency that the site has, TimeoutS, is such a one.
	WithinBudget ClaimKind = "within_budget"
	// WorkersHold: Workers would hold RateHz with a timeout on Dependency of TimeoutS.
	WorkersHold ClaimKind = "workers_hold"
	// WorkersCarry: Workers would carry RateHz with all dependencies well, and a fifth of their time to spare.
	WorkersCarry ClaimKind = "workers_carry"
	// BrokeFirst: SizeS is the first size of a stepped fault on Dependency that broke the site.
	BrokeFirst ClaimKind = "broke_first"
)

// BusyAtMost is the share of their time that workers should be busy at most.
const BusyAtMost = 0.8

// Claim is something that a report asserts or promises beyond its figures. The
// summary and the advice say such a thing only where it is claimed; it is claimed
// only where its condition is met and the record does not contradict it (see
// reports/claims).
type Claim struct {
	Kind       ClaimKind `json:"kind"`
	Dependency string    `json:"dependency,omitempty"`
	AtS        *float64  `json:"at_s,omitempty"`
	AfterS     *float64  `json:"after_s,omitempty"`
	RateHz     *float64  `json:"rate_hz,omitempty"`
	TimeoutS   *float64  `json:"timeout_s,omitempty"`
	SizeS      *float64  `json:"size_s,omitempty"`
	Workers    *int      `json:"workers,omitempty"`
	Assumes    string    `json:"assumes,omitempty"` // what it is true with only, where the run does not show that
}

// ClaimOn returns the claim of a kind on a dependency, or nil.
func (r *Report) ClaimOn(kind ClaimKind, dependency string) *Claim {
	return r.claim(func(c *Claim) bool { return c.Kind == kind && c.Dependency == dependency })
}

// ClaimAt returns the claim of a kind about what came at that moment, or nil.
func (r *Report) ClaimAt(kind ClaimKind, atS float64) *Claim {
	return r.claim(func(c *Claim) bool { return c.Kind == kind && c.AtS != nil && *c.AtS == atS })
}

func (r *Report) claim(is func(*Claim) bool) *Claim {
	for i := range r.Claims {
		if c := &r.Claims[i]; is(c) {
			return c
		}
	}
	return nil
}
