package harness

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/guards"
	"github.com/tailback/tailback/reports/journal"
)

// A rule is looked at every tenth of a second: errors that begin at 5 s, all
// from then on, are half of a 2 s window at 6 s.
func TestAbortInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules, err := guards.NewRules(&configs.Experiment{AbortWhen: []string{"errors > 50% over 2s"}})
		if err != nil {
			t.Fatal(err)
		}
		t0 := time.Now()
		var held time.Duration
		ctx, stop := context.WithCancel(t.Context())
		go each(ctx, abortEvery, func() error {
			err := rules.Broken(time.Since(t0))
			if err != nil {
				held = time.Since(t0)
			}
			return err
		})
		for range 80 {
			time.Sleep(99 * time.Millisecond)
			h := journal.Hit{Done: time.Since(t0), Code: 200}
			if h.Done > 5*time.Second {
				h.Class = journal.ClassStatus
			}
			rules.Hit(h)
		}
		stop()
		synctest.Wait()
		if held < 6*time.Second || held > 6300*time.Millisecond {
			t.Errorf("held at %v, want about 6s", held)
		}
	})
}

// A site that hangs is left alone within a moment: its requests time out after
// 0.3 s, so that the first second is full of errors.
func TestAbortEndsTheRun(t *testing.T) {
	t.Parallel()
	exp := hangExperiment(t, time.Hour)
	exp.Target.Timeout = 300 * time.Millisecond
	exp.AbortWhen = []string{"p99 > 1h over 5s", "errors > 50% over 1s"}
	dir := filepath.Join(t.TempDir(), "out")
	began := time.Now()
	err := Run(t.Context(), exp, dir, nil)
	why, ok := errors.AsType[*guards.Aborted](err)
	if !ok || why.Rule != "errors > 50% over 1s" || time.Since(began) > 20*time.Second {
		t.Fatalf("ended after %v with %v", time.Since(began), err)
	}
	b, openErr := journal.Open(dir)
	if openErr != nil {
		t.Fatal(openErr)
	}
	if o := b.Manifest.Outcome; o.Status != "aborted" || o.Error != err.Error() || !o.Undone || !lifted(t, dir) {
		t.Errorf("outcome is %+v, lifted %v", o, lifted(t, dir))
	}
}
