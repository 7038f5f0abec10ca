package judge

import (
	"fmt"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// Trial says how a trial went, of which r is the report: of so many requests a
// second for so long, in its only phase; of visits all rates are of these. Whether it
// held is for the search to say.
func Trial(r *reports.Report, g *measure.Growth, rateHz, loadS float64) reports.CapacityTrial {
	p := &r.Phases[0]
	t := reports.CapacityTrial{RateHz: rateHz, LoadS: loadS, Degraded: p.DegradedRatio, P95S: p.ResponseS.P95, ServiceS: p.ServiceS.P50}
	if p.OKRatio != nil {
		t.Errors = new(1 - *p.OKRatio)
	}
	if slope, err, ok := g.Slope(); ok {
		// A visit waits at each of its steps: the k-th of those that begin in a second is
		// sent over 1 + (k-1)s and answered over 1 + ks seconds, of which (m+1)/2 is the mean.
		waits := (max(r.Visits.MeanSteps(), 1) + 1) / 2
		slope, err = waits*slope, waits*err
		t.GrowthHz, t.GrowthErrHz = new(t.RateHz*slope/(1+max(slope, -0.5))), new(t.RateHz*err)
	}
	t.Met, t.Why = met(r)
	t.GoodHz = goodHz(g, t, r)
	return t
}

// met reports whether the objectives were met, and otherwise which were not. An
// objective that a short trial has too few answers for does not count.
func met(r *reports.Report) (ok bool, why string) {
	var missed []string
	for i := range r.Objectives {
		if o := &r.Objectives[i]; o.OK != nil && !*o.OK && o.Observed != nil {
			missed = append(missed, fmt.Sprintf("%s: %s", o.Text, words.Measured(*o.Observed, o.Unit)))
		} else if o.OK != nil && !*o.OK {
			missed = append(missed, o.Text)
		}
	}
	switch {
	case len(missed) > 0:
		why = "missed " + strings.Join(missed, ", ")
	case r.Phases[0].ResponseS.N == 0:
		why = "no good answer at all"
	default:
		return true, ""
	}
	if len(r.Onset) > 0 && r.Onset[0].Cause != "" && r.Onset[0].Cause != reports.Unknown {
		why += fmt.Sprintf(" (%d: %s)", r.Onset[0].Code, strings.ReplaceAll(string(r.Onset[0].Cause), "_", " "))
	}
	return false, why
}

// goodHz returns the good answers a second while requests queued. The report's own
// figure is the best. Else it is the rate less the growth, or, under errors,
// the line through the good answers.
func goodHz(g *measure.Growth, t reports.CapacityTrial, r *reports.Report) *float64 {
	failing := t.Errors != nil && *t.Errors > 0
	growing := t.GrowthHz != nil && *t.GrowthHz > 2**t.GrowthErrHz && *t.GrowthHz > 0.01*t.RateHz
	if !failing && !growing {
		return nil
	}
	steps := max(r.Visits.MeanSteps(), 1)
	if c := r.Pool.CapacityHz; c != nil && c.Value > 0 && c.Value/steps < t.RateHz && len(r.Faults) == 0 {
		return new(c.Value / steps)
	}
	if !failing {
		hz := t.RateHz - *t.GrowthHz
		return &hz
	}
	hz := g.Answered()
	if hz != nil {
		*hz /= steps
	}
	return hz
}
