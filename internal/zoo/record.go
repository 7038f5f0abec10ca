package zoo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Record is what a run leaves.
type Record struct {
	Manifest     journal.Manifest
	Experiment   []byte // YAML
	Hits         []journal.Hit
	Events       []journal.Event
	Observations []journal.Observation
	Killed       bool // the bundle is as a kill leaves it
	closed       bool // the faults have been played: connections and their use are told no more
}

// Write writes the record as a bundle into dir, which must be absent or empty.
func (r *Record) Write(dir string) error {
	w, err := journal.Create(dir, r.Manifest, r.Experiment)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	written := make(chan error, 1)
	go func() { written <- w.Run(ctx) }()
	for _, h := range r.Hits {
		w.Hit(h)
	}
	for _, e := range r.Events {
		w.Event(e)
	}
	for _, o := range r.Observations {
		w.Observe(o)
	}
	stop()
	err = <-written
	if r.Killed {
		return err
	}
	return errors.Join(err, w.Finish(*r.Manifest.Outcome))
}

// t0 is when all runs of the zoo began.
var t0 = time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)

// finish makes the record of what was kept.
func (w *world) finish(spans []journal.PhaseSpan, end time.Duration) {
	w.logs.flush()
	r := w.record
	exp := w.plan.experiment(w.site)
	text, err := exp.AsRun()
	if err != nil {
		panic(fmt.Sprintf("zoo: write the experiment of %s: %v", w.plan.Name, err)) // it is made of our own values
	}
	r.Experiment = text
	r.Manifest = journal.Manifest{Schema: journal.Schema, ToolVersion: "zoo", Name: exp.Name, Target: exp.Target.URL, Seed: exp.Seed,
		Arrivals: exp.Arrivals.Kind, T0: t0, Phases: spans, Egress: w.site.Egress, ClientTimeoutNS: int64(w.plan.Patience), Sources: w.site.sources()}
	for _, q := range exp.Mix() {
		r.Manifest.Requests = append(r.Manifest.Requests, q.Name)
	}
	r.Manifest.Visits = journal.VisitsOf(exp.Visits)
	for _, d := range exp.Dependencies {
		r.Manifest.Dependencies = append(r.Manifest.Dependencies, journal.Dependency{Name: d.Name, Listen: d.Listen, Host: d.Host})
	}
	for _, f := range w.fates {
		if !f.over && w.plan.Ending == Killed {
			continue // it is written when it ends
		}
		if !f.over {
			f.hit.Done, f.hit.Class = end, journal.ClassCanceled
		}
		r.Hits = append(r.Hits, *f.hit)
	}
	slices.SortStableFunc(r.Events, func(x, y journal.Event) int { return cmp.Compare(x.AtNS, y.AtNS) })
	w.ending(end)
}

// ending says how the run ended, and leaves out what a kill loses: hits that had
// not ended, and those of the last second, which were not on disk yet.
func (w *world) ending(end time.Duration) {
	r := w.record
	outcome := &journal.Outcome{EndNS: int64(end), Status: "complete", Undone: true}
	switch w.plan.Ending {
	case Interrupted:
		outcome.Status, outcome.Error = "interrupted", "interrupt"
	case Killed:
		outcome = nil
		r.Killed = true
		lost := w.plan.EndsAt.Truncate(time.Second)
		r.Hits = slices.DeleteFunc(r.Hits, func(h journal.Hit) bool { return h.Done >= lost })
		r.Events = slices.DeleteFunc(r.Events, func(e journal.Event) bool { return e.AtNS >= int64(w.plan.EndsAt) })
		r.Observations = slices.DeleteFunc(r.Observations, func(o journal.Observation) bool { return o.AtNS >= int64(lost) })
	}
	r.Manifest.Outcome = outcome
}

// host is where the site is loaded.
func (s *Site) host() string {
	if s.Host != "" {
		return s.Host
	}
	return "127.0.0.1:8081"
}

func dependencyAddress(i, port int) string { return fmt.Sprintf("127.0.0.1:%d", port+10*i) }
