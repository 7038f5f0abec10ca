package campaign

import (
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
)

// PlanAudit lays out an audit: a run for each dependency that it would hang.
// Each may end sooner, as soon as enough is known.
func PlanAudit(exp *configs.Experiment) ([]harness.Plan, error) {
	var plans []harness.Plan
	for _, d := range Audited(exp) {
		p, err := harness.PlanOf(auditOf(exp, d))
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// AddSeen adds the hosts that a run's egress saw to the experiment's dependencies:
// those that nobody declared, and not the site itself. It names those that it added,
// and the hosts that are declared and were not among those seen.
func AddSeen(exp *configs.Experiment, r *reports.Report) (added, missing []string) {
	for _, d := range exp.Dependencies {
		called := func(seen reports.DependencySeen) bool {
			return strings.EqualFold(d.Host, seen.Host) || d.Name == seen.Dependency
		}
		if d.Host != "" && !slices.ContainsFunc(r.DependenciesSeen, called) {
			missing = append(missing, d.Name)
		}
	}
	for _, seen := range r.DependenciesSeen {
		declared := func(d configs.Dependency) bool {
			return strings.EqualFold(d.Host, seen.Host) || d.Name == seen.Dependency
		}
		if !seen.Self && strings.Contains(seen.Host, ":") && !slices.ContainsFunc(exp.Dependencies, declared) {
			exp.Dependencies = append(exp.Dependencies, configs.Dependency{Name: seen.Host, Host: seen.Host})
			added = append(added, seen.Host)
		}
	}
	return added, missing
}

// Audited names the dependencies that an audit hangs: those behind a proxy.
func Audited(exp *configs.Experiment) []string {
	var names []string
	for _, d := range exp.Dependencies {
		if d.Host != "" || d.Listen != "" && d.Upstream != "" {
			names = append(names, d.Name)
		}
	}
	return names
}

// The phases of an audit besides the hang.
const (
	auditBaseline = 5 * time.Second
	auditHits     = 12 // a baseline has at least so many
	auditRecovery = 5 * time.Second
)

// auditOf is the experiment for one dependency.
func auditOf(exp *configs.Experiment, dependency string) *configs.Experiment {
	part := *exp
	rate := configs.Rate{From: exp.Audit.Rate, To: exp.Audit.Rate}
	baseline := max(auditBaseline, wholeVisits*exp.Thinking(), time.Duration(auditHits/exp.Audit.Rate*float64(time.Second)).Round(time.Millisecond))
	part.Name, part.Capacity, part.Audit, part.Objectives, part.AbortWhen = exp.Name+"-"+dependency, nil, nil, nil, nil
	// Other hosts pass the egress undeclared as well; one that is away must not spoil this part.
	part.Dependencies = slices.DeleteFunc(slices.Clone(exp.Dependencies), func(d configs.Dependency) bool {
		return d.Host != "" && d.Upstream == "" && d.Name != dependency
	})
	part.Phases = []configs.Phase{
		{Name: "baseline", Duration: baseline, Rate: &rate},
		{Name: "hang", Duration: exp.Audit.Horizon, Rate: &rate,
			Faults: []configs.Fault{{Dependency: dependency, Hang: &configs.Hang{}, For: exp.Audit.Horizon, Share: 1}}},
		{Name: "recovery", Duration: auditRecovery, Rate: &rate},
	}
	apart(&part, dependency)
	return &part
}

// wholeVisits is how many times as long as a visitor thinks the baseline lasts at least: else
// too few of a visit's later steps come about in it to know what a whole visit asks.
const wholeVisits = 5
