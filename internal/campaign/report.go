package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/files"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/judge"
	"github.com/tailback/tailback/reports/render"
)

// experimentFile is the copy of what was asked, in the folder of an audit or a search.
const experimentFile = "experiment.yaml"

// begin makes the folder of a campaign and locks it until what it returns is closed,
// so that others see that it goes on also between its runs. It refuses one that
// holds something: what is there is not ours to mix with.
func begin(kind, dir string) (held *os.File, err error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("begin %s: %s is not empty; name another folder with --out", kind, dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("begin %s: %w", kind, err)
	}
	return journal.Hold(dir), nil
}

// describe fills in what was asked of a campaign, and how it ended: cut is why
// it was cut short, or nil.
func describe(ctx context.Context, c *reports.Campaign, kind string, exp *configs.Experiment, begun time.Time, cut error) error {
	c.Schema, c.Kind, c.ToolVersion = reports.Schema, kind, harness.Version
	c.Name, c.Target, c.Seed, c.Arrivals = exp.Name, exp.Target.Bare(), exp.Seed, exp.Arrivals.Kind
	c.Started, c.DurationS, c.Labels = begun.UTC(), time.Since(begun).Seconds(), exp.Labels
	if c.Labels == nil {
		c.Labels = map[string]string{}
	}
	c.Outcome = reports.OutcomeComplete
	if cut != nil {
		c.Outcome = reports.OutcomeFailed
		if ctx.Err() != nil {
			c.Outcome = reports.OutcomeInterrupted
		}
		judge.Cut(c, errors.Is(cut, harness.ErrStuck))
	}
	asked, err := exp.AsRun()
	if err != nil {
		return fmt.Errorf("write experiment as asked: %w", err)
	}
	c.Experiment = string(asked)
	return nil
}

// leaveAudit writes an audit's reports into its folder.
func leaveAudit(dir string, a *reports.Audit) error {
	return leave(dir, &a.Campaign, a, render.AuditJSON, render.AuditHTML)
}

// leaveCapacity writes a search's reports into its folder.
func leaveCapacity(dir string, c *reports.Capacity) error {
	return leave(dir, &c.Campaign, c, render.CapacityJSON, render.CapacityHTML)
}

// leave writes the reports of a campaign into its folder, and what was asked.
func leave[T any](dir string, c *reports.Campaign, found T, json, html func(io.Writer, T) error) error {
	return errors.Join(
		writeReport(dir, experimentFile, func(w io.Writer) error { _, err := io.WriteString(w, c.Experiment); return err }),
		writeBoth(dir, found, json, html))
}

// unwritten says what can be done with the folder of a campaign that was killed
// before it could write its report: its runs are whole. It returns nil when there is
// none.
func unwritten(dir string) error {
	for _, runs := range []string{"*", "*/*"} {
		if found, _ := filepath.Glob(filepath.Join(dir, runs, "manifest.json")); len(found) > 0 {
			return fmt.Errorf("read report: %s holds the runs of an audit or a search that was killed before it wrote its own report; name one of them, such as %s", dir, filepath.Dir(found[0]))
		}
	}
	return nil
}

// MaxReport bounds what is read of a report.json, in bytes.
const MaxReport = 256 << 20

// Rewrite writes the reports of an audit or a search again, from the report.json
// in its folder: it judged the runs when they were made, and they are not judged
// again. It returns the one that it is; neither, when dir is not the folder of one.
func Rewrite(dir string) (*reports.Audit, *reports.Capacity, error) {
	if recorded(dir) {
		return nil, nil, nil
	}
	text, err := files.Read(dir, ReportJSON, MaxReport)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, unwritten(dir)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read report: %w", err)
	}
	name := filepath.Join(dir, ReportJSON)
	c, err := decoded[reports.Campaign](name, text)
	if err != nil {
		return nil, nil, err
	}
	switch c.Kind {
	case reports.KindAudit:
		a, err := decoded[reports.Audit](name, text)
		if err != nil {
			return nil, nil, err
		}
		return a, nil, leaveAudit(dir, a)
	case reports.KindCapacity:
		found, err := decoded[reports.Capacity](name, text)
		if err != nil {
			return nil, nil, err
		}
		return nil, found, leaveCapacity(dir, found)
	}
	return nil, nil, nil
}

func decoded[T any](name string, text []byte) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(text, v); err != nil {
		return nil, fmt.Errorf("read report %s: %w", name, err)
	}
	return v, nil
}
