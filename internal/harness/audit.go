package harness

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// enough says when a run may end because it knows enough. It is asked of each
// hit and event, from many goroutines at once; nil never knows.
type enough struct {
	hit   func(journal.Hit) bool
	event func(journal.Event) bool
}

func (k enough) byHit(h journal.Hit) bool     { return k.hit != nil && k.hit(h) }
func (k enough) byEvent(e journal.Event) bool { return k.event != nil && k.event(e) }

// Audited is one dependency's part of an audit.
type Audited struct {
	Dependency string
	Dir        string // its bundle
	Err        error  // why it could not be run to its end
}

// Audit hangs each dependency that is behind a proxy, or the egress, in turn, in the file's
// order, at the experiment's audit.rate and for up to audit.horizon. Each is an
// ordinary run with a bundle of its own, in dir/<dependency>. A run ends as soon
// as it knows how long the site waits; before the next one the site must answer
// well again. done, if not nil, is called after each. The error is ctx's, with ErrStuck
// if that is so of the part that it ended, or why nothing could be audited.
func Audit(ctx context.Context, exp *configs.Experiment, dir string, watch func(Status), done func(Audited)) error {
	if exp.Audit == nil {
		return errors.New("audit: the experiment has no audit section; add one such as audit: {rate: 2, horizon: 30s}")
	}
	begun := false
	for _, name := range audited(exp) {
		one := Audited{Dependency: name, Dir: filepath.Join(dir, name)}
		part := auditOf(exp, name)
		one.Err = away(ctx, part, name)
		if begun && one.Err == nil {
			one.Err = awaitWell(ctx, part)
		}
		begun = true
		if one.Err == nil {
			k := &knowing{dependency: name}
			one.Err = runUntil(ctx, part, one.Dir, watch, enough{k.hit, k.event})
		}
		if done != nil {
			done(one)
		}
		switch {
		case ctx.Err() != nil && errors.Is(one.Err, ErrStuck):
			return one.Err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
	}
	if !begun {
		return errors.New("audit: no dependency has a listen and an upstream address, or a host; give them to each one that is to be hung, or name a run that saw some: --from DIR")
	}
	return nil
}

// away says at once that a host can't be reached: one that a run saw may be gone by
// now, and no site would get well by waiting for it.
func away(ctx context.Context, exp *configs.Experiment, dependency string) error {
	for i, d := range exp.Dependencies {
		if d.Name == dependency && d.Host != "" {
			return reach(ctx, exp, i)
		}
	}
	return nil
}

// audited names the dependencies that an audit hangs: those behind a proxy.
func audited(exp *configs.Experiment) []string {
	var names []string
	for _, d := range exp.Dependencies {
		if d.Host != "" || d.Listen != "" && d.Upstream != "" {
			names = append(names, d.Name)
		}
	}
	return names
}

// The phases of an audit besides the hang.
const (
	auditBaseline = 5 * time.Second
	auditHits     = 12 // a baseline has at least so many
	auditRecovery = 5 * time.Second
	awaitBound    = 2 * time.Minute
)

// auditOf is the experiment for one dependency.
func auditOf(exp *configs.Experiment, dependency string) *configs.Experiment {
	part := *exp
	rate := configs.Rate{From: exp.Audit.Rate, To: exp.Audit.Rate}
	baseline := max(auditBaseline, time.Duration(auditHits/exp.Audit.Rate*float64(time.Second)).Round(time.Millisecond))
	part.Name, part.Capacity, part.Audit, part.Objectives, part.AbortWhen = exp.Name+"-"+dependency, nil, nil, nil, nil
	// Other hosts pass the egress undeclared as well; one that is away must not spoil this part.
	part.Dependencies = slices.DeleteFunc(slices.Clone(exp.Dependencies), func(d configs.Dependency) bool {
		return d.Host != "" && d.Upstream == "" && d.Name != dependency
	})
	part.Phases = []configs.Phase{
		{Name: "baseline", Duration: baseline, Rate: &rate},
		{Name: "hang", Duration: exp.Audit.Horizon, Rate: &rate,
			Faults: []configs.Fault{{Dependency: dependency, Hang: &configs.Hang{}, For: exp.Audit.Horizon, Share: 1}}},
		{Name: "recovery", Duration: auditRecovery, Rate: &rate},
	}
	return &part
}

// awaitWell waits until the site answers well through idle proxies, for a bounded time.
func awaitWell(ctx context.Context, exp *configs.Experiment) error {
	for end := time.Now().Add(awaitBound); ; {
		unexpected, err := Preflight(ctx, exp)
		if err == nil && unexpected == "" {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("audit: the site did not answer well again within %v after the last dependency: %w", awaitBound, errors.Join(err, errors.New(unexpected)))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

// knowing watches a hang until it knows how long the site waits, or that the
// dependency is not called at all.
type knowing struct {
	dependency string

	mu       sync.Mutex
	applied  time.Duration // 0 is not yet
	lifted   bool
	usual    time.Duration // the longest good answer so far, before the hang
	waits    []time.Duration
	answered int // slow answers by the application
	broken   int // answers of a gateway whose worker broke off
	called   bool
}

// What it takes to know. Retries show once some requests have gone through all
// of their tries: those of a request with one try long before patience is over.
const (
	enoughWaits   = 3
	enoughAnswers = 12
	enoughBroken  = 3
	enoughIdle    = 5
	patience      = 12 // waits as long as the timeout, for the visitors' answers
	leastPatience = 10 * time.Second
)

func (k *knowing) event(e journal.Event) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case e.Kind == journal.FaultApplied:
		k.applied = time.Duration(e.AtNS)
	case e.Kind == journal.FaultLifted:
		k.lifted = true
	case e.Connection != nil && e.Connection.Waiting && e.Connection.ClosedBy == "site" && e.Connection.HeldNS != nil:
		k.waits = append(k.waits, time.Duration(*e.Connection.HeldNS))
	case e.Usage != nil && e.Usage.Dependency == k.dependency && k.applied > 0 && e.Usage.Waiting > 0:
		k.called = true
	}
	return k.knows(time.Duration(e.AtNS))
}

func (k *knowing) hit(h journal.Hit) bool {
	if h.Class.Ours() {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	good := h.Class == journal.ClassOK
	switch {
	case k.applied == 0:
		if good {
			k.usual = max(k.usual, h.Service())
		}
	case h.Due < k.applied || h.Service() <= k.usual+100*time.Millisecond:
	case h.Class == journal.ClassStatus && h.Code == 502 && h.Answerer != journal.AnswererApp:
		k.broken++
	case good || h.Class == journal.ClassStatus && h.Code != 504 || h.Class == journal.ClassBody:
		k.answered++
	}
	return k.knows(h.Done)
}

// knows reports whether enough is known at a moment of the run. k.mu is locked.
func (k *knowing) knows(at time.Duration) bool {
	if k.applied == 0 || k.lifted {
		return false
	}
	under := at - k.applied
	if k.broken >= enoughBroken && len(k.waits) >= enoughBroken {
		return true
	}
	if len(k.waits) < enoughWaits {
		return !k.called && len(k.waits) == 0 && under > enoughIdle*time.Second
	}
	least, same := k.waits[0], 0
	for _, w := range k.waits {
		least = min(least, w)
	}
	for _, w := range k.waits {
		if w <= least+least/20+20*time.Millisecond {
			same++
		}
	}
	return same >= enoughWaits && 2*same >= len(k.waits) && (k.answered >= enoughAnswers || under > max(patience*least, leastPatience))
}
