package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	toxiclient "github.com/Shopify/toxiproxy/v2/client"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// remote is the Injector that plays on a plain Toxiproxy server. What cannot be
// counted there is null.
type remote struct {
	*api
	exp    *configs.Experiment
	faults []*remoteFault // by index
	said   []string       // before the first fault
	left   *leftover
	toxics int // named so far
	closed bool
}

// watchEvery is how often the server is asked whether it is still there.
const watchEvery = time.Second

// openRemote checks that the server can play the experiment, and lifts what
// earlier runs of this user have left on it.
func openRemote(ctx context.Context, server *api, exp *configs.Experiment) (*remote, error) {
	r := &remote{api: server, exp: exp}
	if exp.Chaos.Egress.Listen != "" {
		return nil, r.cannot("chaos.egress: its forward proxy is tailback's own")
	}
	if err := r.plan(); err != nil {
		return nil, err
	}
	lifted, err := liftWith(ctx, server.url, server.token)
	if err != nil {
		return nil, fmt.Errorf("lift what an earlier run has left: %w", err)
	}
	for _, text := range lifted.Undone {
		r.said = append(r.said, "lifted before the run: "+text)
	}
	proxies, err := server.proxies(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range exp.Dependencies {
		if err := r.check(d, proxies[d.Name]); err != nil {
			return nil, err
		}
	}
	r.left, err = newLeftover(server.url, exp)
	return r, err
}

func (r *remote) cannot(text string, args ...any) error {
	return fmt.Errorf("play faults at %s: a plain Toxiproxy server can't play %s; start tailback proxy in its place", r.at, fmt.Sprintf(text, args...))
}

// plan makes the faults.
func (r *remote) plan() error {
	for _, phase := range r.exp.Phases {
		for _, spec := range phase.Faults {
			toxic, caveat, ok := toxicOf(spec)
			if !ok {
				return r.cannot("%s", spec.Kind())
			}
			e, err := effectOf(spec, true)
			if err != nil {
				return err
			}
			if caveat != "" {
				r.said = append(r.said, fmt.Sprintf("%s on %s is played by a plain Toxiproxy server: %s", spec.Kind(), spec.Dependency, caveat))
			}
			f := &fault{effect: e, index: len(r.faults), phase: phase.Name, spec: spec, seed: r.exp.Seed}
			r.faults = append(r.faults, &remoteFault{fault: f, toxic: toxic, now: e.size})
		}
	}
	return nil
}

// check returns what is wrong with a dependency's proxy on the server, and notes
// the toxics that others have put there.
func (r *remote) check(d configs.Dependency, p toxiclient.Proxy) error {
	make := fmt.Sprintf("toxiproxy-cli -h http://%s create -l %s -u %s %s", r.at, d.Listen, d.Upstream, d.Name)
	switch {
	case p.Name == "":
		return fmt.Errorf("play faults at %s: it has no proxy named %s; make it: %s", r.at, d.Name, make)
	case !sameAddress(p.Upstream, d.Upstream) || port(p.Listen) != port(d.Listen):
		return fmt.Errorf("play faults at %s: its proxy %s listens on %s for %s, but the file says %s for %s; correct one of them",
			r.at, d.Name, p.Listen, p.Upstream, d.Listen, d.Upstream)
	case !p.Enabled:
		return fmt.Errorf("play faults at %s: its proxy %s is disabled; enable it first (toxiproxy-cli toggle %s)", r.at, d.Name, d.Name)
	}
	for _, t := range p.ActiveToxics {
		r.said = append(r.said, foreign(t.Name, t.Type, t.Stream, d.Name))
	}
	return nil
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// Play plays on the server. See Injector. It ends when the server is gone.
func (r *remote) Play(ctx context.Context, t0 time.Time, emit func(journal.Event)) error {
	at := func() int64 { return int64(time.Since(t0)) }
	for _, text := range r.said {
		emit(journal.Event{AtNS: at(), Kind: journal.Warning, Text: text})
	}
	defer func() {
		var events []journal.Event
		for _, f := range r.faults {
			if f.on != (item{}) {
				events = append(events, r.lift(ctx, f, at)...)
			}
		}
		for _, e := range events { // once all are lifted: emit may have panicked
			emit(e)
		}
	}()
	for _, a := range faultActions(r.exp) {
		if err := r.until(ctx, t0.Add(a.at)); err != nil {
			return err
		}
		if err := r.do(ctx, a, at, emit); err != nil {
			return err
		}
	}
	return r.until(ctx, t0.Add(r.exp.Duration()))
}

func (r *remote) do(ctx context.Context, a faultAction, at func() int64, emit func(journal.Event)) error {
	f := r.faults[a.fault]
	switch a.kind {
	case actionApply:
		began := at()
		if err := r.put(ctx, f); err != nil {
			return fmt.Errorf("apply %s on %s: %w", f.spec.Kind(), f.spec.Dependency, err)
		}
		emit(journal.Event{AtNS: began, Kind: journal.FaultApplied, Fault: f.uncounted()})
	case actionStep:
		if err := r.step(ctx, f, a.size); err != nil {
			return fmt.Errorf("step %s on %s: %w", f.spec.Kind(), f.spec.Dependency, err)
		}
		emit(journal.Event{AtNS: at(), Kind: journal.FaultStepped, Fault: f.uncounted()})
	case actionLift:
		for _, e := range r.lift(ctx, f, at) {
			emit(e)
		}
	}
	return nil
}

// until waits for that time. Meanwhile it looks whether the server is there.
func (r *remote) until(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		case <-tick.C:
			if err := r.api.do(ctx, http.MethodGet, "/version", nil, nil); err != nil && ctx.Err() == nil {
				return fmt.Errorf("the Toxiproxy server has gone: %w", err)
			}
		}
	}
}

// Close forgets the run's notes if nothing is left to undo.
func (r *remote) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if n := len(r.left.items); n > 0 {
		return errors.Join(fmt.Errorf("%d of the run's faults at %s could not be shown to be lifted (%s); run tailback lift", n, r.at, joined(r.left.items)), r.left.file.Close())
	}
	return r.left.done()
}

func joined(items []item) string {
	var texts []string
	for _, i := range items {
		texts = append(texts, i.String())
	}
	return strings.Join(texts, ", ")
}
