package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
)

func newRun() *cobra.Command {
	var o overrides
	var out, format, stopFile string
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run an experiment: traffic, faults, and a report of what happened",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			render, err := renderer(format, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			exp, err := o.load(args[0])
			if err != nil {
				return err
			}
			if len(exp.Phases) == 0 {
				return usage(fmt.Errorf("run %s: it has no phases; add at least one", args[0]))
			}
			if out == "" {
				out = defaultOut(exp.Name)
			}
			done, err := alone(cmd, exp, out, stopFile)
			if err != nil {
				return err
			}
			defer done()
			r, err := conduct(cmd.Context(), cmd, exp, out)
			if r == nil {
				return err
			}
			if renderErr := render(cmd.OutOrStdout(), r); renderErr != nil {
				err = errors.Join(err, failed(cmd.Context(), fmt.Errorf("print report: %w", renderErr)))
			}
			if format == "text" {
				fmt.Fprintf(cmd.OutOrStdout(), "  report: %s\n", filepath.Join(out, reportHTML))
			}
			if r.ExitCode != exitOK {
				return &exitError{r.ExitCode, err}
			}
			return err
		},
	}
	o.addFlags(cmd)
	addFormat(cmd, &format)
	addStopFile(cmd, &stopFile)
	cmd.Flags().StringVar(&out, "out", "", "folder for the bundle and the report; must be absent or empty (default tailback-out/<name>-<UTC time>)")
	return cmd
}

func defaultOut(name string) string {
	return filepath.Join("tailback-out", name+"-"+time.Now().UTC().Format("20060102T150405Z"))
}

// conduct runs the experiment with its progress on stderr, and writes the
// reports into the bundle. The report is nil when there was nothing to report
// on; it may come with an error, when the run was cut short.
func conduct(ctx context.Context, cmd *cobra.Command, exp *configs.Experiment, out string) (*reports.Report, error) {
	progress := newProgress(cmd.ErrOrStderr(), exp.Name)
	runErr := tailback.Run(ctx, exp, out, progress.show)
	progress.clear()
	if runErr != nil {
		runErr = failed(ctx, runErr)
	}
	if _, err := os.Stat(filepath.Join(out, "manifest.json")); runErr != nil && err != nil {
		return nil, runErr // nothing was recorded
	}
	r, err := writeReports(out)
	if err != nil {
		return nil, errors.Join(runErr, failed(ctx, err))
	}
	return r, runErr
}

// verdict turns the report's exit code into an error, or nil for 0.
func verdict(r *reports.Report) error {
	if r.ExitCode == exitOK {
		return nil
	}
	return &exitError{code: r.ExitCode}
}
