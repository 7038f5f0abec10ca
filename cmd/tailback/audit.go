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

func newAudit() *cobra.Command {
	var o overrides
	var out, format, stopFile, from string
	var labels []string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "audit FILE",
		Short: "Hang each dependency in turn, to learn its timeout",
		Long: `Audit hangs each dependency in turn at audit.rate for up to audit.horizon, waits
until the site is well again, and goes on to the next. It exits with 0 when
every dependency has a timeout, with 1 when one has none, and with 3 when it
can't be told. With --from it also hangs every other host that the egress saw
the site call in an earlier run, except the site itself.`,
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
			if exp.Audit == nil {
				return usage(fmt.Errorf("audit %s: it has no audit section; add one such as audit: {rate: 2, horizon: 30s}", args[0]))
			}
			if note, err := addSeen(exp, from); err != nil {
				return usage(err)
			} else if note != "" {
				tell(cmd.ErrOrStderr(), note)
			}
			if out == "" {
				out = defaultOut(exp.Name + "-audit")
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
			return audit(cmd, exp, out, format)
		},
	}
	o.addFlags(cmd)
	addStopFile(cmd, &stopFile)
	addDryRun(cmd, &dryRun)
	addLabels(cmd, &labels)
	addFormat(cmd, &format)
	cmd.Flags().StringVar(&from, "from", "", "folder, or report.json, of a run whose egress saw what the site calls")
	addOut(cmd, &out, "the report and a bundle of each dependency", "<name>-audit")
	return cmd
}

// addSeen adds the hosts that a run's egress saw to the dependencies that are
// declared, and says which it added, and which it did not see. Without such a run
// it adds none.
func addSeen(exp *configs.Experiment, from string) (note string, err error) {
	if from == "" {
		return "", nil
	}
	if exp.Chaos.Egress.Listen == "" {
		return "", fmt.Errorf(`audit --from %s: hosts that were seen are hung in the egress, and the experiment has none: chaos: {egress: {listen: "127.0.0.1:8888"}}`, from)
	}
	r, err := readReport(from)
	if err != nil {
		return "", err
	}
	if len(r.DependenciesSeen) == 0 {
		return "", fmt.Errorf("audit --from %s: its egress saw no call; run the experiment with the site's http_proxy and https_proxy set to %s", from, exp.Chaos.Egress.Listen)
	}
	added, missing := campaign.AddSeen(exp, r)
	note = "the egress saw no call in " + from + " but to what is declared"
	if added != nil {
		note = "the egress saw calls to " + words.Join(added) + " in " + from + ", which are hung as well"
	}
	if n := int64(len(missing)); n > 0 {
		note += "; " + words.Join(missing) + words.Either(n, " was", " were") + " not among them: " +
			words.Either(n, "it does", "they do") + " not go through the egress, or that run did not call " + words.Either(n, "it", "them")
	}
	return note, nil
}

func audit(cmd *cobra.Command, exp *configs.Experiment, out, format string) error {
	ctx := cmd.Context()
	progress := newProgress(cmd.ErrOrStderr(), exp.Name)
	a, err := campaign.Audit(ctx, exp, out, campaign.AuditProgress{
		Begin: func(dependency string, number, of int) {
			progress.begin(fmt.Sprintf("dependency %d of %d", number, of), dependency)
		},
		Watch: progress.show, Wait: progress.wait,
	})
	progress.clear()
	if err != nil {
		err = failed(ctx, err)
	}
	if a == nil {
		return err
	}
	leaveForCI(cmd, out, ci.OfAudit(a))
	return finish(cmd, a.ExitCode, err, func(w io.Writer) error {
		return errors.Join(auditForms[format](w, a), namePage(w, out, format))
	})
}

// auditForms are how an audit is printed.
var auditForms = map[string]func(io.Writer, *reports.Audit) error{"text": render.AuditText, "json": render.AuditJSON, "html": render.AuditHTML,
	"junit":    func(w io.Writer, a *reports.Audit) error { return ci.JUnit(w, ci.OfAudit(a)) },
	"markdown": func(w io.Writer, a *reports.Audit) error { return ci.Markdown(w, ci.OfAudit(a)) }}
