package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/history"
	"github.com/tailback/tailback/reports/render"
	"github.com/tailback/tailback/reports/words"
)

// past is what a command line asks of a history.
type past struct {
	history.Options
	labels       []string
	format       string
	keep         int
	prune        bool
	failOnChange int
}

func newHistory() *cobra.Command {
	var p past
	cmd := &cobra.Command{
		Use:   "history DIR",
		Short: "Many nights side by side: what changed, and since when",
		Long: `History reads the report.json of each run in DIR, and in the folders in it, and
shows each figure night after night: capacity, p99, errors, onset, recovery,
timeouts, budgets. A change that chance would not make is told with the first
night that is otherwise, and its commit. It exits with 0; with 3 when no run can
be read; and with --fail-on-change with 1 when something became worse of late.
More by: tailback help history.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return tellHistory(cmd, args[0], &p) },
	}
	f := cmd.Flags()
	f.StringVar(&p.Name, "name", "", "only the experiment of this name (default all)")
	f.StringArrayVar(&p.labels, "label", nil, "only runs with this label, as in --label branch=main (repeatable)")
	f.StringArrayVar(&p.Figures, "figure", nil, "only this figure: "+words.Or(history.Figures())+" (repeatable)")
	f.Float64Var(&p.MinEffect, "min-effect", 0.05, "smallest change to tell, as a ratio of what was before")
	f.IntVar(&p.failOnChange, "fail-on-change", 0, "exit with 1 if something became worse within the last `N` nights")
	f.IntVar(&p.keep, "keep", 0, "say which runs are older than the newest `N` of their experiment")
	f.BoolVar(&p.prune, "prune", false, "with --keep: remove their folders")
	f.StringVar(&p.format, "format", "text", "of what is printed: "+strings.Join(historyFormats, ", "))
	return cmd
}

var historyFormats = []string{"text", "json", "csv", "markdown"}

// check refuses a command line that asks for what can't be.
func (p *past) check(cmd *cobra.Command) error {
	var err error
	switch {
	case !slices.Contains(historyFormats, p.format):
		err = fmt.Errorf("read --format %q: it is one of %s", p.format, strings.Join(historyFormats, ", "))
	case math.IsNaN(p.MinEffect) || p.MinEffect < 0 || p.MinEffect > 10:
		err = fmt.Errorf("read --min-effect %g: it is a ratio from 0 to 10, as 0.05 for 5%%", p.MinEffect)
	case p.failOnChange < 0:
		err = fmt.Errorf("read --fail-on-change %d: it is a number of nights, as 7", p.failOnChange)
	case cmd.Flags().Changed("keep") && p.keep < 1:
		err = fmt.Errorf("read --keep %d: it is a number of runs, at least 1: the newest never goes", p.keep)
	case p.prune && p.keep < 1:
		err = errors.New("read --prune: it removes what --keep does not keep; add --keep 90")
	}
	for _, figure := range p.Figures {
		if err == nil && !slices.Contains(history.Figures(), figure) {
			err = fmt.Errorf("read --figure %q: it is one of %s", figure, strings.Join(history.Figures(), ", "))
		}
	}
	if err == nil {
		p.Labels, _, err = configs.ReadLabels(p.labels, func(string) string { return "" })
	}
	if err != nil {
		return usage(err)
	}
	return nil
}

func tellHistory(cmd *cobra.Command, dir string, p *past) error {
	if err := p.check(cmd); err != nil {
		return err
	}
	h, err := history.Read(dir, p.Options)
	if err != nil {
		return failed(cmd.Context(), err)
	}
	h.ToolVersion = harness.Version
	write, err := p.writer(cmd, h)
	if err != nil {
		return err
	}
	if p.keep > 0 {
		h.MayGo = history.MayGo(h, p.keep)
	}
	var kept error
	if p.prune {
		if h.Removed, kept = history.Prune(dir, h.MayGo); kept != nil {
			kept = failed(cmd.Context(), kept)
		}
	}
	code := exitOK
	if p.failOnChange > 0 && worseOfLate(h, p.failOnChange) {
		code = exitMissed
	}
	return finish(cmd, code, kept, write)
}

// writer returns what prints the history in the format.
func (p *past) writer(cmd *cobra.Command, h *reports.History) (func(io.Writer) error, error) {
	switch p.format {
	case "json":
		return func(w io.Writer) error { return render.HistoryJSON(w, h) }, nil
	case "markdown":
		return func(w io.Writer) error { return render.HistoryMarkdown(w, h) }, nil
	case "csv":
		names := map[string]bool{}
		for _, n := range h.Nights {
			names[n.Name] = true
		}
		if len(names) > 1 {
			return nil, usage(fmt.Errorf("write CSV: a table is of one experiment, and here are %d; name one with --name, such as --name %q", len(names), h.Nights[len(h.Nights)-1].Name))
		}
		return func(w io.Writer) error { return render.HistoryCSV(w, h, len(p.Figures) > 0) }, nil
	}
	if colours(cmd, cmd.OutOrStdout()) {
		return func(w io.Writer) error { return render.HistoryTextColor(w, h) }, nil
	}
	return func(w io.Writer) error { return render.HistoryText(w, h) }, nil
}

// worseOfLate reports whether the newest change of a series was for the worse, and
// is among the last so many nights of its experiment.
func worseOfLate(h *reports.History, nights int) bool {
	told := map[int]bool{}
	for _, m := range h.Marks { // the newest first
		if told[m.Series] {
			continue
		}
		told[m.Series] = true
		since := 0
		for _, n := range h.Nights[m.Night:] {
			if n.Name == h.Series[m.Series].Name {
				since++
			}
		}
		if m.Change == reports.Worse && since <= nights {
			return true
		}
	}
	return false
}
