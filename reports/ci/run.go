package ci

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// OfRun makes the suite of a run: whether it is valid, and its objectives.
func OfRun(r *reports.Report) *Suite {
	s := &Suite{Name: r.Name, Started: r.Started, DurationS: r.DurationS, Tool: r.ToolVersion,
		Verdict: verdict(r.Verdict), Summary: r.Summary, ExitCode: r.ExitCode, Page: "report.html",
		Cases: append([]Case{valid("run", doubt(r))}, objectives(r.Objectives)...), Advice: r.Advice}
	if len(r.Phases) > 0 {
		s.Tables = []Table{phases(r.Phases)}
	}
	t := &r.Total
	if t.Sent > 0 {
		s.Load = &Load{RateHz: &t.RateSentHz, P90S: t.ServiceS.P90, P95S: t.ServiceS.P95, Good: t.OK, Bad: t.Bad()}
	}
	s.Metrics = runMetrics(r)
	return s
}

// doubt is why a run can't be relied on; empty when nothing speaks against it. That
// an objective could not be judged is told by its own case.
func doubt(r *reports.Report) string {
	switch {
	case r.VerdictWhy != "" && !ofObjective(r):
		return r.VerdictWhy
	case r.Outcome != reports.OutcomeComplete:
		return words.Both("the run was cut short ("+cmp.Or(r.Outcome, "unknown")+")", r.OutcomeWhy)
	}
	for _, f := range r.Faults {
		switch {
		case f.UndoConfirmed != nil && !*f.UndoConfirmed:
			return fmt.Sprintf("the fault on %s (%s) could not be shown to be lifted", f.Dependency, f.Kind)
		case !f.Exercised && !f.Uncounted:
			return fmt.Sprintf("the fault on %s (%s) touched no request", f.Dependency, f.Kind)
		}
	}
	if !r.Fidelity.OK && r.ExitCode != 0 { // else what it did cannot have decided an objective
		return words.Both("the load generator did not do all that was asked", r.Fidelity.Why)
	}
	if r.ExitCode > 1 && !unjudged(r) {
		return "the run could not tell: see report.html"
	}
	return ""
}

// ofObjective reports whether the verdict is inconclusive since an objective could
// not be judged.
func ofObjective(r *reports.Report) bool {
	return slices.ContainsFunc(r.Objectives, func(o reports.Objective) bool {
		return o.OK == nil && strings.HasPrefix(r.VerdictWhy, fmt.Sprintf("objective %q ", o.Text))
	})
}

func unjudged(r *reports.Report) bool {
	return slices.ContainsFunc(r.Objectives, func(o reports.Objective) bool { return o.OK == nil })
}

// objectives makes a case of each. One that is there twice has a number, since a
// case is known by its name.
func objectives(list []reports.Objective) []Case {
	var cases []Case
	times := map[string]int{}
	for _, o := range list {
		c := Case{Name: o.Text, State: Passed, File: o.File, Line: o.Line, Seen: seen(o)}
		if times[o.Text]++; times[o.Text] > 1 {
			c.Name += fmt.Sprintf(" (%d)", times[o.Text])
		}
		switch {
		case o.OK == nil:
			c.State, c.Seen = Errored, ""
			c.Message = "could not be judged: " + cmp.Or(o.Why, "the report does not say why")
		case !*o.OK:
			c.State = Failed
			c.Message = cmp.Or(o.Why, "seen "+or(c.Seen))
		}
		cases = append(cases, c)
	}
	return cases
}

// seen is what was seen of an objective that was judged.
func seen(o reports.Objective) string {
	switch {
	case o.Seen != "":
		return o.Seen
	case o.Observed != nil:
		return words.Measured(*o.Observed, o.Unit)
	case o.OK != nil && *o.OK: // as of an onset that did not come
		return "none seen"
	}
	return ""
}

// phases is the table of phases, with times of good answers.
func phases(list []reports.Phase) Table {
	t := Table{Title: "Phases (times of good answers)", Head: []string{"phase", "asked", "visits asked", "requests sent", "visits completed", "ok", "degraded", "bad answers", "p50", "p95", "p99"}, More: "report.html"}
	some := slices.ContainsFunc(list, func(p reports.Phase) bool { return p.Degraded > 0 })
	for i := range list {
		p := &list[i]
		name, degraded := p.Name, unknown
		if some {
			degraded = known(p.DegradedRatio, words.Percent)
		}
		if p.Warmup {
			name += " (warm-up)"
		}
		q := p.ResponseS
		t.Rows = append(t.Rows, slices.Concat([]string{name}, load(p), []string{known(p.OKRatio, words.Percent), degraded, bad(&p.Traffic),
			known(q.P50, words.Span), known(q.P95, words.Span), known(q.P99, words.Span)}))
	}
	return t
}

// load is what a phase was asked: requests or, of visits, these, the requests that came of them, and how many were completed.
func load(p *reports.Phase) []string {
	v := p.Visits
	if v == nil {
		return []string{known(p.RateAskedHz, words.Asked), unknown, unknown, unknown}
	}
	return []string{unknown, known(v.RateAskedHz, words.Asked), words.PerS(p.RateSentHz), known(v.CompletedRatio, words.Percent)}
}

// bad lists what came instead of good answers: 56 × 502, 3 × client timeout.
func bad(t *reports.Traffic) string {
	var list []string
	for _, kinds := range []map[string]int64{t.Failed, t.Classes} {
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			if n := kinds[kind]; n > 0 && kind != "ok" && kind != "status" {
				list = append(list, words.Count(n)+" × "+strings.ReplaceAll(kind, "_", " "))
			}
		}
	}
	switch {
	case list != nil:
		return strings.Join(list, ", ")
	case t.Sent == 0:
		return unknown
	case t.Bad() > 0:
		return words.Count(t.Bad())
	}
	return "0"
}
