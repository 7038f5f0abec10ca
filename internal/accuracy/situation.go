package accuracy

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
)

// Situation is something that goes wrong on a site, or only seems to, and what
// a person who knows the site says of it. It runs for 4 s as a baseline, then
// in trouble.
type Situation struct {
	Name     string
	Options  staging.Options // 2 workers and a backlog of 2 unless they say otherwise
	Pages    string          // the mix, in equal parts, by a space
	Baseline float64         // requests a second; if zero, 2
	Trouble  string          // requests a second, and what may follow a rate in a phase
	Lasting  time.Duration   // the trouble; if zero, 6 s
	Poisson  bool
	Patience time.Duration // of the visitor; if zero, 20 s
	Edge     bool          // visitors come through an edge
	Stop     bool          // the pool, 2 s into the trouble
	Python   bool          // gunicorn instead of php-fpm

	Labels Labels
	// Imitates are the causes that a decoy looks like and does not have.
	Imitates []reports.Cause
	// Outside has the right cause be named even without logs.
	Outside bool
	// Short has it run in CI.
	Short bool
}

// Labels are the causes that are right, by the status of the errors, with the
// phase where it matters ("502 baseline"), or by "slow". Of several each is right.
type Labels map[string][]reports.Cause

// what is how an onset is called in labels: by its status and phase if there is such a label, else by its status.
func (l Labels) what(code int, phase string) string {
	what := fmt.Sprint(code)
	if both := what + " " + phase; l[both] != nil {
		return both
	}
	return what
}

// Recording is a situation that was run, with all that its logs said.
type Recording struct {
	Situation
	bundle   *journal.Bundle
	observed []journal.Observation
}

// Record runs the situation for real in dir, which must exist, with all its logs followed.
func (s Situation) Record(ctx context.Context, dir string) (*Recording, error) {
	port, err := ports.Reserve("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer port.Close()
	proxy := port.Addr
	site, err := s.start(ctx, proxy)
	if err != nil {
		return nil, err
	}
	defer site.Close()
	if s.Stop {
		timer := time.AfterFunc(6*time.Second, func() { site.StopPool() })
		defer timer.Stop()
	}
	file, out := filepath.Join(dir, "experiment.yaml"), filepath.Join(dir, "out")
	if err := os.WriteFile(file, []byte(s.experiment(site, proxy)), 0o600); err != nil {
		return nil, err
	}
	if _, err := Run(ctx, file, out); err != nil {
		return nil, err
	}
	r := &Recording{Situation: s}
	if r.bundle, err = journal.Open(out); err != nil {
		return nil, err
	}
	r.observed, err = r.bundle.Observations()
	return r, err
}

func (s Situation) start(ctx context.Context, proxy string) (*staging.Site, error) {
	o := s.Options
	o.Dependency = proxy
	if o.Workers == 0 {
		o.Workers = 2
	}
	if o.Backlog == 0 {
		o.Backlog = 2
	}
	start := phpfpm.Start
	if s.Python {
		start = gunicorn.Start
	}
	site, err := start(ctx, o)
	if err == nil && s.Edge {
		err = site.StartEdge("127.0.0.1:0")
	}
	return site, err
}

func (s Situation) experiment(site *staging.Site, proxy string) string {
	url, arrivals, patience, baseline, lasting := site.URL, "uniform", 20*time.Second, 3.0, 6*time.Second
	if s.Edge {
		url = site.EdgeURL
	}
	if s.Poisson {
		arrivals = "poisson"
	}
	if s.Patience > 0 {
		patience = s.Patience
	}
	if s.Baseline > 0 {
		baseline = s.Baseline
	}
	if s.Lasting > 0 {
		lasting = s.Lasting
	}
	var requests, logs strings.Builder
	for i, page := range strings.Fields(s.Pages) {
		fmt.Fprintf(&requests, "  - {name: page%d, path: %q}\n", i+1, page)
	}
	for source, file := range map[journal.Source]string{journal.NginxErrorLog: site.ErrorLog, journal.NginxAccessLog: site.AccessLog, journal.PHPAccessLog: site.PHPAccessLog} {
		if file != "" {
			fmt.Fprintf(&logs, "  %s: {file: %q}\n", source, file)
		}
	}
	return fmt.Sprintf(`version: 1
name: situation
seed: 1
arrivals: %s
target: {url: "%s", timeout: %v}
requests:
%sdependencies: [{name: payments, listen: "%s", upstream: "%s"}]
phases:
  - {name: baseline, duration: 4s, rate: %v}
  - {name: trouble, duration: %v, rate: %s}
site:
%s`, arrivals, url, patience, &requests, proxy, site.DependencyAddr, baseline, lasting, s.Trouble, &logs)
}

// Analyze is the report on the recording when the logs say observed and no more.
func (r *Recording) Analyze(observed []journal.Observation, given []journal.Source) (*reports.Report, error) {
	file := filepath.Join(r.bundle.Dir, "observations.jsonl")
	if err := writeLines(file, observed); err != nil {
		return nil, err
	}
	r.bundle.Manifest.Sources = given
	report, err := analysis.Analyze(r.bundle)
	if err != nil {
		return nil, err
	}
	return report, writeLines(file, r.observed)
}

func writeLines(file string, observed []journal.Observation) error {
	var text []byte
	for _, o := range observed {
		line, err := json.Marshal(o)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	return os.WriteFile(file, text, 0o600)
}

// of is what some of the logs said.
func (r *Recording) of(sources []journal.Source) (list []journal.Observation) {
	for _, o := range r.observed {
		if slices.Contains(sources, o.Source) {
			list = append(list, o)
		}
	}
	return list
}
