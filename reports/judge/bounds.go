package judge

import (
	"time"

	"github.com/tailback/tailback/configs"
)

// settled reports whether what was found of an objective stands although the
// generator failed in its phases.
//
//   - Hits that were sent late came as a burst that nobody asked for. That can
//     only have made matters worse, so an objective that was met all the same
//     is met.
//   - Hits that were not sent spared the site a part of its load. That can only
//     have made matters better, so an objective is missed if it would be even
//     with good and fast answers to all of them.
//
// Both together, and objectives that ask for bad figures, settle nothing.
func (s scope) settled(o configs.Objective, found finding) bool {
	if found.observed == nil || !asksForGood(o) || s.late && s.unsent > 0 {
		return false
	}
	if s.unsent == 0 {
		return holds(*found.observed, o)
	}
	if o.Over > 0 {
		return false // nobody knows in which windows they were due
	}
	best, ok := s.best(o)
	return ok && !holds(best, o)
}

// asksForGood reports whether the objective bounds what is bad from above, or
// what is good from below.
func asksForGood(o configs.Objective) bool {
	switch o.Metric {
	case "ok", "rate", "completed":
		return o.Op == ">" || o.Op == ">="
	}
	return o.Op == "<" || o.Op == "<="
}

// best is the metric as it would be with good answers, faster than all others,
// to the hits that were not sent.
func (s scope) best(o configs.Objective) (value float64, ok bool) {
	part := func(n int64) (float64, bool) {
		if o.Unit == configs.Ratio {
			return float64(n) / float64(s.Sent+s.unsent), true
		}
		return float64(n), true
	}
	switch o.Metric {
	case "errors":
		return part(s.Bad())
	case "ok":
		return part(s.Ok + s.unsent)
	case "degraded":
		return part(s.Degraded)
	case "502", "503", "504":
		return part(s.Gateway[o.Metric[2]-'2'])
	case "rate":
		return float64(s.Ok+s.unsent) / s.seconds, true
	}
	q, isQuantile := quantileOf[o.Metric]
	if !isQuantile || s.Ok == 0 {
		return 0, false
	}
	n, u := float64(s.Ok), float64(s.unsent)
	return time.Duration(s.Response.Quantile(max(0, (q*(n+u)-u)/n))).Seconds(), true
}
