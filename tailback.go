// Package tailback conducts a run: it drives an experiment's traffic, plays its
// faults and keeps the journal, and leaves a bundle that reports can analyse.
package tailback

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/chaos"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Version is the release this tree is, or leads to.
const Version = "0.1.0"

// lead is how long before T0 the bundle is begun: it is written to disk before
// the first hit is due.
const lead = 250 * time.Millisecond

// Status is how far a run has come.
type Status struct {
	Elapsed, Total time.Duration // of the phases; answers may still come in after Total
	Phase          string        // "" after the last
	Ended          int64         // hits answered or given up
	OK             int64         // of these
	Waiting        int64         // hits sent and not ended
	Faults         int64         // in force now
}

// counts are what a Status and the outcome are made of; hits are recorded from many goroutines.
type counts struct {
	ended, ok, faults atomic.Int64
	stuck             atomic.Bool // a fault could not be shown to be lifted
}

// Run runs the experiment and leaves its bundle in dir, which must be absent or
// empty. It returns nil when the run went to its end, ctx's error when ctx
// ended first, and otherwise why it could not start or was cut short; the
// bundle then holds what was recorded, if there was anything. However it ends,
// every fault has been lifted. watch, if not nil, is called each second.
func Run(ctx context.Context, exp *configs.Experiment, dir string, watch func(Status)) error {
	a, proxies, _, err := prepare(ctx, exp)
	if err != nil {
		return err
	}
	defer proxies.Close()

	asRun, err := exp.AsRun()
	if err != nil {
		return fmt.Errorf("write experiment as run: %w", err)
	}
	t0 := time.Now().Add(lead)
	w, err := journal.Create(dir, manifest(exp, a, t0), asRun)
	if err != nil {
		return err
	}
	for _, text := range notices(exp) {
		w.Event(journal.Event{Kind: journal.Warning, Text: text})
	}
	var n counts
	err = conduct(ctx, exp, a, proxies, w, t0, &n, watch)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return errors.Join(err, w.Finish(outcome(ctx, err, t0, !n.stuck.Load())))
}

// prepare checks that the run can start, and leaves the proxies listening.
func prepare(ctx context.Context, exp *configs.Experiment) (a *attack.Attack, proxies *chaos.Proxies, unexpected string, err error) {
	if err := Supported(exp); err != nil {
		return nil, nil, "", err
	}
	if a, err = attack.New(exp); err != nil {
		return nil, nil, "", err
	}
	if proxies, err = chaos.Open(exp); err != nil {
		return nil, nil, "", err
	}
	if unexpected, err = preflight(ctx, exp, a); err != nil {
		return nil, nil, "", errors.Join(err, proxies.Close())
	}
	return a, proxies, unexpected, nil
}

// Preflight checks that a run of the experiment could start, as Run does
// first: ports free, dependencies and target reachable, descriptors enough. It
// returns the target's answer to the first request of the mix if that is one
// that the request does not expect, such as "404 Not Found".
func Preflight(ctx context.Context, exp *configs.Experiment) (unexpected string, err error) {
	_, proxies, unexpected, err := prepare(ctx, exp)
	if err != nil {
		return "", err
	}
	return unexpected, proxies.Close()
}

// conduct drives the traffic and plays the faults, both from t0 on, while the
// writer keeps the journal. The first part that fails ends the others.
func conduct(ctx context.Context, exp *configs.Experiment, a *attack.Attack, proxies *chaos.Proxies, w *journal.Writer, t0 time.Time, n *counts, watch func(Status)) error {
	// The writer outlives the parts that hand it records.
	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWriting()
	parts, ctx := errgroup.WithContext(ctx)

	parts.Go(guard("journal", func() error { return w.Run(writing) }))
	acting, actingCtx := errgroup.WithContext(ctx)
	acting.Go(guard("attack", func() error {
		return a.Run(actingCtx, t0, func(h journal.Hit) { n.hit(h); w.Hit(h) })
	}))
	acting.Go(guard("chaos", func() error {
		return proxies.Play(actingCtx, t0, func(e journal.Event) { n.event(e); w.Event(e) })
	}))
	parts.Go(func() error {
		defer stopWriting()
		return acting.Wait()
	})
	if watch != nil {
		defer tick(func() { watch(n.status(exp, time.Since(t0), a.InFlight())) })()
	}
	return parts.Wait()
}

// guard turns a panic in a part into its error, so that the other parts are
// ended in good order: faults lifted, journal closed.
func guard(part string, run func() error) func() error {
	return func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic in %s: %v\n%s", part, v, debug.Stack())
			}
		}()
		return run()
	}
}

// tick calls f each second until the function it returns is called.
func tick(f func()) (stop func()) {
	ticker, done, ended := time.NewTicker(time.Second), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticker.C:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() { ticker.Stop(); close(done); <-ended }
}

func (n *counts) hit(h journal.Hit) {
	if h.Class.Ours() {
		return
	}
	n.ended.Add(1)
	if h.Class == journal.ClassOK {
		n.ok.Add(1)
	}
}

func (n *counts) event(e journal.Event) {
	switch e.Kind {
	case journal.FaultApplied:
		n.faults.Add(1)
	case journal.FaultLifted:
		n.faults.Add(-1)
		if u := e.Fault.UndoConfirmed; u != nil && !*u {
			n.stuck.Store(true)
		}
	}
}

func (n *counts) status(exp *configs.Experiment, elapsed time.Duration, waiting int64) Status {
	s := Status{Elapsed: max(elapsed, 0), Total: exp.Duration(), Ended: n.ended.Load(), OK: n.ok.Load(), Waiting: waiting, Faults: n.faults.Load()}
	for i, p := range exp.Phases {
		if elapsed >= exp.Start(i) && elapsed < exp.Start(i+1) {
			s.Phase = p.Name
		}
	}
	return s
}

func manifest(exp *configs.Experiment, a *attack.Attack, t0 time.Time) journal.Manifest {
	m := journal.Manifest{Schema: journal.Schema, ToolVersion: Version, Name: exp.Name, Target: bareURL(exp.Target.URL),
		Seed: exp.Seed, Arrivals: exp.Arrivals, T0: t0.UTC(), Phases: a.Spans(),
		ClientTimeoutNS: int64(exp.Target.Timeout)}
	for _, r := range exp.Requests {
		m.Requests = append(m.Requests, r.Name)
	}
	for _, d := range exp.Dependencies {
		m.Dependencies = append(m.Dependencies, journal.Dependency{Name: d.Name, Listen: d.Listen})
	}
	for _, o := range exp.Objectives {
		m.Objectives = append(m.Objectives, o.Text)
	}
	return m
}

// bareURL drops what may be secret: user info, query and fragment.
func bareURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func outcome(ctx context.Context, err error, t0 time.Time, undone bool) journal.Outcome {
	o := journal.Outcome{EndNS: int64(time.Since(t0)), Status: "complete", Undone: undone}
	switch {
	case ctx.Err() != nil:
		o.Status = "interrupted"
	case err != nil:
		o.Status, o.Error = "failed", err.Error()
	}
	return o
}
