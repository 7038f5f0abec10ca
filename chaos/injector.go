package chaos

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Injector plays an experiment's faults on the way to its dependencies.
type Injector interface {
	// Play applies and lifts the faults at their times since t0, and tells emit of
	// that, from one goroutine. It returns nil after the experiment's Duration, or
	// the context's error when that ends, or why a fault could not be applied. On
	// every way out each fault is lifted first.
	Play(ctx context.Context, t0 time.Time, emit func(journal.Event)) error
	// Counts reports whether Play tells of the calls of the site, as events of
	// kind Used; where it does not, whether the site calls at all is not known.
	Counts() bool
	// Close ends a Play that goes on, lifts every fault and lets go of what Open took.
	Close() error
}

// Open prepares the experiment's faults where its chaos.toxiproxy says: in this
// process, in a `tailback proxy`, or on a plain Toxiproxy server. None is applied.
func Open(ctx context.Context, exp *configs.Experiment) (Injector, error) {
	if exp.Chaos.Toxiproxy == "" || exp.Chaos.Toxiproxy == configs.Embedded {
		return asInjector(Listen(exp))
	}
	at, err := url.Parse(exp.Chaos.Toxiproxy)
	if err != nil {
		return nil, fmt.Errorf("read chaos.toxiproxy: %w", err)
	}
	c := &api{url: strings.TrimSuffix(at.String(), "/"), at: at.Host, token: exp.Chaos.Token.Text}
	var v version
	if err := c.do(ctx, http.MethodGet, "/version", nil, &v); err != nil {
		return nil, fmt.Errorf("reach chaos.toxiproxy: %w; start it (tailback proxy, or a Toxiproxy server), or correct the address", err)
	}
	if v.Tailback != 0 {
		return asInjector(takeLease(ctx, c, exp))
	}
	return asInjector(openRemote(ctx, c, exp))
}

// Counts implements Injector.
func (*Proxies) Counts() bool { return true }

// Counts implements Injector.
func (*leaseClient) Counts() bool { return true }

// Counts implements Injector: a plain Toxiproxy server counts nothing.
func (*remote) Counts() bool { return false }

// asInjector keeps a nil that comes with an error from looking like an Injector.
func asInjector[T Injector](in T, err error) (Injector, error) {
	if err != nil {
		return nil, err
	}
	return in, nil
}
