package judge

import (
	"slices"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// ofVisits reports whether o is on visits: on how many came to their end, or on how
// long those of that name took.
func (c *record) ofVisits(o configs.Objective) bool {
	return o.OfVisits() || o.OfHits() && slices.ContainsFunc(c.run.Manifest.Visits, func(v journal.Visit) bool { return v.Name == o.Request })
}

// findVisits looks for the metric of o in the visits that began in the phases of s.
func findVisits(run *measure.Run, o configs.Objective, s scope) finding {
	if len(run.Manifest.Visits) == 0 {
		return finding{why: "the run was not of visits"}
	}
	var phases []int
	for i, is := range s.chosen {
		if is {
			phases = append(phases, i)
		}
	}
	return visitMetric(run.VisitsOf(phases...), o)
}

// visitMetric is the metric of o in figures of visits.
func visitMetric(all *reports.Visits, o configs.Objective) finding {
	v := &all.VisitTraffic
	if o.Request != "" {
		i := slices.IndexFunc(all.Kinds, func(k reports.VisitKind) bool { return k.Name == o.Request })
		if i < 0 {
			return finding{why: "there is no visit " + o.Request}
		}
		v = &all.Kinds[i].VisitTraffic
	}
	if v.Ended() == 0 {
		return finding{why: "no visit was completed or abandoned"}
	}
	switch o.Metric {
	case "completed":
		return share(o, v.Completed, v.Ended())
	case "abandoned":
		return share(o, v.Abandoned, v.Ended())
	case "p50", "p90", "p95", "p99", "p999", "max":
	default:
		return finding{why: o.Metric + " is of requests: name a step of " + o.Request}
	}
	q := v.DurationS
	observed := map[string]*float64{"p50": q.P50, "p90": q.P90, "p95": q.P95, "p99": q.P99, "p999": q.P999, "max": q.Max}[o.Metric]
	if observed == nil {
		return finding{why: "none of " + words.Number(v.Ended(), "visit") + " was completed"}
	}
	return finding{observed: observed}
}

// visitsFigured is the figure of o, which is on visits, in a report.
func visitsFigured(r *reports.Report, o configs.Objective) finding {
	v := r.Visits
	for i := range r.Phases {
		if o.Phase != "" && r.Phases[i].Name == o.Phase {
			v = r.Phases[i].Visits
		}
	}
	if v == nil {
		return finding{why: "it was not of visits"}
	}
	return visitMetric(v, o)
}
