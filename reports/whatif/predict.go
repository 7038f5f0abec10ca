package whatif

import (
	"fmt"
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/poolmodel"
)

// answer is what came of a question.
type answer struct {
	*Question
	site   poolmodel.Site
	result *poolmodel.Result
	onset  float64   // first 502 or 504, s; +Inf none
	code   int       // of that; 0 none
	beyond bool      // onset is from the formula, as it comes after what is simulated
	drawn  int       // how many draws onsets is of; 0 when nothing is random
	onsets []float64 // of the draws that had one, the earliest first
}

// Predict plays the question and puts what came of it into words. Which figures
// it was given, and by what tool, is for the caller to add. The error says what
// of the question can't be played.
func Predict(q Question) (*reports.WhatIf, error) {
	if !(q.RateHz > 0 && q.LastsS > 0 && q.RateHz*q.LastsS <= MaxRequests) {
		return nil, fmt.Errorf("predict %g/s for %g s: it must be 1 to %d requests", q.RateHz, q.LastsS, MaxRequests)
	}
	a := &answer{Question: &q, site: q.site()}
	if err := a.simulate(); err != nil {
		return nil, fmt.Errorf("predict: %w", err)
	}
	return &reports.WhatIf{
		Summary:    a.seen(),
		Asked:      q.asked(),
		Advice:     a.advice(),
		Figures:    []reports.Figure{},
		Budget:     []reports.Budget{Budget(a.site, float64(q.Workers), q.RateHz, q.Dependency, positive(q.TimeoutS))},
		Prediction: a.seconds(),
		Grid:       a.grid(),
	}, nil
}

// simulate draws once, and where chance has a part again and again.
func (a *answer) simulate() error {
	var err error
	if a.result, err = a.draw(a.Seed); err != nil {
		return err
	}
	a.onset, a.code = firstError(a.result.First502.AtS, a.result.First504.AtS)
	if a.code == 0 {
		o := a.site.Onset(a.RateHz, a.HoldS())
		a.onset, a.code = firstError(o.First502S, o.First504S)
		a.beyond = a.code != 0
	}
	if !a.Poisson && a.Calls == math.Trunc(a.Calls) {
		return nil
	}
	a.drawn = min(max(int(MaxRequests/5/(a.RateHz*a.LastsS)), 1), 100)
	for i := range a.drawn {
		r, err := a.draw(a.Seed + uint64(i))
		if err != nil {
			return err
		}
		if at, code := firstError(r.First502.AtS, r.First504.AtS); code != 0 {
			a.onsets = append(a.onsets, at)
		}
	}
	slices.Sort(a.onsets)
	return nil
}

// seconds is the prediction second by second.
func (a *answer) seconds() reports.PredictedSeconds {
	var out reports.PredictedSeconds
	out.OnsetS = known(a.onset, a.code != 0)
	if a.code != 0 {
		out.OnsetCode = &a.code
	}
	out.First502S, out.First504S = known(a.result.First502.AtS, true), known(a.result.First504.AtS, true)
	out.CapacityHz, out.CapacityWellHz = known(a.site.Capacity(a.HoldS()), a.DelayS > 0), a.site.Capacity(0)
	out.Series = []reports.PredictedSecond{}
	for i, s := range a.result.Seconds {
		out.Series = append(out.Series, reports.PredictedSecond{
			Moment: reports.Moment{AtS: float64(i), OKHz: float64(s.OK), BadHz: float64(s.BadGateway + s.GatewayTimeout),
				InFlight: float64(s.InFlight), Busy: float64(s.Busy), Queued: float64(s.Queued)},
			AskedHz: float64(s.Arrived),
			CodesHz: map[string]float64{"502": float64(s.BadGateway), "504": float64(s.GatewayTimeout)},
		})
	}
	return out
}

// firstError returns the earlier of two, and its code, or 0 for none.
func firstError(at502, at504 float64) (float64, int) {
	switch {
	case at502 <= at504 && !math.IsInf(at502, 1):
		return at502, 502
	case !math.IsInf(at504, 1):
		return at504, 504
	}
	return math.Inf(1), 0
}

// known is v to the nanosecond, or nil where it does not exist or is never.
func known(v float64, ok bool) *float64 {
	if !ok || math.IsInf(v, 0) {
		return nil
	}
	return new(math.Round(v*1e9) / 1e9)
}

// positive is v, or nil for 0, which stands for none.
func positive(v float64) *float64 { return known(v, v > 0) }
