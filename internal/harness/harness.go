// Package harness conducts a run: it drives an experiment's traffic, plays its
// faults and keeps the journal, and leaves a bundle that reports can analyse.
package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/chaos"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/build"
	"github.com/tailback/tailback/internal/guards"
	"github.com/tailback/tailback/reports/evidence"
	"github.com/tailback/tailback/reports/journal"
)

// Version is the version of this program, as reports and bundles name it.
var Version = build.Version()

// lead is how long before T0 the bundle is begun: it is written to disk before
// the first hit is due.
const lead = 250 * time.Millisecond

// abortEvery is how often the rules of abort_when are held against the run.
const abortEvery = 100 * time.Millisecond

// linger is how long the site's logs are read on after the last answer: a
// worker logs a request after it has answered it.
const linger = time.Second

// Run runs the experiment and leaves its bundle in dir, which must be absent or
// empty. It returns nil when the run went to its end, ctx's error when ctx
// ended first, an *Aborted when a rule of abort_when held, and otherwise why it
// could not start or was cut short; the
// bundle then holds what was recorded, if there was anything. However it ends,
// every fault has been lifted. watch, if not nil, is called each second.
func Run(ctx context.Context, exp *configs.Experiment, dir string, watch func(Status)) error {
	return RunAgainst(ctx, exp, nil, dir, watch)
}

// RunAgainst is Run, and keeps baseline, the report.json of the run that this one is
// held against, in the bundle from its beginning; nil is none.
func RunAgainst(ctx context.Context, exp *configs.Experiment, baseline []byte, dir string, watch func(Status)) (err error) {
	defer func() { err = exp.Redactor().Error(err) }()
	p, _, err := prepare(ctx, exp)
	if err != nil {
		return err
	}
	p.baseline = baseline
	return p.run(ctx, exp, dir, watch, Enough{})
}

// RunUntil is Run, and ends the run in good order, as complete, when enough is
// known: faults are lifted, no more hits are sent, and the answers under way are
// waited for.
func RunUntil(ctx context.Context, exp *configs.Experiment, dir string, watch func(Status), known Enough) (err error) {
	defer func() { err = exp.Redactor().Error(err) }()
	p, _, err := prepare(ctx, exp)
	if err != nil {
		return err
	}
	return p.run(ctx, exp, dir, watch, known)
}

// run runs the experiment with the parts prepared for it, and closes them.
func (p parts) run(ctx context.Context, exp *configs.Experiment, dir string, watch func(Status), known Enough) error {
	defer p.faults.Close()
	asRun, err := exp.AsRun()
	if err != nil {
		return fmt.Errorf("write experiment as run: %w", err)
	}
	if err := p.logIn(ctx, exp, watch); err != nil {
		return err
	}
	t0 := time.Now().Add(lead)
	w, err := journal.Create(dir, manifest(exp, p, t0), asRun)
	if err != nil {
		return err
	}
	var n counts
	secrets := exp.Redactor().With(p.attack.Secrets())
	for _, m := range exp.ReplayRemarks() {
		w.Event(journal.Event{Kind: journal.Warning, Text: m.Path + ": " + m.Text})
	}
	if p.baseline != nil {
		err = w.Baseline(p.baseline)
	}
	if err == nil {
		err = conduct(ctx, exp, p, record{w, secrets, p.attack.Hide}, t0, &n, watch, known)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	// The connections are closed first: the bundle is finished even if they had taken every descriptor.
	err = secrets.Error(errors.Join(err, p.faults.Close()))
	err = errors.Join(err, w.Finish(outcome(ctx, err, &n)))
	if n.stuck.Load() {
		err = errors.Join(err, ErrStuck)
	}
	return err
}

// ErrStuck comes with whatever else ended a run that could not show that every
// fault was lifted. It is loud on purpose: somebody may have to look.
var ErrStuck = errors.New("NOT EVERY FAULT COULD BE SHOWN TO BE LIFTED: look before you trust the dependencies again (the report says which)")

// parts are what a run is made of.
type parts struct {
	attack  *attack.Attack
	faults  chaos.Injector
	sensors *evidence.Sensors
	aborts  guards.Rules
	// baseline is the report.json of the run that this one is held against; nil is none.
	baseline []byte
}

// prepare checks that the run can start, and leaves the faults ready to play.
func prepare(ctx context.Context, exp *configs.Experiment) (p parts, unexpected string, err error) {
	if p, err = open(ctx, exp, exp); err != nil {
		return p, "", err
	}
	if unexpected, err = preflight(ctx, exp, p.attack); err != nil {
		return p, "", errors.Join(err, p.faults.Close())
	}
	return p, unexpected, nil
}

// open makes the parts of a run. The faults are those of played, which else is the same.
func open(ctx context.Context, exp, played *configs.Experiment) (p parts, err error) {
	if err := Supported(exp); err != nil {
		return p, err
	}
	if p.attack, err = attack.New(exp); err != nil {
		return p, err
	}
	if p.aborts, err = guards.NewRules(exp); err != nil {
		return p, err
	}
	if p.sensors, err = evidence.Open(exp.Site, exp.Target); err != nil {
		return p, err
	}
	p.faults, err = chaos.Open(ctx, played)
	return p, err
}

// Preflight checks that a run of the experiment could start, as Run does
// first: logs readable, ports free, dependencies and target reachable,
// descriptors enough. It returns the target's answer to the first request of the mix if that is one
// that the request does not expect, such as "404 Not Found".
func Preflight(ctx context.Context, exp *configs.Experiment) (unexpected string, err error) {
	p, unexpected, err := prepare(ctx, exp)
	if err != nil {
		return "", exp.Redactor().Error(err)
	}
	return exp.Redactor().Text(unexpected), p.faults.Close()
}

// conduct drives the traffic and plays the faults, both from t0 on, while the
// sensors watch the site and the writer keeps the journal. The first part that
// fails ends the others.
func conduct(ctx context.Context, exp *configs.Experiment, p parts, w record, t0 time.Time, n *counts, watch func(Status), known Enough) error {
	// The writer and the sensors outlive the parts that they record.
	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWriting()
	running, ctx := errgroup.WithContext(ctx)

	running.Go(safely("journal", func() error { return w.Run(writing) }))
	stopSensing := sense(ctx, p.sensors, w, t0)
	acting, actingCtx := errgroup.WithContext(ctx)
	playing, stopPlaying := context.WithCancel(actingCtx)
	defer stopPlaying()
	stopIf := func(known bool) {
		if known && n.stopped.CompareAndSwap(0, int64(time.Since(t0))) {
			p.attack.End()
			stopPlaying()
		}
	}
	acting.Go(safely("attack", func() error {
		return p.attack.Run(actingCtx, t0, func(h journal.Hit) { n.hit(h); w.Hit(h); p.aborts.Hit(h); stopIf(known.byHit(h)) }, w.Event)
	}))
	acting.Go(safely("chaos", func() error {
		err := p.faults.Play(playing, t0, func(e journal.Event) { n.event(e); w.Event(e); stopIf(known.byEvent(e)) })
		if actingCtx.Err() == nil && playing.Err() != nil {
			return nil // enough is known
		}
		return err
	}))
	running.Go(func() error {
		defer stopWriting()
		err := acting.Wait()
		n.end = time.Since(t0)
		stopSensing()
		return err
	})
	running.Go(safely("abort_when", func() error {
		return each(writing, abortEvery, func() error {
			now := time.Since(t0)
			if now >= exp.Duration() {
				return nil
			}
			return p.aborts.Broken(now)
		})
	}))
	if watch != nil {
		running.Go(safely("watch", func() error {
			return each(writing, time.Second, func() error {
				watch(n.status(exp, time.Since(t0), p.attack.InFlight()))
				return nil
			})
		}))
	}
	return running.Wait()
}

// sense has the sensors watch until the function it returns is called, which
// waits for what the logs still have to say, unless ctx is done.
func sense(ctx context.Context, sensors *evidence.Sensors, w record, t0 time.Time) (stop func()) {
	if len(sensors.Sources()) == 0 {
		return func() {}
	}
	sensing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		sensors.Run(sensing, t0, observer(w))
	}()
	return func() {
		select {
		case <-ctx.Done():
		case <-time.After(linger):
		}
		cancel()
		<-done
	}
}

