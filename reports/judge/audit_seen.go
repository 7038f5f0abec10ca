package judge

import (
	"fmt"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// callSeen reports whether a call of the site's to a dependency was seen in any of
// the runs; nil when it was not, and its own was not made to the end.
func callSeen(parts []AuditPart, dependency string) *bool {
	watched := false
	for _, p := range parts {
		if p.Report == nil {
			continue
		}
		used := reports.DependencyNamed(p.Report.Dependencies, dependency)
		through := func(d reports.DependencySeen) bool { return d.Dependency == dependency && d.Calls > 0 }
		if used.Calls > 0 || used.PeakOpen > 0 || slices.ContainsFunc(p.Report.DependenciesSeen, through) {
			return new(true)
		}
		for _, f := range p.Report.Faults {
			if f.Dependency != dependency {
				continue
			}
			if f.Exercised {
				return new(true)
			}
			watched = watched || p.Report.Outcome == reports.OutcomeComplete && !f.Uncounted && !f.Untold()
		}
	}
	if !watched {
		return nil
	}
	return new(false)
}

// unseen names the dependencies that no call was seen to, though one could have been.
func unseen(rows []reports.AuditRow) (names []string) {
	for _, row := range rows {
		if row.Seen != nil && !*row.Seen {
			names = append(names, row.Dependency)
		}
	}
	return names
}

// unseenWords says so of them; empty when all were called.
func unseenWords(rows []reports.AuditRow) string {
	names := unseen(rows)
	switch n := int64(len(names)); {
	case n == 0:
		return ""
	case len(names) == len(rows):
		return "no dependency was seen: no call to " + words.Or(names) + " came through Tailback, so the site does not send them there, or these requests make none"
	default:
		return fmt.Sprintf("no call to %s was seen: %s not go through Tailback, or these requests don't call %s",
			words.Or(names), words.Either(n, "it does", "they do"), words.Either(n, "it", "them"))
	}
}

// undeclared says which hosts the egress saw besides those that were hung; empty
// when there were none, or where not every run was made.
func undeclared(parts []AuditPart) string {
	var hung, others []string
	for _, p := range parts {
		if p.Report == nil {
			return ""
		}
		hung = append(hung, p.Dependency)
		for _, d := range p.Report.DependenciesSeen {
			switch {
			case d.Dependency != "":
				hung = append(hung, d.Host)
			case !d.Self && d.Calls > 0 && !slices.Contains(others, d.Host):
				others = append(others, d.Host)
			}
		}
	}
	others = slices.DeleteFunc(others, func(host string) bool { return slices.Contains(hung, host) })
	if len(others) == 0 {
		return ""
	}
	slices.Sort(others)
	return fmt.Sprintf("the site called %s as well, which %s not hung: audit once more with --from the folder of one of these runs",
		words.Join(others), words.Either(int64(len(others)), "was", "were"))
}
