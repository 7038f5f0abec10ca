package reports

import (
	"time"

	"github.com/tailback/tailback/configs"
)

// bounds is the range in which an objective's metric must lie when the
// generator failed in its phases: u requests that were due were never sent, and
// l were sent late, with the lag in their response time.
//
// The lower end of what is bad takes it that all u and l would have been good,
// and the upper end that all u would have been bad. (A late hit is only ever
// better than it was recorded.) Where both ends decide the objective alike, the
// failure cannot have decided it.
func (s scope) bounds(o configs.Objective) (low, high float64, ok bool) {
	u, l := s.unsent, s.late
	all := s.sent + u
	switch o.Metric {
	case "errors":
		return s.part(o, s.bad()-l, all), s.part(o, s.bad()+u, all), true
	case "502", "503", "504":
		n := s.gateway[o.Metric[2]-'2']
		return s.part(o, n-l, all), s.part(o, n+u, all), true
	case "ok":
		return s.part(o, s.ok, all), s.part(o, s.ok+l+u, all), true
	case "degraded":
		return s.part(o, s.degraded-l, all), s.part(o, s.degraded+l+u, all), true
	case "rate":
		return float64(s.ok) / s.seconds, float64(s.ok+l+u) / s.seconds, true
	}
	q, isQuantile := quantileOf[o.Metric]
	if !isQuantile || s.ok == 0 || u > 0 && q == 1 {
		return 0, 0, false
	}
	shift := func(by int64) float64 { return q + float64(by)/float64(s.ok) }
	if shift(u) > 1 {
		return 0, 0, false
	}
	at := func(q float64) float64 { return time.Duration(s.response.Quantile(max(q, 0))).Seconds() }
	return at(shift(-l - u)), at(shift(u)), true
}

// part is a count within 0 and all of it, or its ratio, as the objective asks.
func (s scope) part(o configs.Objective, n, all int64) float64 {
	n = min(max(n, 0), all)
	if o.Unit == configs.Ratio {
		return float64(n) / float64(all)
	}
	return float64(n)
}

// certain reports whether the objective is decided alike over all its bounds.
func (s scope) certain(o configs.Objective) bool {
	low, high, ok := s.bounds(o)
	return ok && o.Op != "==" && s.sent > 0 && holds(low, o) == holds(high, o)
}
