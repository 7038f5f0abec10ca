package render

import (
	"fmt"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// maxKinds is how many kinds of visits a text report lists.
const maxKinds = 8

// visits writes what came of the visits of each phase, then of each kind, and how far
// those came that were abandoned.
func (t *terminal) visits(r *reports.Report) {
	v := r.Visits
	if v == nil {
		return
	}
	rows := [][]cell{{{"visits", faint}, {"begun", faint}, {"completed", faint}, {"abandoned", faint}, {"cut off", faint}, {"p50", faint}, {"p95", faint}, {"p99", faint}}}
	for _, p := range r.Phases {
		if p.Visits != nil && reached(r, p) {
			rows = append(rows, visitRow(phaseName(p, 22), &p.Visits.VisitTraffic))
		}
	}
	kinds := v.Kinds[:min(len(v.Kinds), maxKinds)]
	if len(kinds) > 1 {
		for i := range kinds {
			rows = append(rows, visitRow("all "+shorten(oneLine(kinds[i].Name), 18), &kinds[i].VisitTraffic))
		}
	}
	t.WriteString(t.paint(faint, overLast(rows, "how long, with thinking")) + "\n")
	writeTable(&t.Builder, t.paint, rows)
	for i := range kinds {
		if k := &kinds[i]; k.Begun > 0 {
			t.event("", plain, funnelWords(k))
		}
	}
	if more := len(v.Kinds) - maxKinds; more > 0 {
		t.event("", plain, words.Number(int64(more), "other kind")+" of visits in report.html")
	}
	if text := unsentWords(v); text != "" {
		t.event("! ", bad, text)
	}
	t.WriteString("\n")
}

func visitRow(name string, v *reports.VisitTraffic) []cell {
	completed := words.Count(v.Completed)
	if v.CompletedRatio != nil && v.Abandoned > 0 {
		completed += " (" + words.Percent(*v.CompletedRatio) + ")"
	}
	row := []cell{{name, plain}, {words.Count(v.Begun), plain}, {completed, okStyle(v.CompletedRatio)}, {words.Count(v.Abandoned), badStyle(v.Abandoned)}, {words.Count(v.CutOff), faint}}
	for _, q := range []*float64{v.DurationS.P50, v.DurationS.P95, v.DurationS.P99} {
		row = append(row, cell{words.Known(q, words.Span), plain})
	}
	return row
}

// loadHeads head the columns of what a phase was asked; visits and the requests that came of
// them have one each.
func loadHeads(phases []reports.Phase) []string {
	for _, p := range phases {
		if p.Visits != nil {
			return []string{"visits", "requests"}
		}
	}
	return []string{"asked"}
}

// loadCells are those columns: of visits the rate asked, and the rate of the requests sent.
func loadCells(p reports.Phase) []cell {
	if p.Visits == nil {
		return []cell{{words.Known(p.RateAskedHz, words.Asked), plain}}
	}
	return []cell{{words.Known(p.Visits.RateAskedHz, words.Asked), plain}, {words.PerS(p.RateSentHz), plain}}
}

// budgetRate is the rate that a budget is for: of a run of visits with how many of these that is.
func budgetRate(r *reports.Report, hz float64) string {
	if steps := r.Visits.MeanSteps(); steps > 0 {
		return fmt.Sprintf("%s requests/s in %s visits/s", words.Given(hz), words.Given(hz/steps))
	}
	return words.Asked(hz)
}

// rateOnly is a rate without its unit, which follows.
func rateOnly(hz float64) string { return strings.TrimSuffix(words.PerS(hz), "/s") }

// funnelWords says how far visits came: "buy: cart 90, pay 86 (lost 43: 502), completed 43".
func funnelWords(k *reports.VisitKind) string {
	var parts []string
	for i := range k.Steps {
		s := &k.Steps[i]
		part := oneLine(s.Name) + " " + words.Count(s.Reached)
		if lost := s.Lost(); lost > 0 {
			part += fmt.Sprintf(" (lost %s: %s)", words.Count(lost), s.Why)
		}
		parts = append(parts, part)
	}
	return oneLine(k.Name) + ": " + strings.Join(parts, " > ") + " > completed " + words.Count(k.Completed)
}

// unsentWords says how many visits ended, or did not begin, for our sake.
func unsentWords(v *reports.Visits) string {
	var parts []string
	if n := v.Due - v.Begun; n > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s did not begin, since their first step was not sent", words.Count(n), words.Number(v.Due, "visit")))
	}
	if n := v.Unsent; n > 0 {
		parts = append(parts, fmt.Sprintf("%s ended since a later step was not sent", words.Number(n, "visit")))
	}
	return strings.Join(parts, "; ")
}

// stepTime are the times of a step's good answers, of all phases that are no warm-up.
func stepTime(r *reports.Report, request string) reports.Quantiles {
	for i := range r.Requests {
		if r.Requests[i].Name == request {
			return r.Requests[i].ResponseS
		}
	}
	return reports.Quantiles{}
}

// kindLines are how many lines the table of steps has.
func kindLines(v *reports.Visits) (n int) {
	for _, k := range v.Kinds {
		n += len(k.Steps) + 2
	}
	return n
}

// share is how far a step's parts reach, in hundredths of the visits begun.
type share struct{ Passed, Lost string }

// bars are those of each step, and of what was completed.
func bars(k reports.VisitKind) (list []share) {
	lost := int64(0)
	add := func(passed int64) {
		width := func(n int64) string { return fmt.Sprintf("%.2f", 100*float64(n)/float64(max(k.Begun, 1))) }
		list = append(list, share{width(passed), width(passed + lost)})
	}
	for i := range k.Steps {
		lost += k.Steps[i].Lost()
		add(k.Steps[i].Passed)
	}
	add(k.Completed)
	return list
}
