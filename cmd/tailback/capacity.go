package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/ci"
	"github.com/tailback/tailback/reports/render"
	"github.com/tailback/tailback/reports/words"
)

func newCapacity() *cobra.Command {
	var o overrides
	var out, format, stopFile string
	var labels []string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "capacity FILE",
		Short: "Find the highest rate that the site carries, also under faults",
		Long: `Capacity looks for the highest rate that meets capacity.objective, to 5%,
without a fault and then under each of capacity.faults. A trial is an ordinary
run in a folder of its own; one that grows the queue does not hold, even if it
ended before the queue was full. Between trials it waits until the site is well
again.`,
		Args: cobra.ExactArgs(1),
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
			if exp.Capacity == nil {
				return usage(fmt.Errorf("capacity %s: it has no capacity; add one, such as capacity: {from: 1, to: 200, objective: \"errors < 1%%, p95 < 1s\"}", args[0]))
			}
			if out == "" {
				out = defaultOut(exp.Name + "-capacity")
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
			return capacity(cmd, exp, out, format)
		},
	}
	o.addFlags(cmd)
	addStopFile(cmd, &stopFile)
	addDryRun(cmd, &dryRun)
	addLabels(cmd, &labels)
	addFormat(cmd, &format)
	addOut(cmd, &out, "the report and the trials", "<name>-capacity")
	return cmd
}

func capacity(cmd *cobra.Command, exp *configs.Experiment, out, format string) error {
	found, err := campaign.Capacity(cmd.Context(), exp, out, capacityProgress(cmd.ErrOrStderr(), exp.Name))
	if err != nil {
		err = failed(cmd.Context(), err)
	}
	if found == nil {
		return err
	}
	leaveForCI(cmd, out, ci.OfCapacity(found))
	return finish(cmd, found.ExitCode, err, func(w io.Writer) error {
		return errors.Join(capacityForms[format](w, found), namePage(w, out, format))
	})
}

// capacityForms are how a search's result is printed.
var capacityForms = map[string]func(io.Writer, *reports.Capacity) error{"text": render.CapacityText, "json": render.CapacityJSON, "html": render.CapacityHTML,
	"junit":    func(w io.Writer, c *reports.Capacity) error { return ci.JUnit(w, ci.OfCapacity(c)) },
	"markdown": func(w io.Writer, c *reports.Capacity) error { return ci.Markdown(w, ci.OfCapacity(c)) }}

// capacityProgress prints a line a trial, once it is over: its rate, and what came of it.
func capacityProgress(w io.Writer, name string) campaign.CapacityProgress {
	p, trial := newProgress(w, name), ""
	p.trial = true
	return campaign.CapacityProgress{
		Begin: func(fault string, rateHz, seconds float64) {
			if trial = fmt.Sprintf("%s for %s", words.Asked(rateHz), words.Span(seconds)); fault != "" {
				trial = fault + ": " + trial
			}
			p.begin(trial, "")
		},
		Watch: p.show,
		End:   func(result string) { p.say("", trial+": "+result) },
		Wait:  p.wait,
	}
}