// observer records observations. The first that tells of trouble with a source
// is also a warning: the report rests on less than was asked.
func observer(w record) func(journal.Observation) {
	var told sync.Map
	return func(o journal.Observation) {
		w.Observe(o)
		if o.Kind != journal.Lost && o.Kind != journal.Skew {
			return
		}
		if _, known := told.LoadOrStore([2]string{string(o.Source), string(o.Kind)}, true); !known {
			w.Event(journal.Event{AtNS: o.AtNS, Kind: journal.Warning, Text: fmt.Sprintf("site.%s: %s", o.Source, o.Text)})
		}
	}
}

// safely turns a panic in a part into its error, so that the other parts are
// ended in good order: faults lifted, journal closed.
func safely(part string, run func() error) func() error {
	return func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic in %s: %v\n%s", part, v, debug.Stack())
			}
		}()
		return run()
	}
}

func manifest(exp *configs.Experiment, p parts, t0 time.Time) journal.Manifest {
	m := journal.Manifest{Schema: journal.Schema, ToolVersion: Version, Name: exp.Name, File: exp.Path, Target: exp.Target.Bare(),
		Seed: exp.Seed, Arrivals: exp.Arrivals.Kind, T0: t0.UTC(), Phases: p.attack.Spans(), Labels: exp.Labels,
		Egress: exp.Chaos.Egress.Listen, ClientTimeoutNS: int64(exp.Target.Timeout), Sources: p.sensors.Sources()}
	if exp.Chaos.Toxiproxy != configs.Embedded {
		m.Toxiproxy = configs.BareURL(exp.Chaos.Toxiproxy)
	}
	for _, r := range exp.Mix() {
		m.Requests = append(m.Requests, r.Name)
	}
	m.RequestRates = ownRates(exp)
	m.Visits = journal.VisitsOf(exp.Visits)
	if exp.Sessions != nil {
		m.Sessions = exp.Sessions.Count
	}
	for _, d := range exp.Dependencies {
		m.Dependencies = append(m.Dependencies, journal.Dependency{Name: d.Name, Listen: d.Listen, Host: d.Host})
	}
	for _, o := range exp.Objectives {
		m.Objectives, m.Lines = append(m.Objectives, o.Text), append(m.Lines, o.Line)
	}
	return m
}

// ownRates are the rates that requests have of their own; nil when none has one.
func ownRates(exp *configs.Experiment) (all []float64) {
	if exp.OwnRate() == 0 {
		return nil
	}
	for _, r := range exp.Requests {
		own := 0.0
		if r.Rate != nil {
			own = float64(*r.Rate)
		}
		all = append(all, own)
	}
	return all
}
