package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/judge"
)

// errCut is why the rest of an audit that was cut short was not done.
var errCut = errors.New("the audit was cut short")

// AuditProgress is told how an audit goes, while it does. All must be set.
type AuditProgress struct {
	Begin func(dependency string, number, of int) // a part begins; the first number is 1
	Watch func(harness.Status)                    // each second of a part
	Wait  func(waited, atMost time.Duration)      // the site is not well yet, before a part
}

// Audit hangs each dependency that is behind a proxy, or the egress, in turn, in
// the file's order, at audit.rate and for up to audit.horizon. Each part is an
// ordinary run, with its bundle and reports in dir/<dependency>; dir must be
// absent or empty. A part ends as soon
// as it knows how long the site waits; before the next one the site must answer
// well again. It leaves report.json and report.html in dir. What was found so
// far comes with the error: ctx's, with harness.ErrStuck if that is so of the
// part that it ended, or why the reports can't be written. The audit is nil when
// nothing could be audited.
func Audit(ctx context.Context, exp *configs.Experiment, dir string, progress AuditProgress) (*reports.Audit, error) {
	if exp.Audit == nil {
		return nil, errors.New("audit: the experiment has no audit section; add one such as audit: {rate: 2, horizon: 30s}")
	}
	names := Audited(exp)
	if len(names) == 0 {
		return nil, errors.New("audit: no dependency has a listen and an upstream address, or a host; give them to each one that is to be hung, or name a run that saw some: --from DIR")
	}
	held, err := begin(reports.KindAudit, dir)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	begun := time.Now()
	var parts []judge.AuditPart
	var cut error
	for i, name := range names {
		if cut != nil {
			parts = append(parts, judge.AuditPart{Dependency: name, Err: errCut})
			continue
		}
		progress.Begin(name, i+1, len(names))
		part := runPart(ctx, exp, name, dir, i > 0, progress)
		switch {
		case ctx.Err() != nil && errors.Is(part.Err, harness.ErrStuck):
			cut = part.Err
		case ctx.Err() != nil:
			cut = context.Cause(ctx)
		}
		parts = append(parts, part)
	}
	rate := exp.Audit.Rate
	if steps := exp.MeanSteps(); steps > 0 {
		rate *= steps // budgets are of requests
	}
	a := analysis.Audit(rate, exp.Audit.Horizon.Seconds(), parts)
	if len(exp.Visits) > 0 {
		a.VisitRateHz = new(exp.Audit.Rate)
	}
	return a, errors.Join(cut, describe(ctx, &a.Campaign, reports.KindAudit, exp, begun, cut), leaveAudit(dir, a))
}

// runPart runs one dependency's part into a folder of dir, and writes its
// reports there. A later part begins once the site is well again.
func runPart(ctx context.Context, exp *configs.Experiment, dependency, dir string, later bool, progress AuditProgress) judge.AuditPart {
	part := judge.AuditPart{Dependency: dependency, Bundle: dependency}
	dir = filepath.Join(dir, part.Bundle)
	one := auditOf(exp, dependency)
	part.Err = away(ctx, one, dependency)
	if part.Err == nil && later {
		part.Err = awaitWell(ctx, one, progress.Wait)
	}
	if part.Err == nil {
		k := &knowing{}
		part.Err = harness.RunUntil(ctx, one, dir, progress.Watch, harness.Enough{Hit: k.hit, Event: k.event})
	}
	if !recorded(dir) {
		return part // there is nothing to report on
	}
	var err error
	part.Report, err = WriteReports(dir)
	part.Err = errors.Join(part.Err, err)
	return part
}

// recorded reports whether a run has begun its bundle in dir.
func recorded(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, "manifest.json"))
	return err == nil
}

// away says at once that a host can't be reached: one that a run saw may be gone by
// now, and no site would get well by waiting for it.
func away(ctx context.Context, exp *configs.Experiment, dependency string) error {
	for i, d := range exp.Dependencies {
		if d.Name == dependency && d.Host != "" {
			return harness.Reach(ctx, exp, i)
		}
	}
	return nil
}

// awaitBound bounds the wait for a site to be well again before the next part.
const awaitBound = 2 * time.Minute

// awaitWell waits until the site answers well through idle proxies, for a bounded time.
func awaitWell(ctx context.Context, exp *configs.Experiment, wait func(waited, atMost time.Duration)) error {
	for begun := time.Now(); ; {
		unexpected, err := harness.Preflight(ctx, exp)
		if err == nil && unexpected == "" {
			return nil
		}
		if time.Since(begun) > awaitBound {
			return fmt.Errorf("audit: the site did not answer well again within %v after the last dependency: %w", awaitBound, errors.Join(err, errors.New(unexpected)))
		}
		wait(time.Since(begun), awaitBound)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}
