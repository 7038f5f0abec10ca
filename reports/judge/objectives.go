package judge

import (
	"slices"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// finding is what was seen of an objective's metric.
type finding struct {
	observed *float64
	in       *span   // what it lies in, where it is an estimate; observed may then be nil
	alike    bool    // all windows were like the worst
	window   *window // the worst, where it was looked at in windows
	ok       *bool   // decided, with or without an observed figure
	why      string  // why it can't be judged
	said     phrase  // of an estimate
}

// record is what objectives are judged on.
type record struct {
	run      *measure.Run
	report   *reports.Report // as it is by then: with all that was worked out of the run
	fidelity measure.Fidelity
	baseline baseline
}

// Objectives judges the manifest's objectives on the figures of their phases, on
// what r, the run's report, has worked out by then, and on the baseline. What can't
// be judged is never met: no samples, a phase that did not come, a generator that
// failed in it so that it may have decided the objective, an estimate that its limit
// lies within.
func Objectives(run *measure.Run, r *reports.Report, f measure.Fidelity) []reports.Objective {
	c := record{run, r, f, readBaseline(run.Baseline)}
	list := []reports.Objective{}
	for i, text := range run.Manifest.Objectives {
		judged := c.judge(i, text)
		if m := run.Manifest; len(m.Lines) == len(m.Objectives) && m.Lines[i] > 0 {
			judged.File, judged.Line = m.File, m.Lines[i]
		}
		list = append(list, judged)
	}
	return list
}

func (c *record) judge(i int, text string) reports.Objective {
	o, err := configs.ParseObjective(text)
	judged := reports.Objective{Text: text, Phase: o.Phase, Unit: string(o.Unit)}
	if err != nil {
		judged.Why = err.Error()
		return judged
	}
	limit := c.limit(o)
	judged.Limit, o.Value = limit.value, limit.low
	found := c.find(i, o)
	judged.Observed, judged.Seen = found.observed, seen(o, found)
	if judged.Seen != "" && limit.base != "" {
		judged.Seen += "; the baseline had " + limit.base
	}
	if found.in != nil {
		judged.Low, judged.High = found.in.ends()
	}
	if found.window != nil {
		judged.AtS = new(found.window.From.Seconds())
	}
	switch {
	case found.why != "":
		judged.Why = found.why
	case limit.why != "":
		judged.Why = limit.why
	default:
		judged.OK, judged.Why = decided(o, found, limit)
	}
	return judged
}

// decided holds what was found against the limit. why says why it was missed, or
// why that can't be told.
func decided(o configs.Objective, found finding, limit limit) (ok *bool, why string) {
	ok = found.ok
	if ok == nil {
		in := found.in
		if in == nil {
			in = &span{*found.observed, *found.observed}
		}
		ok = in.holds(o.Op, limit.span)
	}
	switch {
	case ok != nil && !*ok && found.in == nil && limit.unbeatable(o, found.observed):
		return nil, limit.said + ", and nothing is better than that: write it with " + o.Op + "="
	case ok == nil:
		return nil, sentence(o, found) + ", which does not decide it; " + limit.said
	case !*ok && found.in == nil && found.observed != nil && *found.observed == *limit.value:
		return ok, sentence(o, found) + ", just the limit"
	case !*ok:
		return ok, sentence(o, found) + "; " + limit.said
	}
	return ok, ""
}

// find looks for the metric of o, the objective with that index: the figure, or the
// decision, or why there is none.
func (c *record) find(i int, o configs.Objective) finding {
	if o.Diagnosed() {
		return estimated(c.report, o)
	}
	request, ofVisits := o.Request, c.ofVisits(o)
	if ofVisits {
		request = ""
	}
	s, why := scopeOf(c.run, o.Phase, request)
	if why != "" {
		return finding{why: why}
	}
	if o.Metric == "recovered" {
		return findRecovered(c.run, o, s, c.fidelity)
	}
	var found finding
	switch {
	case ofVisits && o.Over > 0:
		return finding{why: "a visit has no windows"}
	case ofVisits:
		found = findVisits(c.run, o, s)
	case o.Over > 0:
		found = worstWindow(c.run, i, o)
	default:
		found = metric(c.run, o, s)
	}
	if why := c.fidelity.Doubt(c.run.Manifest, func(i int) bool { return s.chosen[i] }); why != "" && (ofVisits && s.unsent > 0 || !s.settled(o, found)) {
		return finding{why: why}
	}
	if why := cutShort(c.run, s); why != "" && found.why == "" && !found.missed(o, "ok", "rate", "completed") {
		return finding{why: why}
	}
	return found
}

// missed reports whether what was found misses the objective; of the metrics
// named, which grow with time, that can't be said.
func (f finding) missed(o configs.Objective, growing ...string) bool {
	if slices.Contains(growing, o.Metric) || f.why != "" {
		return false
	}
	if f.ok != nil {
		return !*f.ok
	}
	return !holds(*f.observed, o)
}

// holds reports whether observed satisfies the objective.
func holds(observed float64, o configs.Objective) bool {
	ok := span{observed, observed}.holds(o.Op, span{o.Value, o.Value})
	return ok != nil && *ok
}
