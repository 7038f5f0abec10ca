package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/ci"
	"github.com/tailback/tailback/reports/compare"
	"github.com/tailback/tailback/reports/pages"
	"github.com/tailback/tailback/reports/render"
)

func newCompare() *cobra.Command {
	var sides comparedSides
	var o compare.Options
	var format, out string
	cmd := &cobra.Command{
		Use:   "compare BEFORE AFTER",
		Short: "Compare runs before and after a change: what became worse",
		Long: `Compare holds a run after a change against one before it, by their folders:
quantiles of good answers, error ratios, when errors began and when the site was
well again, of each phase and request, and what the runs tell of the site. Each
figure is improved, worse, changed, the same, or can't be told; and so is the
whole, which is worse when one figure is. Of several runs a side
(--before A --before B --after C --after D) what differs between runs as such is
taken into account, from three a side on.

It exits with 0 when the whole is the same or improved, with 1 when it is worse,
and with 3 when it can't be told: where the experiments differ such that part of
what was asked can't be compared, where a run was cut short, or where nothing
changed and of a phase not one figure can be told.`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := knownFormat(format); err != nil {
				return err
			}
			if err := sides.take(args); err != nil {
				return usage(err)
			}
			if err := checkOptions(o); err != nil {
				return usage(err)
			}
			before, err := readRuns(sides.before)
			if err != nil {
				return usage(err)
			}
			after, err := readRuns(sides.after)
			if err != nil {
				return usage(err)
			}
			c := compare.Compare(before, after, o)
			if out != "" {
				err = leaveComparison(out, c, before[0].Report, after[0].Report)
			}
			if err != nil {
				err = failed(cmd.Context(), err)
			}
			return finish(cmd, c.ExitCode, err, func(w io.Writer) error {
				return printComparison(cmd, w, c, before[0].Report, after[0].Report, format)
			})
		},
	}
	cmd.Flags().StringArrayVar(&sides.before, "before", nil, "`folder` of a run before the change (repeatable, in place of BEFORE)")
	cmd.Flags().StringArrayVar(&sides.after, "after", nil, "`folder` of a run after it (repeatable, in place of AFTER)")
	cmd.Flags().Float64Var(&o.MinEffect, "min-effect", compare.UsualMinEffect, "smallest change worth telling, as a `ratio` of what was before")
	cmd.Flags().Float64Var(&o.Significance, "significance", compare.UsualSignificance, "`ratio` of comparisons of alike sides that may tell them apart, over all figures together")
	cmd.Flags().StringVarP(&out, "out", "o", "", "`folder` for comparison.json and comparison.html; must be absent or empty (by default nothing is left)")
	addFormat(cmd, &format)
	return cmd
}

// printComparison prints a comparison in a format that is known; the pictures of a page
// are of these two runs.
func printComparison(cmd *cobra.Command, w io.Writer, c *reports.Comparison, before, after *reports.Report, format string) error {
	switch format {
	case "json":
		return render.ComparisonJSON(w, c)
	case "html":
		return pages.Comparison(w, c, before, after)
	case "junit":
		return ci.JUnit(w, ci.OfComparison(c))
	case "markdown":
		return ci.Markdown(w, ci.OfComparison(c))
	}
	return render.ComparisonText(w, c, render.Look{Color: colours(cmd, w), All: given(cmd, "verbose")})
}

// comparedSides are the folders of the runs to compare.
type comparedSides struct{ before, after []string }

// take adds the two folders that were given without a flag, and checks that each
// side has one, and no run is on both or twice.
func (s *comparedSides) take(args []string) error {
	switch {
	case len(args) == 2:
		s.before, s.after = append(s.before, args[0]), append(s.after, args[1])
	case len(args) == 1:
		return fmt.Errorf("compare: %s is one folder; name that of a run before the change and that of one after it", args[0])
	}
	if len(s.before) == 0 || len(s.after) == 0 {
		return errors.New("compare: name the folder of a run before the change and that of one after it: tailback compare BEFORE AFTER")
	}
	seen := map[string]string{}
	for _, dir := range slices.Concat(s.before, s.after) {
		place, err := filepath.EvalSymlinks(dir)
		if err == nil {
			place, err = filepath.Abs(place)
		}
		if err != nil {
			continue // told when it is read
		}
		if other, twice := seen[place]; twice {
			return fmt.Errorf("compare: %s and %s are the same run; name two", other, dir)
		}
		seen[place] = dir
	}
	return nil
}

func checkOptions(o compare.Options) error {
	if !(o.MinEffect >= 0 && o.MinEffect <= 1) {
		return fmt.Errorf("compare: --min-effect %g: it is a ratio from 0 to 1, as in 0.05 for 5%%", o.MinEffect)
	}
	if !(o.Significance >= 1e-6 && o.Significance <= 0.5) {
		return fmt.Errorf("compare: --significance %g: it is a ratio from 0.000001 to 0.5, as in 0.05 for 5%%", o.Significance)
	}
	return nil
}

// readRuns reads the runs of a side; all that can't be read are told.
func readRuns(dirs []string) (runs []compare.Run, err error) {
	for _, dir := range dirs {
		run, one := campaign.ReadRun(dir)
		runs, err = append(runs, run), errors.Join(err, one)
	}
	return runs, err
}

// leaveComparison writes comparison.json and comparison.html into a folder of its own.
func leaveComparison(dir string, c *reports.Comparison, before, after *reports.Report) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("write comparison: %s is not empty; name another folder with --out", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write comparison: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return campaign.WriteComparison(dir, c, before, after)
}
