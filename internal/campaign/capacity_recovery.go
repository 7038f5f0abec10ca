package campaign

import (
	"context"
	"fmt"
	"time"

	"github.com/tailback/tailback/attack/search"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
)

// recoveryTimeout bounds the wait for a site to be well again after a trial.
const recoveryTimeout = 90 * time.Second

// awaitRecovery waits until the site answers as well as it did at rest, three times
// in a row. It returns why it does not.
func (h *hunt) awaitRecovery(ctx context.Context) (why string) {
	rest, err := h.trialOf(search.Plan{RateHz: h.exp.Capacity.From, Seconds: 1}, nil)
	if err != nil {
		return err.Error()
	}
	for begun, good := time.Now(), 0; good < 3; {
		took, err := answer(ctx, rest)
		switch {
		case ctx.Err() != nil:
			return "interrupted"
		case err == nil && took < 2*h.well+100*time.Millisecond:
			good++
		case time.Since(begun) > recoveryTimeout:
			return fmt.Sprintf("the site was not well again %v after a trial had ended", recoveryTimeout)
		default:
			good = 0
			h.progress.Wait(time.Since(begun), recoveryTimeout)
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
	}
	return ""
}

// answer returns how long the target takes for the first request of the mix.
func answer(ctx context.Context, exp *configs.Experiment) (time.Duration, error) {
	begun := time.Now()
	unexpected, err := harness.Preflight(ctx, exp)
	if err == nil && unexpected != "" {
		err = fmt.Errorf("try target %s: it answers %s", exp.Target.Bare(), unexpected)
	}
	return time.Since(begun), err
}
