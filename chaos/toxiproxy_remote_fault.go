package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	toxiclient "github.com/Shopify/toxiproxy/v2/client"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// remoteFault is a fault and the toxic that stands for it on the server.
type remoteFault struct {
	*fault
	toxic *toxiclient.Toxic // nil: the proxy is disabled
	now   time.Duration     // its size
	on    item              // in force, or empty
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
