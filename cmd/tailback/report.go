package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/ci"
	"github.com/tailback/tailback/reports/journal"
)

func newReport() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Write the report of a bundle again, from the bundle alone",
		Long: `Report analyses the bundle in DIR, writes report.json, report.html, card.svg
and what CI reads into it, and prints the report. The same bundle gives the same
bytes. It exits as the run did. Of the folder of an audit or a search for the
capacity it writes report.html and prints the report again, from its
report.json; each run in it is a bundle of its own.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := knownFormat(format); err != nil {
				return err
			}
			if journal.BeingWritten(args[0]) {
				return failed(cmd.Context(), fmt.Errorf("report %s: its run, audit or search still goes on; wait for its end, or end it in good order with: touch %s", args[0], filepath.Join(args[0], stopName)))
			}
			if audit, found, err := campaign.Rewrite(args[0]); audit != nil || found != nil || err != nil {
				return again(cmd, args[0], audit, found, err, format)
			}
			r, err := campaign.WriteReports(args[0])
			if err != nil {
				err = failed(cmd.Context(), err)
			}
			if r == nil {
				return err
			}
			c, unread := campaign.Compared(args[0]) // what it was compared with when it was made is not compared again
			if unread != nil {
				tell(cmd.ErrOrStderr(), "tailback: "+unread.Error())
			}
			writeForCI(cmd, args[0], suiteOf(r, c))
			return finish(cmd, withComparison(r.ExitCode, c), err, func(w io.Writer) error { return printRun(cmd, w, r, c, format) })
		},
	}
	addFormat(cmd, &format)
	return cmd
}

// again prints the report of an audit or a search that was written again.
func again(cmd *cobra.Command, dir string, audit *reports.Audit, found *reports.Capacity, err error, format string) error {
	if err != nil {
		err = failed(cmd.Context(), err)
	}
	switch {
	case audit != nil:
		writeForCI(cmd, dir, ci.OfAudit(audit))
		return finish(cmd, audit.ExitCode, err, func(w io.Writer) error { return auditForms[format](w, audit) })
	case found != nil:
		writeForCI(cmd, dir, ci.OfCapacity(found))
		return finish(cmd, found.ExitCode, err, func(w io.Writer) error { return capacityForms[format](w, found) })
	}
	return err
}

var formats = []string{"text", "json", "html", "junit", "markdown"}

func addFormat(cmd *cobra.Command, format *string) {
	cmd.Flags().StringVar(format, "format", "text", "of what is printed: "+strings.Join(formats, ", "))
}

func knownFormat(format string) error {
	if !slices.Contains(formats, format) {
		return usage(fmt.Errorf("read --format %q: it is one of %s", format, strings.Join(formats, ", ")))
	}
	return nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
