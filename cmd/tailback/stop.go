package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/guards"
)

// stopName is the stop file in the folder of a run.
const stopName = "stop"

// stopEvery is how often it is looked for a stop file.
const stopEvery = 100 * time.Millisecond

// addStopFile adds the flag of a command that loads a target.
func addStopFile(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "stop-file", "", "end in good order when this file appears, as when <out>/stop does")
}

// alone takes the target for the whole of a command, and has the command's
// context end when a stop file appears. What it returns undoes both.
func alone(cmd *cobra.Command, exp *configs.Experiment, out, stopFile string) (done func(), err error) {
	if stopFile != "" {
		if _, err := os.Lstat(stopFile); err == nil {
			return nil, failed(cmd.Context(), fmt.Errorf("begin: the stop file %s is there already; remove it", stopFile))
		}
	}
	unlock, err := guards.Lock(exp)
	if err != nil {
		return nil, failed(cmd.Context(), err)
	}
	ctx, stop := context.WithCancelCause(cmd.Context())
	cmd.SetContext(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		stop(awaitFile(ctx, filepath.Join(out, stopName), stopFile))
	}()
	return func() { stop(nil); <-watched; unlock() }, nil
}

// awaitFile waits until one of the files is there, and names it, or until ctx ends.
func awaitFile(ctx context.Context, paths ...string) error {
	ticker := time.NewTicker(stopEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		for _, path := range paths {
			if _, err := os.Lstat(path); path != "" && err == nil {
				return fmt.Errorf("stop file %s", path)
			}
		}
	}
}
