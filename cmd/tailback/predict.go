package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/render"
	"github.com/tailback/tailback/reports/whatif"
)

func newPredict() *cobra.Command {
	var text map[string]*string
	var hang bool
	var from string
	cmd := &cobra.Command{
		Use:   "predict",
		Short: "Say from figures what a slow dependency does to a site",
		Long: `Predict models a site as a pool of workers behind a gateway: what it can serve,
when visitors first see errors once the dependency hangs or is slow, and which
timeout or how many workers would hold the rate.

With --from it takes the site's figures from a run, and says which; flags given
come first. What the run could not tell has to be given.`,
		Example: "  tailback predict --workers 4 --service 100ms --queue 17 --rate 8 --hang\n  tailback predict --from tailback-out/checkout --timeout 300ms",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return predict(cmd, text, from, hang) },
	}
	text = textFlags(cmd.Flags())
	cmd.Flags().StringVar(&from, "from", "", "`folder` of a run, or its report.json, to take the site's figures from")
	cmd.Flags().BoolVar(&hang, "hang", false, "the dependency accepts and never answers")
	return cmd
}

// textFlags adds the flags that hold a figure or a choice, and returns what they
// hold, by name. All are text: so a run's figures can take the place of those not
// given, and question can tell of every mistake at once.
func textFlags(flags *pflag.FlagSet) map[string]*string {
	text := map[string]*string{}
	for _, f := range [][3]string{
		{"workers", "", "`W`, requests served at one time (pm.max_children); needed"},
		{"service", "", "`time` that a request holds a worker apart from the dependency; needed"},
		{"rate", "", "`requests` per second; needed"},
		{"queue", "512", "`slots` of the pool's socket: listen.backlog and one more"},
		{"delay", "", "`time` that the dependency takes to answer"},
		{"timeout", "", "`time` after which the application gives up on a call (default: never)"},
		{"gateway-timeout", "60s", "`time` after which the gateway answers 504"},
		{"share", "1", "`calls` to the dependency per request, tries included"},
		{"arrivals", "uniform", "`kind` of arrivals: uniform (evenly spaced) or poisson"},
		{"seed", "1", "`number` that the random draws follow from"},
		{"network", "unix", "`kind` of the pool's socket: unix or tcp"},
		{"duration", "60s", "`time` that is simulated"},
		{"format", "text", "`format` of what is printed: text, json or html"},
	} {
		text[f[0]] = flags.String(f[0], f[1], f[2])
	}
	return text
}

// predict answers the question that the flags ask, with the figures of a run
// where from names one.
func predict(cmd *cobra.Command, text map[string]*string, from string, hang bool) error {
	var origins []reports.Figure // those taken from a run
	dependency := ""
	if from != "" {
		r, err := readReport(from)
		if err != nil {
			return usage(err)
		}
		f := figures{report: r, text: text, given: cmd.Flags().Changed}
		if err := f.take(&hang); err != nil {
			return usage(err)
		}
		origins, dependency = f.origins, f.dependency
	}
	q, format, err := question(text, hang)
	if err != nil {
		return usage(err)
	}
	q.Dependency = dependency
	r, err := whatif.Predict(*q)
	if err != nil {
		return usage(err)
	}
	r.ToolVersion, r.Figures = harness.Version, figuresOf(cmd.Flags(), origins)
	if err := printPrediction(cmd.OutOrStdout(), format, q, r, origins); err != nil {
		return failed(cmd.Context(), fmt.Errorf("print prediction: %w", err))
	}
	return nil
}

// mistakes collects what is wrong with the flags.
type mistakes []error

func (m *mistakes) add(format string, args ...any) { *m = append(*m, fmt.Errorf(format, args...)) }

// number reads a flag that must lie in low..high.
func (m *mistakes) number(text map[string]*string, name string, low, high float64, like string) float64 {
	v, err := strconv.ParseFloat(*text[name], 64)
	if err != nil || !(v >= low && v <= high) {
		m.add("read --%s %q: must be a number from %s to %s, like --%s %s", name, *text[name], plain(low), plain(high), name, like)
	}
	return v
}

// plain writes a number without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// whole is number without a fraction.
func (m *mistakes) whole(text map[string]*string, name string, low, high int, like string) int {
	v, err := strconv.Atoi(*text[name])
	if err != nil || v < low || v > high {
		m.add("read --%s %q: must be a whole number from %d to %d, like --%s %s", name, *text[name], low, high, name, like)
	}
	return v
}

// time reads a flag in seconds; empty is 0.
func (m *mistakes) time(text map[string]*string, name string, high time.Duration, like string) float64 {
	if *text[name] == "" {
		return 0
	}
	d, err := time.ParseDuration(*text[name])
	if err != nil || d <= 0 || d > high {
		m.add("read --%s %q: must be a duration above 0 and up to %v, like --%s %s", name, *text[name], high, name, like)
	}
	return d.Seconds()
}

func (m *mistakes) oneOf(text map[string]*string, name string, allowed ...string) string {
	if !slices.Contains(allowed, *text[name]) {
		m.add("read --%s %q: it is one of %s", name, *text[name], strings.Join(allowed, ", "))
	}
	return *text[name]
}

// question reads the flags, and the format asked for, and returns every mistake in them.
func question(text map[string]*string, hang bool) (*whatif.Question, string, error) {
	const day = 24 * time.Hour
	var m mistakes
	for _, need := range [][2]string{{"workers", "4"}, {"service", "500ms"}, {"rate", "8"}} {
		if name, like := need[0], need[1]; *text[name] == "" {
			m.add("predict: --%s is missing; add it like --%s %s", name, name, like)
			*text[name] = like
		}
	}
	q := &whatif.Question{
		Workers:         m.whole(text, "workers", 1, whatif.MaxWorkers, "4"),
		QueueSlots:      m.whole(text, "queue", 0, whatif.MaxSlots, "17"),
		ServiceS:        m.time(text, "service", day, "500ms"),
		RateHz:          m.number(text, "rate", 1e-6, 1e6, "8"),
		DelayS:          m.time(text, "delay", day, "2s"),
		TimeoutS:        m.time(text, "timeout", day, "1s"),
		GatewayTimeoutS: m.time(text, "gateway-timeout", day, "60s"),
		Calls:           m.number(text, "share", 1e-3, whatif.MaxCalls, "0.5"),
		LastsS:          m.time(text, "duration", day/2, "60s"),
		Poisson:         m.oneOf(text, "arrivals", "uniform", "poisson") == "poisson",
		TCP:             m.oneOf(text, "network", "unix", "tcp") == "tcp",
	}
	format := m.oneOf(text, "format", "text", "json", "html")
	var err error
	if q.Seed, err = strconv.ParseUint(*text["seed"], 10, 64); err != nil {
		m.add("read --seed %q: must be a whole number, like --seed 1", *text["seed"])
	}
	if hang && q.DelayS > 0 {
		m.add("predict: --hang and --delay exclude each other; leave one out")
	}
	if hang {
		q.DelayS = math.Inf(1)
	}
	if len(m) == 0 && q.RateHz*q.LastsS > whatif.MaxRequests {
		m.add("predict: --rate %g for --duration %s is more than %d requests; shorten the duration", q.RateHz, *text["duration"], whatif.MaxRequests)
	}
	return q, format, errors.Join(m...)
}

// printPrediction writes a prediction in the format asked for.
func printPrediction(w io.Writer, format string, q *whatif.Question, r *reports.WhatIf, origins []reports.Figure) error {
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	case "html":
		return render.WhatIf(w, r)
	}
	return writePrediction(w, q, r, origins)
}
