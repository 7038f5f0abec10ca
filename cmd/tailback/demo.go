package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/ci"
	"github.com/tailback/tailback/reports/words"
)

// The demo's site and load: the article's four workers, each request 0.1 s of
// its own work, 8 requests a second.
const (
	demoWorkers = 4
	demoWork    = 100 * time.Millisecond
	demoRate    = 8.0
)

// demoRun is one of the demo's three runs: the timeout that the site's code
// gives its call to payments.
type demoRun struct {
	timeout time.Duration // 0 is none
	label   string
	dir     string // in the demo's folder
}

var demoRuns = []demoRun{
	{0, "none", "no-timeout"},
	{time.Second, "1 s   (what people ship)", "timeout-1s"},
	{350 * time.Millisecond, "0.35 s (inside the budget)", "timeout-350ms"},
}

func newDemo() *cobra.Command {
	var kind, out string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a site go down with 502s, and the timeout that saves it",
		Long: `Demo starts the staging site and runs one experiment on it three times: with no
timeout on its call to payments, with 1 s, and with a timeout inside the budget.
It takes about 65 seconds and needs nothing but this program; --site php-fpm
uses real nginx and php-fpm. It exits 0 when all three runs are conclusive,
though two of them show a site that fails.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				out = defaultOut("demo")
			}
			return demo(cmd, kind, out)
		},
	}
	addSite(cmd, &kind)
	addOut(cmd, &out, "the three bundles", "demo")
	return cmd
}

func demo(cmd *cobra.Command, kind, out string) error {
	ctx, w := cmd.Context(), cmd.OutOrStdout()
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return failed(ctx, fmt.Errorf("write demo to %s: it is not empty; name another folder with --out", out))
	}
	proxy, err := ports.Reserve("127.0.0.1:0")
	if err != nil {
		return failed(ctx, err)
	}
	defer proxy.Close()
	o := staging.Options{Workers: demoWorkers, Dependency: proxy.Addr}
	if kind == sitePHPFPM {
		o.Status = staging.StatusApart // no other has one
	}
	site, err := startSite(ctx, kind, o)
	if err != nil {
		return err
	}
	defer site.Close()
	about := fmt.Sprintf("staging site (%s): %d workers, %v of work a request, %g requests/s; payments hangs", kind, demoWorkers, demoWork, demoRate)
	fmt.Fprint(w, words.Paragraph("", "  ", about, words.Columns), "\n")

	var results []*reports.Report
	for i, run := range demoRuns {
		r, err := runDemo(ctx, cmd, i, site, proxy.Addr, filepath.Join(out, run.dir))
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	printDemo(w, results)
	fmt.Fprintf(w, "\n  reports: %s\n", filepath.Join(out, "*", campaign.ReportHTML))
	for _, r := range results {
		if r.Verdict == reports.Inconclusive {
			return &exitError{code: exitFailed, err: fmt.Errorf("run demo: %s was inconclusive: see its report", r.Name)}
		}
	}
	return nil
}

// runDemo writes an ordinary experiment file and runs it the ordinary way.
func runDemo(ctx context.Context, cmd *cobra.Command, i int, site *staging.Site, proxy, dir string) (*reports.Report, error) {
	file, err := writeDemo(demoRuns[i], site, proxy)
	if err != nil {
		return nil, failed(ctx, err)
	}
	defer os.Remove(file)
	exp, err := configs.Load(file, nil)
	if err != nil {
		return nil, usage(err)
	}
	progress := newProgress(cmd.ErrOrStderr(), "")
	progress.begin(fmt.Sprintf("run %d of %d", i+1, len(demoRuns)), exp.Name)
	r, err := conduct(ctx, progress, exp, nil, dir)
	if err != nil {
		return nil, err
	}
	writeForCI(cmd, dir, ci.OfRun(r))
	_, err = fmt.Fprint(cmd.OutOrStdout(), exp.Name, "\n", words.Paragraph("  ", "  ", r.Summary, words.Columns))
	return r, err
}

// writeDemo writes the shipped demo.yaml with this site's addresses in it.
func writeDemo(run demoRun, site *staging.Site, proxy string) (string, error) {
	text, err := fs.ReadFile(configs.Shipped(), "demo.yaml")
	if err != nil {
		return "", fmt.Errorf("read demo experiment: %w", err)
	}
	file, err := writeTemp("tailback-demo-*.yaml", text)
	if err != nil {
		return "", err
	}
	exp, err := configs.Load(file, nil)
	if err != nil {
		return "", errors.Join(err, os.Remove(file))
	}
	exp.Name = "demo-" + run.dir
	exp.Target.URL = site.URL
	exp.Requests[0].Path = fmt.Sprintf("/external?ms=%d&timeout_ms=%d", demoWork.Milliseconds(), run.timeout.Milliseconds())
	exp.Dependencies[0].Listen, exp.Dependencies[0].Upstream = proxy, site.DependencyAddr
	exp.Site = siteLogs(site)
	if text, err = exp.AsRun(); err != nil {
		return "", errors.Join(err, os.Remove(file))
	}
	return file, os.WriteFile(file, text, 0o600)
}

func writeTemp(pattern string, text []byte) (string, error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return "", fmt.Errorf("write demo experiment: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return "", errors.Join(fmt.Errorf("write demo experiment: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// printDemo prints the three runs side by side, with the budget.
func printDemo(w io.Writer, results []*reports.Report) {
	fmt.Fprintf(w, "\n  %-28s %14s %12s   %s\n", "timeout on payments", "ok under hang", "first 502", "workers waiting")
	for i, r := range results {
		ok, first, waiting := "–", "never", "–"
		for _, p := range r.Phases {
			if p.Name == "hang" && p.OKRatio != nil {
				ok = words.Percent(*p.OKRatio)
			}
		}
		for _, o := range r.Onset {
			if o.Code == 502 && o.AfterFaultS != nil {
				first = "+" + words.Span(*o.AfterFaultS)
			}
		}
		if len(r.Faults) > 0 && r.Faults[0].PeakConnections != nil {
			waiting = fmt.Sprintf("%d of %d", *r.Faults[0].PeakConnections, demoWorkers)
		}
		fmt.Fprintf(w, "  %-28s %14s %12s   %s\n", demoRuns[i].label, ok, first, waiting)
	}
	// T* = W/lambda - S0, the longest that a request may wait for payments so
	// that the pool still carries the rate (Little's law).
	budget := demoWorkers/demoRate - demoWork.Seconds()
	fmt.Fprintf(w, "  budget: %s / %s per second - %s = %s\n",
		words.Number(demoWorkers, "worker"), words.Given(demoRate), words.Span(demoWork.Seconds()), words.Limit(budget))
}
