package attack

import (
	"context"
	"time"
)

// pacer is the vegeta.Pacer of a group. Vegeta sends a hit after every wait
// that Pace returns, however short, and sleeps through Stop; so Pace itself
// waits until the hit is due, and returns 0.
type pacer struct {
	ctx context.Context
	t0  time.Time
	end time.Duration // of a closed phase: no hit is released from then on; else 0
	due func(k uint64) (at time.Duration, phase int32, ok bool)
}

// Pace implements vegeta.Pacer. It is called from one goroutine.
func (p *pacer) Pace(_ time.Duration, hits uint64) (wait time.Duration, stop bool) {
	due, _, ok := p.due(hits)
	if !ok || p.end > 0 && max(due, time.Since(p.t0)) >= p.end {
		return 0, true
	}
	return 0, !sleepUntil(p.ctx, p.t0.Add(due))
}

// Rate implements vegeta.Pacer. Vegeta's Attack does not call it.
func (p *pacer) Rate(time.Duration) float64 { return 0 }

// sleepUntil waits for the moment, and reports whether it came before ctx ended.
func sleepUntil(ctx context.Context, at time.Time) bool {
	wait := time.Until(at)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
