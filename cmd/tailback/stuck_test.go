package main

import (
	"context"
	"errors"
	"testing"

	"github.com/tailback/tailback/internal/harness"
)

// A fault that may be left is exit 3, even to who has interrupted the command.
func TestStuckIsWorseThanInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for err, want := range map[error]int{
		context.Canceled: exitInterrupted,
		errors.Join(context.Canceled, harness.ErrStuck): exitFailed,
	} {
		exit := new(exitError)
		if !errors.As(failed(ctx, err), &exit) || exit.code != want {
			t.Errorf("%v: exit %d, want %d", err, exit.code, want)
		}
	}
}
