package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
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

// remoteFault is a fault and the toxic that stands for it on the server.
type remoteFault struct {
	*fault
	toxic *toxiclient.Toxic // nil: the proxy is disabled
	now   time.Duration     // its size
	on    item              // in force, or empty
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
	lifted, err := Lift(ctx, server.url)
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
	case p.Upstream != d.Upstream || port(p.Listen) != port(d.Listen):
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

// toxicOf returns the toxic of Toxiproxy's that stands for a fault, and how it
// differs. A nil toxic stands for disabling the proxy. Where Toxiproxy has
// nothing, ok is false.
func toxicOf(f configs.Fault) (toxic *toxiclient.Toxic, caveat string, ok bool) {
	make := func(kind, stream string, attributes toxiclient.Attributes) *toxiclient.Toxic {
		return &toxiclient.Toxic{Type: kind, Stream: stream, Toxicity: float32(f.Share), Attributes: attributes}
	}
	switch {
	case f.Latency != nil:
		stream := f.Latency.Direction
		if stream == "" {
			stream = configs.Downstream
		}
		return make("latency", stream, latencyOf(f.Latency, f.Latency.Delay.From)), "", true
	case f.Hang != nil:
		return make("timeout", configs.Upstream, toxiclient.Attributes{"timeout": 0}),
			"its timeout drops the requests, passes the dependency's end on, and closes its connections when it is lifted", true
	case f.Reset != nil:
		return make("reset_peer", configs.Downstream, toxiclient.Attributes{"timeout": f.Reset.After.Milliseconds()}),
			"its reset_peer waits for the first bytes of an answer, and ends connections that were open before with an EOF", true
	case f.Down != nil:
		return nil, "", true
	case f.Bandwidth != nil:
		return make("bandwidth", configs.Downstream, toxiclient.Attributes{"rate": int64(f.Bandwidth.Rate) / 1000}), "", true
	case f.SlowClose != nil:
		return make("slow_close", configs.Downstream, toxiclient.Attributes{"delay": f.SlowClose.Delay.Milliseconds()}), "", true
	case f.Slice != nil:
		return make("slicer", configs.Downstream, toxiclient.Attributes{"average_size": int64(f.Slice.Size), "size_variation": 0, "delay": f.Slice.Delay.Microseconds()}), "", true
	case f.Limit != nil:
		return make("limit_data", configs.Downstream, toxiclient.Attributes{"bytes": int64(f.Limit.Bytes)}), "", true
	}
	return nil, "", false
}

func latencyOf(l *configs.Latency, delay time.Duration) toxiclient.Attributes {
	return toxiclient.Attributes{"latency": delay.Milliseconds(), "jitter": min(l.Jitter, delay).Milliseconds()}
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

// uncounted returns the fault for an event, as one whose effects nobody counts.
func (f *remoteFault) uncounted() *journal.Fault {
	e := f.asked(f.now)
	e.Uncounted = true
	return e
}

// put notes the fault, and then puts it in force.
func (r *remote) put(ctx context.Context, f *remoteFault) error {
	to := item{Proxy: f.spec.Dependency}
	path, body := "/proxies/"+url.PathEscape(to.Proxy), any(map[string]any{"enabled": false})
	if f.toxic != nil {
		r.toxics++
		to.Toxic = fmt.Sprintf("%s%s-%d", toxicPrefix, r.left.head.Run, r.toxics)
		named := *f.toxic
		named.Name = to.Toxic
		path, body = path+"/toxics", named
	}
	if err := r.left.doing(to); err != nil {
		return err
	}
	f.on = to // even if it fails: the server may have done it
	return r.api.do(ctx, http.MethodPost, path, body, nil)
}

// step replaces the fault's toxic, also when the run is ended meanwhile. A toxic
// that it could not take away stays the fault's, and is lifted with it.
func (r *remote) step(ctx context.Context, f *remoteFault, size time.Duration) error {
	ctx = context.WithoutCancel(ctx)
	if err := r.undo(ctx, f.on); err != nil {
		return err
	}
	r.left.undone(f.on)
	f.now = size
	f.toxic.Attributes = latencyOf(f.spec.Latency, size)
	return r.put(ctx, f)
}

// toxicPrefix begins the names of our toxics.
const toxicPrefix = "tailback-"

// lift takes the fault off, sees that it is gone, and returns the events that
// tell of it. It goes on when the run is ended meanwhile. A server that does not
// answer in time may never answer (toxiproxy#558), and is not tried again; other
// failures get a second try.
func (r *remote) lift(ctx context.Context, f *remoteFault, at func() int64) []journal.Event {
	ctx = context.WithoutCancel(ctx)
	err := r.undo(ctx, f.on)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		err = r.undo(ctx, f.on)
	}
	if err == nil {
		r.left.undone(f.on)
	}
	e := f.uncounted()
	e.UndoConfirmed = ptr(err == nil)
	f.on = item{}
	events := []journal.Event{{AtNS: at(), Kind: journal.FaultLifted, Fault: e}}
	if err != nil {
		events = append(events, journal.Event{AtNS: at(), Kind: journal.Warning, Text: fmt.Sprintf("%s on %s could not be shown to be lifted: %v; once the server can be reached again, run tailback lift",
			f.spec.Kind(), f.spec.Dependency, err)})
	}
	return events
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
