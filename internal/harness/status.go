package harness

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/guards"
	"github.com/tailback/tailback/reports/journal"
)

// Status is how far a run has come.
type Status struct {
	Elapsed, Total time.Duration // of the phases; answers may still come in after Total
	Phase          string        // "" after the last
	Ended          int64         // hits answered or given up
	OK             int64         // of these
	Waiting        int64         // hits sent and not ended
	Faults         int64         // in force now
}

// counts are what a Status and the outcome are made of; hits are recorded from many goroutines.
type counts struct {
	ended, ok, faults atomic.Int64
	stuck             atomic.Bool   // a fault could not be shown to be lifted
	stopped           atomic.Int64  // when enough was known, since T0, ns; 0 is never
	end               time.Duration // when the last of the traffic and the faults was over, since T0
}

func (n *counts) hit(h journal.Hit) {
	if h.Class.Ours() {
		return
	}
	n.ended.Add(1)
	if h.Class == journal.ClassOK {
		n.ok.Add(1)
	}
}

func (n *counts) event(e journal.Event) {
	switch e.Kind {
	case journal.FaultApplied:
		n.faults.Add(1)
	case journal.FaultLifted:
		n.faults.Add(-1)
		if u := e.Fault.UndoConfirmed; u != nil && !*u {
			n.stuck.Store(true)
		}
	}
}

func (n *counts) status(exp *configs.Experiment, elapsed time.Duration, waiting int64) Status {
	s := Status{Elapsed: max(elapsed, 0), Total: exp.Duration(), Ended: n.ended.Load(), OK: n.ok.Load(), Waiting: waiting, Faults: n.faults.Load()}
	for i, p := range exp.Phases {
		if elapsed >= exp.Start(i) && elapsed < exp.Start(i+1) {
			s.Phase = p.Name
		}
	}
	return s
}

// each calls f every so often, until ctx is done or f fails, and returns f's error.
func each(ctx context.Context, every time.Duration, f func() error) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := f(); err != nil {
				return err
			}
		}
	}
}

func outcome(ctx context.Context, err error, n *counts) journal.Outcome {
	o := journal.Outcome{EndNS: int64(n.end), Status: "complete", StoppedNS: n.stopped.Load(), Undone: !n.stuck.Load()}
	if err == nil {
		return o
	}
	o.Error = err.Error()
	_, aborted := errors.AsType[*guards.Aborted](err)
	switch {
	case aborted:
		o.Status = "aborted"
	case ctx.Err() != nil:
		o.Status = "interrupted"
	default:
		o.Status = "failed"
	}
	return o
}
