package ci

import (
	"strconv"

	"github.com/tailback/tailback/reports"
)

// runMetrics are the figures of a run that are worth a line from night to night.
// Warm-up phases are left out.
func runMetrics(r *reports.Report) []Family {
	return append([]Family{info("run", r.Name, r.Target, string(r.Verdict), r.ToolVersion), duration(r.DurationS), objectivesMet(r.Objectives)},
		append(trafficMetrics(r.Phases), siteMetrics(r)...)...)
}

// info names what the figures are of, and the verdict.
func info(what, name, target, verdict, version string) Family {
	return Family{Name: "tailback", Type: "info", Help: "What was run, and its verdict.",
		Samples: []Sample{{Suffix: "_info", Value: 1, Labels: pairs([]string{"kind", what, "name", name, "target", target, "verdict", verdict, "version", version})}}}
}

func duration(seconds float64) Family {
	f := gauge("duration", "seconds", "How long it took.")
	f.add(&seconds)
	return f
}

func objectivesMet(list []reports.Objective) Family {
	f := gauge("objective_met", "", "1 when the objective was met, 0 when it was missed; no sample when it could not be judged.")
	for _, o := range list {
		if o.OK != nil {
			f.add(oneIf(*o.OK), "objective", o.Text)
		}
	}
	return f
}

func oneIf(on bool) *float64 {
	if on {
		return new(1.0)
	}
	return new(0.0)
}

// trafficMetrics are what came of the requests of each phase.
func trafficMetrics(phases []reports.Phase) []Family {
	asked := gauge("asked", "hertz", "Requests asked for each second.")
	sent := gauge("sent", "hertz", "Requests sent each second.")
	ok := gauge("ok", "ratio", "Requests that were answered well, of those sent.")
	degraded := gauge("degraded", "ratio", "Requests that were answered with less, of the good answers.")
	response := Family{Name: "tailback_response", Unit: "seconds", Type: "summary", Help: "Response time of good answers, from when the request was due."}
	for i := range phases {
		p := &phases[i]
		if p.Warmup {
			continue
		}
		asked.add(p.RateAskedHz, "phase", p.Name)
		if p.Sent > 0 {
			sent.add(&p.RateSentHz, "phase", p.Name)
		}
		ok.add(p.OKRatio, "phase", p.Name)
		degraded.add(p.DegradedRatio, "phase", p.Name)
		q := p.ResponseS
		for _, one := range []struct {
			name string
			s    *float64
		}{{"0.5", q.P50}, {"0.9", q.P90}, {"0.95", q.P95}, {"0.99", q.P99}, {"0.999", q.P999}, {"1.0", q.Max}} {
			response.add(one.s, "phase", p.Name, "quantile", one.name)
		}
		if q.N > 0 {
			response.Samples = append(response.Samples, Sample{Suffix: "_count", Labels: pairs([]string{"phase", p.Name}), Value: float64(q.N)})
		}
	}
	return append([]Family{asked, sent, ok, degraded, response}, visitMetrics(phases)...)
}

// visitMetrics are what came of the visits that began in each phase; none of a run of
// requests by themselves.
func visitMetrics(phases []reports.Phase) []Family {
	asked := gauge("visits_asked", "hertz", "Visits asked for each second; requests are asked for as if each were completed.")
	begun := gauge("visits_begun", "hertz", "Visits begun each second.")
	completed := gauge("visits_completed", "ratio", "Visits that were completed, of those that were completed or abandoned.")
	for i := range phases {
		if v := phases[i].Visits; v != nil && !phases[i].Warmup {
			asked.add(v.RateAskedHz, "phase", phases[i].Name)
			begun.add(&v.RateBegunHz, "phase", phases[i].Name)
			completed.add(v.CompletedRatio, "phase", phases[i].Name)
		}
	}
	if len(begun.Samples) == 0 {
		return nil
	}
	return []Family{asked, begun, completed}
}

// siteMetrics are what the run told of the site.
func siteMetrics(r *reports.Report) []Family {
	onset := gauge("onset", "seconds", "From a fault to the first error of a kind.")
	for _, o := range r.Onset {
		onset.add(o.AfterFaultS, "phase", o.Phase, "error", errorOf(o), "cause", string(o.Cause))
	}
	recovery := gauge("recovery", "seconds", "From the lifting of a fault until the site was well again.")
	for _, v := range r.Recovery {
		recovery.add(v.AfterLiftS, "phase", liftedIn(r, v), "dependency", v.Dependency, "kind", v.Kind)
	}
	pool := []Family{gauge("workers", "", "Workers of the site."), gauge("queue_slots", "", "Places in the queue before the workers."),
		gauge("service", "seconds", "How long a request holds a worker when all is well."), gauge("capacity", "hertz", "Requests that the workers can serve each second when all is well.")}
	for i, e := range []*reports.Estimate{r.Pool.Workers, r.Pool.QueueSlots, r.Pool.ServiceS, r.Pool.CapacityHz} {
		if e != nil {
			pool[i].add(&e.Value, "kind", e.Kind)
		}
	}
	timeout := gauge("timeout", "seconds", "How long the site waits for a dependency that does not answer.")
	budget := gauge("budget", "seconds", "The longest timeout on a dependency that holds the rate.")
	for _, d := range r.Declared {
		if t := reports.TimeoutOn(r.Timeouts, d); t != nil && t.ObservedS != nil {
			timeout.add(&t.ObservedS.Value, "dependency", d)
		}
		if b := r.BudgetOf(d); b != nil {
			budget.add(b.MaxTimeoutS, "dependency", d)
		}
	}
	return append([]Family{onset, recovery, timeout, budget}, pool...)
}

// errorOf is the status of an onset, or its class where it has none.
func errorOf(o reports.Onset) string {
	if o.Code > 0 {
		return strconv.Itoa(o.Code)
	}
	return o.Class
}

// liftedIn is the phase in which the fault of a recovery was.
func liftedIn(r *reports.Report, v reports.Recovery) string {
	for _, f := range r.Faults {
		if f.Dependency == v.Dependency && f.Kind == v.Kind && f.LiftedS != nil && *f.LiftedS == v.LiftedS {
			return f.Phase
		}
	}
	return ""
}

// auditMetrics are the timeouts that an audit saw.
func auditMetrics(a *reports.Audit) []Family {
	timeout := gauge("timeout", "seconds", "How long the site waits for a dependency that does not answer.")
	budget := gauge("budget", "seconds", "The longest timeout on a dependency that holds the rate.")
	has := gauge("timeout_found", "", "1 when the dependency is called with a timeout, 0 when it is not; no sample when it could not be told.")
	for _, row := range a.Rows {
		if row.Verdict != reports.AuditUnknown {
			has.add(oneIf(row.Verdict != reports.AuditNone), "dependency", row.Dependency)
		}
		if row.Timeout != nil && row.Timeout.ObservedS != nil {
			timeout.add(&row.Timeout.ObservedS.Value, "dependency", row.Dependency)
		}
		budget.add(row.MaxTimeoutS, "dependency", row.Dependency)
	}
	return []Family{info("audit", a.Name, a.Target, string(a.Verdict), a.ToolVersion), duration(a.DurationS), has, timeout, budget}
}

// capacityMetrics are the rates that a search found.
func capacityMetrics(c *reports.Capacity) []Family {
	rate := gauge("capacity", "hertz", "The highest rate of requests that meets the objective.")
	for _, f := range c.Figures {
		rate.add(f.RateHz, "fault", f.Fault)
	}
	return []Family{info("capacity", c.Name, c.Target, string(c.Verdict), c.ToolVersion), duration(c.DurationS), rate}
}
