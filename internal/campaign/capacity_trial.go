package campaign

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/tailback/tailback/attack/search"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/judge"
)

// doomed is for how many seconds in a row most answers are bad when a trial that
// would last longer is ended.
const doomed = 3

// outcome is what the search is told of a trial.
func outcome(p search.Plan, t reports.CapacityTrial) search.Trial {
	value := func(v *float64) float64 {
		if v == nil {
			return 0
		}
		return *v
	}
	return search.Trial{Plan: p, Met: t.Met, GrowthHz: value(t.GrowthHz), GrowthErrHz: value(t.GrowthErrHz),
		CapacityHz: value(t.GoodHz), ServiceS: value(t.ServiceS)}
}

// trialOf is the experiment of one trial: the load, and the fault all along.
func (h *hunt) trialOf(p search.Plan, fault *configs.Fault) (*configs.Experiment, error) {
	objectives, err := configs.ParseObjectives(h.exp.Capacity.Objective)
	if err != nil {
		return nil, err
	}
	exp := *h.exp
	exp.Capacity, exp.Audit, exp.AbortWhen, exp.Objectives = nil, nil, nil, objectives
	load := configs.Phase{Name: "load", Duration: time.Duration(p.Seconds * float64(time.Second)), Rate: &configs.Rate{From: p.RateHz, To: p.RateHz}}
	if fault != nil {
		f := *fault
		f.For = load.Duration
		load.Faults = []configs.Fault{f}
	}
	exp.Phases = []configs.Phase{load}
	return &exp, nil
}

// drain lets the fault outlast the load by so long: who still waits when it is
// lifted would be answered sooner than the site could have done under it.
func drain(p *configs.Phase, s float64) {
	rest := time.Duration(s * float64(time.Second))
	p.Rate.Step, p.Rate.To, p.Rate.Every = p.Rate.From, 0, p.Duration
	p.Duration += rest
	for i := range p.Faults {
		p.Faults[i].For = p.Duration
	}
}

// thinksLong says why a trial of so many seconds tells nothing of visits that think for a
// large part of it: their later steps would not come about in it.
func thinksLong(exp *configs.Experiment, seconds float64) string {
	thinks := exp.Thinking()
	if thinks.Seconds() <= mostThinking*seconds {
		return ""
	}
	return fmt.Sprintf("visitors think for %v, and a trial lasts %.3g s: the later steps of most visits would not come about in it; leave think out for the search, which changes no rate",
		thinks.Round(time.Millisecond), seconds)
}

// mostThinking is the share of a trial that a visit may think for.
const mostThinking = 0.25

// runTrial makes one trial. why says what keeps any trial from telling anything of the site.
func (h *hunt) runTrial(ctx context.Context, p search.Plan, fault *configs.Fault, service float64, name string) (t reports.CapacityTrial, why string, err error) {
	exp, err := h.trialOf(p, fault)
	if err != nil {
		return t, "", err
	}
	if why := thinksLong(exp, p.Seconds); why != "" {
		return t, why, nil
	}
	if fault != nil {
		drain(&exp.Phases[0], max(2, 3*service))
	}
	apart(exp, name)
	dir := filepath.Join(h.out, name)
	trialCtx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	down := &watcher{stop: func() { stop(errors.New("most answers were bad, so no more was to be learned")) }}
	err = harness.Run(trialCtx, exp, dir, func(s harness.Status) { down.see(s); h.progress.Watch(s) })
	switch stuck := errors.Is(err, harness.ErrStuck); {
	case ctx.Err() != nil && !stuck:
		return t, "interrupted", context.Cause(ctx)
	case err != nil && (!down.stopped || stuck):
		return t, "", err
	}
	r, err := WriteReports(dir)
	if err != nil {
		return t, "", err
	}
	bundle, err := journal.Open(dir)
	if err != nil {
		return t, "", err
	}
	if t, err = analysis.Trial(bundle, r, p.RateHz, p.Seconds); err != nil {
		return t, "", err
	}
	t.Dir = name
	if down.stopped {
		t.Met = false
		t.Why = strings.TrimPrefix(t.Why+"; ended early, when most answers were bad", "; ")
	}
	if !r.Fidelity.OK && !down.stopped {
		t.Void = "the load was not as asked: " + r.Fidelity.Why
	}
	if astray := judge.AstrayWords(r); len(astray) > 0 && fault == nil {
		return t, astray[0], nil
	}
	for _, f := range r.Faults {
		if !f.Exercised && !f.Uncounted {
			return t, fmt.Sprintf("%s did not touch the site: does it use the proxy at the dependency's listen address?", FaultName(fault)), nil
		}
	}
	return t, "", nil
}

// watcher ends a trial once errors have taken over: nothing is learned from
// pushing on while the site is down.
type watcher struct {
	stop    func()
	last    harness.Status
	bad     int
	stopped bool
}

func (w *watcher) see(s harness.Status) {
	ended, ok := s.Ended-w.last.Ended, s.OK-w.last.OK
	w.last = s
	if ended > 0 && ok*2 < ended {
		w.bad++
	} else {
		w.bad = 0
	}
	if w.bad >= doomed && !w.stopped && s.Elapsed < s.Total {
		w.stopped = true
		w.stop()
	}
}

// FaultName names a fault as a search does: "payments: latency 1s"; "" is none.
func FaultName(f *configs.Fault) string {
	if f == nil {
		return ""
	}
	text := f.Dependency + ": " + strings.ReplaceAll(f.Kind(), "_", " ")
	if f.Latency != nil && f.Latency.Delay.To > 0 {
		text += " " + f.Latency.Delay.To.String()
	}
	return text
}

var unsafe = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// folder is where the trials under a fault lie.
func folder(f *configs.Fault, index int) string {
	if f == nil {
		return "no-fault"
	}
	return fmt.Sprintf("%d-%s-%s", index+1, unsafe.ReplaceAllString(f.Dependency, "-"), f.Kind())
}
