package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/ci"
	"github.com/tailback/tailback/reports/compare"
	"github.com/tailback/tailback/reports/render"
)

// baseline is an earlier run that a new one is held against; the zero one is none.
type baseline struct {
	report []byte // its report.json, byte by byte
	run    compare.Run
}

// readBaseline reads the run in a folder, before another is begun: that it is none
// must not show only when the other is over. Of no folder it is none.
func readBaseline(dir string) (b baseline, err error) {
	if dir == "" {
		return b, nil
	}
	if b.run, err = campaign.ReadRun(dir); err != nil {
		return b, fmt.Errorf("run --baseline %s: %w", dir, err)
	}
	if b.report, err = campaign.ReadBaseline(dir); err != nil {
		return b, fmt.Errorf("run --baseline %s: %w", dir, err)
	}
	return b, nil
}

// compare holds the run in out against the baseline, and leaves comparison.json
// there. It is nil without a baseline. The error is that of the run, which is not
// lost by it, and what went wrong here.
func (b baseline) compare(ctx context.Context, out string, r *reports.Report, of error) (*reports.Comparison, error) {
	if b.report == nil {
		return nil, of
	}
	run, err := campaign.RunOf(out, r)
	if err != nil {
		return nil, errors.Join(of, failed(ctx, err))
	}
	c := compare.Compare([]compare.Run{b.run}, []compare.Run{run},
		compare.Options{MinEffect: compare.UsualMinEffect, Significance: compare.UsualSignificance})
	if err := campaign.WriteComparison(out, c, b.run.Report, run.Report); err != nil {
		return c, errors.Join(of, failed(ctx, err))
	}
	return c, of
}

// withComparison is what a run exits with: by its own verdict first.
func withComparison(code int, c *reports.Comparison) int {
	if code == exitOK && c != nil {
		return c.ExitCode
	}
	return code
}

// suiteOf is what CI reads of a run, and of what it was compared with, if that is not nil.
func suiteOf(r *reports.Report, c *reports.Comparison) *ci.Suite {
	s := ci.OfRun(r)
	if c != nil {
		s.Against(c)
	}
	return s
}

// printRun prints a run's report, and what it was compared with, if that is not nil.
func printRun(cmd *cobra.Command, w io.Writer, r *reports.Report, c *reports.Comparison, format string) error {
	switch format {
	case "json":
		return render.JSON(w, r)
	case "html":
		return render.HTML(w, r)
	case "junit":
		return ci.JUnit(w, suiteOf(r, c))
	case "markdown":
		return ci.Markdown(w, suiteOf(r, c))
	}
	text := render.Text
	if colours(cmd, w) {
		text = render.TextColor
	}
	return errors.Join(text(w, r), printCompared(cmd, w, c))
}

// printCompared prints what a run was compared with behind its report, for people:
// what programs read is in comparison.json.
func printCompared(cmd *cobra.Command, w io.Writer, c *reports.Comparison) error {
	if c == nil {
		return nil
	}
	if _, err := fmt.Fprintln(w, "Compared with the baseline:"); err != nil {
		return err
	}
	return render.ComparisonText(w, c, render.Look{Color: colours(cmd, w), All: given(cmd, "verbose")})
}
