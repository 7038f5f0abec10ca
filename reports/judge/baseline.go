package judge

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// baseline is the report of the run that this one is held against.
type baseline struct {
	report *reports.Report
	why    string // why there is none
}

// limit is what a figure is held against.
type limit struct {
	span
	value *float64 // nil where it is not one figure, or not known
	said  string   // in words, and where it comes from
	base  string   // the baseline's own figure in words, where that gives it
	why   string   // why it is not known
}

// readBaseline reads the report of a run. What can't be read spoils the objectives on it alone.
func readBaseline(b journal.Baseline) baseline {
	switch {
	case b.Why != "":
		return baseline{why: "the baseline can't be read: " + b.Why}
	case b.Report == nil:
		return baseline{why: "there is no baseline to hold it against: give one with --baseline"}
	}
	var is struct {
		Schema int    `json:"schema"`
		Kind   string `json:"kind"`
	}
	r := &reports.Report{}
	err := json.Unmarshal(b.Report, &is)
	switch {
	case err == nil && is.Kind != "":
		return baseline{why: fmt.Sprintf("%s is the report of %s %s, and not of a run", journal.BaselineFile, article(is.Kind), is.Kind)}
	case err == nil && is.Schema > reports.Schema:
		return baseline{why: fmt.Sprintf("%s has schema %d, newer than %d, the newest that this tailback reads: use a newer tailback", journal.BaselineFile, is.Schema, reports.Schema)}
	case err == nil && is.Schema < 1:
		return baseline{why: journal.BaselineFile + " is no report of a run"}
	case err == nil:
		err = json.Unmarshal(b.Report, r)
	}
	if err != nil {
		return baseline{why: fmt.Sprintf("%s is damaged: %v", journal.BaselineFile, err)}
	}
	return baseline{report: r}
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an"
	}
	return "a"
}

// limit is what o is held against: its own value, or the baseline's figure times that.
func (c *record) limit(o configs.Objective) limit {
	if !o.Baseline {
		return limit{span: span{o.Value, o.Value}, value: &o.Value, said: "limit " + given(o.Value, o.Unit)}
	}
	base := c.baseline.report
	if base == nil {
		return limit{why: c.baseline.why}
	}
	found := finding{why: unlike(c.report, base, o)}
	switch {
	case found.why != "":
	case o.Diagnosed():
		found = estimated(base, o)
	case c.ofVisits(o):
		found = visitsFigured(base, o)
	default:
		found = figured(base, o)
	}
	if found.why != "" {
		return limit{why: "the baseline does not tell it: " + found.why}
	}
	l := limit{base: seen(o, found)}
	l.said = "limit: the baseline's " + l.base
	if o.Value != 1 {
		l.said = fmt.Sprintf("limit: %s times the baseline's %s", words.Given(o.Value), l.base)
	}
	if found.observed != nil {
		l.value = new(*found.observed * o.Value)
		l.span = span{*l.value, *l.value}
		if o.Value != 1 {
			l.said = fmt.Sprintf("limit %s, %s", words.Measured(*l.value, string(o.Unit)), strings.TrimPrefix(l.said, "limit: "))
		}
	}
	if found.in != nil {
		l.span = span{found.in.low * o.Value, found.in.high * o.Value}
	}
	return l
}

// unbeatable reports whether the baseline has the best figure that there is, so that
// nothing could be better, and this run has it as well.
func (l limit) unbeatable(o configs.Objective, observed *float64) bool {
	if !o.Baseline || observed == nil || l.value == nil || *observed != *l.value {
		return false
	}
	return o.Op == "<" && *l.value == 0 || o.Op == ">" && o.Unit == configs.Ratio && *l.value == 1
}

// figured is the figure of o, which is on hits, in a report.
func figured(r *reports.Report, o configs.Objective) finding {
	t, seconds, why := trafficOf(r, o)
	if why != "" {
		return finding{why: why}
	}
	q := t.ResponseS
	observed := map[string]*float64{
		"p50": q.P50, "p90": q.P90, "p95": q.P95, "p99": q.P99, "p999": q.P999, "max": q.Max, "ok": t.OKRatio, "degraded": t.DegradedRatio,
	}[o.Metric]
	part := func(n int64) *float64 {
		if t.Sent == 0 {
			return nil
		}
		return new(float64(n) / float64(t.Sent))
	}
	switch o.Metric {
	case "errors":
		observed = part(t.Bad())
	case "502", "503", "504":
		observed = part(t.Failed[o.Metric])
	case "rate":
		observed = new(float64(t.OK) / seconds)
	}
	if observed == nil {
		return finding{why: "it had no good answer to what the objective is about"}
	}
	return finding{observed: observed}
}

// trafficOf is what o is about in a report: of the phases that are no warm-up, and how
// long these were.
func trafficOf(r *reports.Report, o configs.Objective) (t *reports.Traffic, seconds float64, why string) {
	t, requests := &r.Total, r.Requests
	for i := range r.Phases {
		p := &r.Phases[i]
		switch {
		case p.Warmup:
		case o.Phase == "":
			seconds += p.EndS - p.StartS
		case o.Phase == p.Name:
			t, requests, seconds = &p.Traffic, p.Requests, p.EndS-p.StartS
		}
	}
	if o.Request != "" {
		t = nil
		for i := range requests {
			if requests[i].Name == o.Request {
				t = &requests[i].Traffic
			}
		}
	}
	switch {
	case t == nil && r.Requests == nil && o.Phase == "":
		return nil, 0, "its report does not have the figures of each request over all phases: make it again with `tailback report --format json`"
	case t == nil:
		return nil, 0, "it did not send the request " + o.Request
	case seconds <= 0:
		return nil, 0, "it ended before that phase"
	}
	return t, seconds, ""
}
