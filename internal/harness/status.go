package harness

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/guards"
	"github.com/tailback/tailback/reports/journal"
)

// Status is how far a run has come.
type Status struct {
	Elapsed, Total time.Duration    // of the phases; answers may still come in after Total
	Phase          string           // "" after the last
	Ended          int64            // hits answered or given up
	OK             int64            // of these
	Bad            map[string]int64 // of the others, by status, or by class where there was none
	Waiting        int64            // hits sent and not ended
	Faults         []journal.Fault  // in force now, in the order of applying
	Onset          *Onset           // nil when there was none yet
	Began          []Began          // phases, since the Status before
	Changes        []journal.Event  // faults applied and lifted, since the Status before
	LoggingIn      *LoggingIn       // the run has not begun yet; nil when it has, and all else is zero before
}

// LoggingIn is how far the logins are that come before a run.
type LoggingIn struct {
	Done, Of int           // sessions
	Takes    time.Duration // at least, all of them
}

// Began is a phase, and when it began, since T0.
type Began struct {
	Phase string
	At    time.Duration
}

// Onset is the first gateway error since a fault was last applied, or where none
// was, since the run began.
type Onset struct {
	Code  int32         // 502, 503 or 504
	At    time.Duration // since T0
	Fault *OnsetFault   // nil when none was in force
}

// OnsetFault is the fault that was applied last before an onset.
type OnsetFault struct {
	Dependency, Kind string
	After            time.Duration // of the onset, since the fault was applied
}

// counts are what a Status and the outcome are made of; hits are recorded from many goroutines.
type counts struct {
	ended, ok atomic.Int64
	stuck     atomic.Bool   // a fault could not be shown to be lifted
	stopped   atomic.Int64  // when enough was known, since T0, ns; 0 is never
	end       time.Duration // when the last of the traffic and the faults was over, since T0

	mu      sync.Mutex // of what follows
	bad     map[string]int64
	faults  []journal.Event // of applying those in force
	changes []journal.Event
	onset   *Onset
	shown   time.Duration // when the last Status was made; 0 is never
}

func (n *counts) hit(h journal.Hit) {
	if h.Class.Ours() {
		return
	}
	n.ended.Add(1)
	if h.Class == journal.ClassOK {
		n.ok.Add(1)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bad == nil {
		n.bad = map[string]int64{}
	}
	n.bad[badName(h)]++
	if n.onset == nil && h.Class == journal.ClassStatus && h.Code >= 502 && h.Code <= 504 {
		n.began(h)
	}
}

// badName is what a hit that was not answered well is counted under.
func badName(h journal.Hit) string {
	if h.Class == journal.ClassStatus {
		return strconv.Itoa(int(h.Code))
	}
	return strings.ReplaceAll(h.Class.String(), "_", " ")
}

// began takes a gateway error for the first, unless it came before the fault that
// is in force. n.mu is locked.
func (n *counts) began(h journal.Hit) {
	o := &Onset{Code: h.Code, At: h.Done}
	if len(n.faults) > 0 {
		last := n.faults[len(n.faults)-1]
		if o.Fault = (&OnsetFault{last.Fault.Dependency, last.Fault.Kind, h.Done - time.Duration(last.AtNS)}); o.Fault.After < 0 {
			return
		}
	}
	n.onset = o
}

func (n *counts) event(e journal.Event) {
	if e.Kind != journal.FaultApplied && e.Kind != journal.FaultLifted {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changes = append(n.changes, e)
	if e.Kind == journal.FaultApplied {
		n.faults, n.onset = append(n.faults, e), nil
		return
	}
	n.faults = slices.DeleteFunc(n.faults, func(applied journal.Event) bool { return applied.Fault.Index == e.Fault.Index })
	if u := e.Fault.UndoConfirmed; u != nil && !*u {
		n.stuck.Store(true)
	}
}

// status is how far the run has come since the one before.
func (n *counts) status(exp *configs.Experiment, elapsed time.Duration, waiting int64) Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := Status{Elapsed: max(elapsed, 0), Total: exp.Duration(), Ended: n.ended.Load(), OK: n.ok.Load(), Bad: maps.Clone(n.bad), Waiting: waiting, Onset: n.onset, Changes: n.changes}
	for i, p := range exp.Phases {
		if elapsed >= exp.Start(i) && elapsed < exp.Start(i+1) {
			s.Phase = p.Name
		}
		if exp.Start(i) <= s.Elapsed && (n.shown == 0 || exp.Start(i) > n.shown) {
			s.Began = append(s.Began, Began{p.Name, exp.Start(i)})
		}
	}
	for _, e := range n.faults {
		s.Faults = append(s.Faults, *e.Fault)
	}
	n.changes, n.shown = nil, max(elapsed, 1)
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
