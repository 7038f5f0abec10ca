package campaign

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/tailback/tailback/attack/search"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
)

// mostVoid is how many trials in a row that count for nothing end a search: a
// busy machine may spoil one.
const mostVoid = 3

// CapacityProgress is told how a search goes, while it does. All must be set.
type CapacityProgress struct {
	Begin func(fault string, rateHz, seconds float64) // a trial begins; fault is "" without one
	Watch func(harness.Status)                        // each second of it
	End   func(result string)                         // it is over: what came of it, in a few words
	Wait  func(waited, atMost time.Duration)          // the site is not well yet, after it
}

// Capacity finds the highest rate that meets capacity.objective, without a fault
// and then under each of capacity.faults. Each trial is an ordinary run, with its
// bundle and reports in a folder of its own below dir, which must be absent or
// empty; between trials it waits until the site is well again. It leaves
// report.json and report.html in dir. What was found so far comes with the error
// when the search is cut short, ctx's or a trial's, or can't be written.
func Capacity(ctx context.Context, exp *configs.Experiment, dir string, progress CapacityProgress) (*reports.Capacity, error) {
	if exp.Capacity == nil {
		return nil, errors.New(`capacity: the experiment has no capacity section; add one such as capacity: {from: 1, to: 200, objective: "errors < 1%, p95 < 1s"}`)
	}
	h := &hunt{exp: exp, out: dir, progress: progress}
	return h.run(ctx)
}

// hunt is one search for every figure.
type hunt struct {
	exp      *configs.Experiment
	out      string
	progress CapacityProgress
	well     time.Duration // how long the site at rest takes to answer
}

// run finds every figure. It returns what was found so far when it is cut short.
func (h *hunt) run(ctx context.Context) (*reports.Capacity, error) {
	q := h.exp.Capacity
	rest, err := h.trialOf(search.Plan{RateHz: q.From, Seconds: 1}, nil)
	if err != nil {
		return nil, err
	}
	if err := harness.Supported(rest); err != nil {
		return nil, err
	}
	held, err := begin(reports.KindCapacity, h.out)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	if h.well, err = answer(ctx, rest); err != nil {
		return nil, err
	}
	begun := time.Now()
	c := &reports.Capacity{Objective: q.Objective, FromHz: q.From, ToHz: q.To, VisitSteps: h.exp.MeanSteps()}
	for i := -1; i < len(q.Faults) && err == nil; i++ {
		var fault *configs.Fault
		if i >= 0 {
			fault = &q.Faults[i]
		}
		var f reports.CapacityFigure
		f, err = h.figure(ctx, fault, i)
		c.Figures = append(c.Figures, f)
	}
	analysis.Capacity(c)
	return c, errors.Join(err, describe(ctx, &c.Campaign, reports.KindCapacity, h.exp, begun, err), leaveCapacity(h.out, c))
}

// figure finds the rate under one fault, or none. Its error ends the whole hunt.
func (h *hunt) figure(ctx context.Context, fault *configs.Fault, index int) (reports.CapacityFigure, error) {
	q := h.exp.Capacity
	f := reports.CapacityFigure{Fault: FaultName(fault), Trials: []reports.CapacityTrial{}}
	s := &search.Search{From: q.From, To: q.To, Poisson: h.exp.Arrivals.Kind == configs.Poisson}
	service := 1.0 // s, until the first trial tells
	void := 0      // trials in a row
	for done, _ := s.Done(); !done; done, _ = s.Done() {
		plan := s.Next()
		name := filepath.Join(folder(fault, index), fmt.Sprintf("trial-%02d", len(f.Trials)+1))
		h.progress.Begin(f.Fault, plan.RateHz, plan.Seconds)
		t, why, err := h.runTrial(ctx, plan, fault, service, name)
		if err != nil || why != "" {
			f.Why = why
			if err != nil {
				f.Why = err.Error()
			}
			h.progress.End(f.Why)
			return f, err
		}
		if t.Void == "" {
			if t.ServiceS != nil && len(s.Trials()) == 0 {
				service = *t.ServiceS
			}
			tell(s, plan, &t, h.unit())
			void = 0
		} else {
			void++
		}
		h.progress.End(t.Verdict())
		f.Trials, f.LoadS = append(f.Trials, t), f.LoadS+t.LoadS
		if void == mostVoid {
			short, _, _ := strings.Cut(t.Void, ": ") // the trial says the rest
			f.Why = fmt.Sprintf("%d trials in a row did not count, the last at %.4g/s: %s", void, t.RateHz, short)
			return f, nil
		}
		if !t.Held {
			if why := h.awaitRecovery(ctx); why != "" {
				f.Why = why
				return f, context.Cause(ctx)
			}
		}
	}
	conclude(s, &f)
	return f, nil
}

// unit is what the rates are of.
func (h *hunt) unit() string {
	if len(h.exp.Visits) > 0 {
		return "visits"
	}
	return "requests"
}

// tell lets the search judge a trial, whose rates are of requests or visits.
func tell(s *search.Search, p search.Plan, t *reports.CapacityTrial, of string) {
	told := outcome(p, *t)
	s.Tell(told)
	if t.Held = s.Held(told); !t.Held && told.Growing() {
		t.Why = strings.TrimPrefix(t.Why+fmt.Sprintf("; the queue grew by %.2g %s/s", *t.GrowthHz, of), "; ")
	}
}

// conclude takes the search's result.
func conclude(s *search.Search, f *reports.CapacityFigure) {
	low, high := s.Bracket()
	if low > 0 {
		f.LowHz, f.Degraded = &low, degradedAt(f.Trials, low)
	}
	switch broke := lowestBroken(f.Trials); {
	case broke != nil && broke.RateHz <= high*1.0001:
		f.HighHz, f.Limit = &high, broke.Why
	case !math.IsInf(high, 1):
		f.HighHz, f.Limit = &high, "more than the site serves for long: see its good answers under too much load"
		if broke != nil {
			f.Limit += fmt.Sprintf("; at %.3g/s: %s", broke.RateHz, broke.Why)
		}
	}
	if _, found := s.Done(); !found {
		f.Why = fmt.Sprintf("%d trials did not come to one answer: the site carries the same rate at one time and not at another", len(f.Trials))
		return
	}
	if rate := s.Rate(); low > 0 {
		f.RateHz = &rate
	}
}

// degradedAt is the ratio of the hits that were answered degraded in the last of
// the trials that held the rate; nil when none did.
func degradedAt(trials []reports.CapacityTrial, hz float64) (ratio *float64) {
	for _, t := range trials {
		if t.Held && t.RateHz == hz {
			ratio = t.Degraded
		}
	}
	return ratio
}

// lowestBroken is the last of the trials at the lowest rate that did not hold; nil when all did.
func lowestBroken(trials []reports.CapacityTrial) (lowest *reports.CapacityTrial) {
	for i := range trials {
		if t := &trials[i]; !t.Held && t.Void == "" && (lowest == nil || t.RateHz <= lowest.RateHz) {
			lowest = t
		}
	}
	return lowest
}
