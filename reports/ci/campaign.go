package ci

import (
	"cmp"
	"fmt"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// ofCampaign fills in what an audit and a search have in common.
func ofCampaign(c *reports.Campaign, what string) *Suite {
	return &Suite{Name: c.Name + " " + what, Started: c.Started, DurationS: c.DurationS, Tool: c.ToolVersion,
		Verdict: verdict(c.Verdict), Summary: words.Sentence(c.Summary), ExitCode: c.ExitCode, Page: "report.html"}
}

// whole is the case of an audit or a search as such; all says whether there is
// anything that it told of.
func whole(c *reports.Campaign, what string, all int) Case {
	switch {
	case c.Outcome != reports.OutcomeComplete:
		return valid(what, "the "+what+" was cut short ("+cmp.Or(c.Outcome, "unknown")+")")
	case all == 0:
		return valid(what, "the "+what+" tried nothing")
	}
	return valid(what, "")
}

// OfAudit makes the suite of an audit: a case for each dependency. A timeout that is
// too long for the rate is told, and does not fail it, as by the audit's exit code.
func OfAudit(a *reports.Audit) *Suite {
	s := ofCampaign(&a.Campaign, "audit")
	s.Cases = []Case{whole(&a.Campaign, "audit", len(a.Rows))}
	t := Table{Title: "Dependencies at " + words.Asked(a.RateHz), Head: []string{"dependency", "timeout", "tries", "visitors got", "what it means"}, More: "report.html"}
	for _, row := range a.Rows {
		c := Case{Name: row.Dependency + " has a timeout", Tabled: true, State: Passed, Seen: row.Text}
		switch row.Verdict {
		case reports.AuditNone:
			c.State, c.Message, c.Seen = Failed, cmp.Or(row.Text, "no timeout"), ""
		case reports.AuditOK, reports.AuditTooLong:
		default:
			c.State, c.Message, c.Seen = Errored, "could not be told: "+cmp.Or(row.Text, "the report does not say why"), ""
		}
		s.Cases = append(s.Cases, c)
		t.Rows = append(t.Rows, []string{row.Dependency, timeout(row), tries(row.Timeout), or(row.Visitors), or(row.Text)})
	}
	s.Tables = []Table{t}
	s.Metrics = auditMetrics(a)
	return s
}

func timeout(row reports.AuditRow) string {
	switch t := row.Timeout; {
	case t == nil:
		return unknown
	case t.ObservedS != nil:
		return words.Held(t.ObservedS.Value)
	case row.Verdict == reports.AuditNone:
		return "none in " + words.Held(t.HorizonS)
	}
	return unknown
}

func tries(t *reports.Timeout) string {
	if t == nil || t.ObservedS == nil || t.Retries == 0 && !t.RetriesKnown {
		return unknown
	}
	return words.Count(t.Retries + 1)
}

// OfCapacity makes the suite of a search: a case for each fault, and one without.
func OfCapacity(c *reports.Capacity) *Suite {
	s := ofCampaign(&c.Campaign, "capacity")
	if c.Verdict == reports.Pass { // a search has no objective to pass but the site's rate to find
		s.Verdict = "FOUND"
	}
	s.Cases = []Case{whole(&c.Campaign, "search", len(c.Figures))}
	t := Table{Title: "Capacity for " + c.Objective + " (" + cmp.Or(c.Arrivals, "uniform") + " arrivals)", Head: []string{"fault", "carries", "held", "did not hold", "just above"}, More: "report.html"}
	for i := range c.Figures {
		f := &c.Figures[i]
		s.Cases = append(s.Cases, capacityCase(c, f))
		t.Rows = append(t.Rows, []string{cmp.Or(f.Fault, "none"), known(f.RateHz, words.PerS), known(f.LowHz, words.Asked), known(f.HighHz, words.Asked), or(cmp.Or(f.Limit, f.Why))})
		if f.Fault == "" && f.RateHz != nil {
			s.Load = &Load{RateHz: f.RateHz} // its times are of a trial at another rate each time: no figures to compare
		}
	}
	s.Tables = []Table{t}
	s.Metrics = capacityMetrics(c)
	return s
}

func capacityCase(c *reports.Capacity, f *reports.CapacityFigure) Case {
	under := "without a fault"
	if f.Fault != "" {
		under = "with " + f.Fault
	}
	k := Case{Name: "a rate is held " + under, Tabled: true, State: Passed}
	switch {
	case f.RateHz != nil:
		k.Seen = words.PerS(*f.RateHz)
	case f.Why != "":
		k.State, k.Message = Errored, "could not be told: "+f.Why
	default:
		k.State, k.Message = Failed, fmt.Sprintf("not even %s, the lowest rate to try, was held", words.Asked(c.FromHz))
	}
	return k
}
