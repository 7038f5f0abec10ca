package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
)

const runLong = `Run drives the experiment's traffic, plays its faults and reports what
happened. It exits with 0 when all objectives are met or none are given, with 1
when one is missed, and with 3 when that can't be told. With --baseline it also
compares the run with that one, as tailback compare does, leaves comparison.json
beside the report, and, when the objectives let it, exits as compare does.`

func newRun() *cobra.Command {
	var o overrides
	var out, format, stopFile, against string
	var labels []string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run an experiment: traffic, faults, and a report of what happened",
		Long:  runLong,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := knownFormat(format); err != nil {
				return err
			}
			exp, err := o.load(args[0])
			if err != nil {
				return err
			}
			if err := label(cmd, exp, labels); err != nil {
				return err
			}
			if len(exp.Phases) == 0 {
				return usage(fmt.Errorf("run %s: it has no phases; add at least one", args[0]))
			}
			base, err := readBaseline(against)
			if err != nil {
				return usage(err)
			}
			if out == "" {
				out = defaultOut(exp.Name)
			}
			if dryRun {
				return dry(cmd, exp, out, format)
			}
			if err := foretell(cmd, exp, out); err != nil {
				return err
			}
			done, err := alone(cmd, exp, out, stopFile)
			if err != nil {
				return err
			}
			defer done()
			r, err := conduct(cmd.Context(), newProgress(cmd.ErrOrStderr(), exp.Name), exp, base.report, out)
			if r == nil {
				return err
			}
			c, err := base.compare(cmd.Context(), out, r, err)
			leaveForCI(cmd, out, suiteOf(r, c))
			return finish(cmd, withComparison(r.ExitCode, c), err, func(w io.Writer) error {
				return errors.Join(printRun(cmd, w, r, c, format), namePage(w, out, format))
			})
		},
	}
	o.addFlags(cmd)
	addFormat(cmd, &format)
	cmd.Flags().StringVar(&against, "baseline", "", "`folder` of an earlier run: what became worse or better since is told as well")
	addStopFile(cmd, &stopFile)
	addDryRun(cmd, &dryRun)
	addLabels(cmd, &labels)
	addOut(cmd, &out, "the bundle and the report", "<name>")
	return cmd
}

func defaultOut(name string) string {
	return filepath.Join("tailback-out", name+"-"+time.Now().UTC().Format("20060102T150405Z"))
}

// conduct runs the experiment, shows its progress, and writes the
// reports into the bundle, which keeps the report of the run that it is held
// against, if that is not nil. The report is nil when there was nothing to report
// on; it may come with an error, when the run was cut short or the report could
// not be written.
func conduct(ctx context.Context, progress *progress, exp *configs.Experiment, against []byte, out string) (*reports.Report, error) {
	manifest := filepath.Join(out, "manifest.json")
	other := exists(manifest) // a run that was here before: this one is refused
	err := harness.RunAgainst(ctx, exp, against, out, progress.show)
	progress.clear()
	var r *reports.Report
	if err == nil || !other && exists(manifest) { // else nothing was recorded
		var reportErr error
		r, reportErr = campaign.WriteReports(out)
		err = errors.Join(err, reportErr)
	}
	if err != nil {
		err = failed(ctx, err)
	}
	return r, err
}

// namePage ends a report on a terminal with where its page lies, if it is there.
func namePage(w io.Writer, out, format string) error {
	page := filepath.Join(out, campaign.ReportHTML)
	if format != "text" || !exists(page) {
		return nil
	}
	_, err := fmt.Fprintf(w, "  report: %s\n", page)
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// finish prints a report and returns what the command ends with: the report's
// exit code, and what went wrong besides.
func finish(cmd *cobra.Command, code int, err error, print func(io.Writer) error) error {
	if printErr := print(cmd.OutOrStdout()); printErr != nil {
		err = failed(cmd.Context(), errors.Join(err, fmt.Errorf("print report: %w", printErr)))
	}
	if code != exitOK {
		return &exitError{code, err, true}
	}
	return err
}
