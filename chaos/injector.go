package chaos

import (
	"context"
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
	// Close ends a Play that goes on, lifts every fault and lets go of what Open took.
	Close() error
}

// Open prepares the experiment's faults where its chaos.toxiproxy says. None is applied.
func Open(ctx context.Context, exp *configs.Experiment) (Injector, error) {
	ps, err := Listen(exp)
	if err != nil {
		return nil, err
	}
	return ps, nil
}
