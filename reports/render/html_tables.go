package render

import (
	"fmt"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// mixLines are how many lines a table has with one for each request of each phase.
func mixLines(phases []reports.Phase) (n int) {
	for _, p := range phases {
		n += len(p.Requests)
	}
	return n
}

// mixAbout says what such a table holds, and where it was worst.
func mixAbout(phases []reports.Phase) string {
	kinds := map[string]bool{}
	worst, where := 1.0, ""
	for _, p := range phases {
		for _, q := range p.Requests {
			kinds[q.Name] = true
			if q.OKRatio != nil && *q.OKRatio < worst {
				worst, where = *q.OKRatio, oneLine(q.Name)+" in "+oneLine(p.Name)
			}
		}
	}
	about := words.Number(int64(len(kinds)), "request") + " in " + words.Number(int64(len(phases)), "phase")
	if where == "" {
		return about
	}
	return fmt.Sprintf("%s; the worst: %s, %s ok", about, where, words.Percent(worst))
}

// link leads to a section of the page.
type link struct{ ID, Name string }

// contents are the sections of a report's page, in their order.
func contents(p *page) (list []link) {
	r := p.Report
	for _, s := range []struct {
		link
		there bool
	}{
		{link{"advice", "What to do"}, len(r.Advice) > 0},
		{link{"trust", "Can it be trusted?"}, r.Fidelity.OK},
		{link{"objectives", "Objectives"}, len(r.Objectives) > 0},
		{link{"what-happened", "What happened"}, true},
		{link{"why", "Why"}, hasWhy(r)},
		{link{"site", "The site"}, len(siteFigures(r.Pool)) > 0},
		{link{"timeouts", "Timeouts"}, len(r.Timeouts)+len(r.Budget) > 0},
		{link{"dose", "Dose"}, len(r.Dose) > 0},
		{link{"phases", "Phases"}, len(r.Phases) > 0},
		{link{"visits", "Visits"}, r.Visits != nil},
		{link{"requests", "Requests"}, mixed(r.Phases)},
		{link{"dependencies", "Dependencies"}, len(r.Dependencies) > 0},
		{link{"outgoing", "Outgoing calls"}, r.SelfRequests != nil},
		{link{"not-known", "Not known"}, len(r.NotKnown) > 0},
		{link{"evidence", "Logs"}, len(r.Evidence) > 0},
		{link{"reproduce", "How to reproduce"}, true},
	} {
		if s.there {
			list = append(list, s.link)
		}
	}
	return list
}
