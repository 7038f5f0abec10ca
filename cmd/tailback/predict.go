package main

import (
	"cmp"
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

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/render"
)

// maxPredicted bounds the requests of a prediction, and so its time.
const maxPredicted = 10_000_000

// usualTimeout is what people set; it stands in where none was given.
const usualTimeout = 1.0

func newPredict() *cobra.Command {
	var p prediction
	text := map[string]*string{}
	var hang bool
	var from string
	cmd := &cobra.Command{
		Use:   "predict",
		Short: "Say from a site's figures what a slow dependency does to it, sending nothing",
		Long: `Predict models a site as a pool of workers behind a gateway: what it can serve,
when visitors first see errors once the dependency hangs or is slow, and which
timeout or how many workers would hold the rate.

With --from it takes the site's figures from a run, and says which; flags given
come first. What the run could not tell has to be given.`,
		Example: "  tailback predict --workers 4 --service 100ms --queue 17 --rate 8 --hang\n  tailback predict --from tailback-out/checkout --timeout 300ms",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from != "" {
				r, err := readReport(from)
				if err != nil {
					return usage(err)
				}
				f := figures{report: r, text: text, given: cmd.Flags().Changed}
				if err := f.take(&hang); err != nil {
					return usage(err)
				}
				p.origins, p.dependency = f.origins, f.dependency
			}
			if err := p.parse(text, hang); err != nil {
				return usage(err)
			}
			p.figures = figuresOf(cmd.Flags(), p.origins)
			if err := p.simulate(); err != nil {
				return usage(err)
			}
			if err := p.print(cmd.OutOrStdout()); err != nil {
				return failed(cmd.Context(), fmt.Errorf("print prediction: %w", err))
			}
			return nil
		},
	}
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
		text[f[0]] = cmd.Flags().String(f[0], f[1], f[2])
	}
	cmd.Flags().StringVar(&from, "from", "", "`folder` of a run, or its report.json, to take the site's figures from")
	cmd.Flags().BoolVar(&hang, "hang", false, "the dependency accepts and never answers")
	return cmd
}

// prediction is what was asked, and what came out.
type prediction struct {
	poolmodel.Scenario
	rate, delay, lasts        float64 // delay: +Inf hangs; 0 is well
	arrivals, network, format string
	dependency                string           // its name; "" when not known
	origins                   []reports.Figure // those taken from a run
	figures                   []reports.Figure // all

	result  *poolmodel.Result
	onset   float64 // first 502 or 504, s; +Inf none
	code    int     // of that
	beyond  bool    // onset is from the formula, as it comes after what is simulated
	drawn   int     // how many draws onsets is of; 0 when nothing is random
	onsets  []float64
	hold    float64 // how long a call holds its worker
	planned float64 // for which hold to plan workers
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

// parse reads the flags and returns every mistake in them.
func (p *prediction) parse(text map[string]*string, hang bool) error {
	const day = 24 * time.Hour
	var m mistakes
	for _, need := range [][2]string{{"workers", "4"}, {"service", "500ms"}, {"rate", "8"}} {
		if name, like := need[0], need[1]; *text[name] == "" {
			m.add("predict: --%s is missing; add it like --%s %s", name, name, like)
			*text[name] = like
		}
	}
	p.Workers = m.whole(text, "workers", 1, poolmodel.MaxWorkers, "4")
	p.QueueSlots = m.whole(text, "queue", 0, poolmodel.MaxSlots, "17")
	p.ServiceS = m.time(text, "service", day, "500ms")
	p.rate = m.number(text, "rate", 1e-6, 1e6, "8")
	p.delay = m.time(text, "delay", day, "2s")
	p.TimeoutS = m.time(text, "timeout", day, "1s")
	p.GatewayTimeoutS = m.time(text, "gateway-timeout", day, "60s")
	p.Share = m.number(text, "share", 1e-3, poolmodel.MaxShare, "0.5")
	p.lasts = m.time(text, "duration", day/2, "60s")
	p.arrivals = m.oneOf(text, "arrivals", "uniform", "poisson")
	p.network = m.oneOf(text, "network", "unix", "tcp")
	p.format = m.oneOf(text, "format", formats...)
	seed, err := strconv.ParseUint(*text["seed"], 10, 64)
	if err != nil {
		m.add("read --seed %q: must be a whole number, like --seed 1", *text["seed"])
	}
	p.Seed, p.TCP = seed, p.network == "tcp"
	if hang && p.delay > 0 {
		m.add("predict: --hang and --delay exclude each other; leave one out")
	}
	if hang {
		p.delay = math.Inf(1)
	}
	if len(m) == 0 && p.rate*p.lasts > maxPredicted {
		m.add("predict: --rate %g for --duration %s is more than %d requests; shorten the duration", p.rate, *text["duration"], maxPredicted)
	}
	return errors.Join(m...)
}

// simulate plays the fault from the first arrival on, until all are answered.
func (p *prediction) simulate() error {
	p.hold = poolmodel.Hold(p.delay, p.TimeoutS)
	p.planned = cmp.Or(p.TimeoutS, usualTimeout)
	if p.delay > 0 && !math.IsInf(p.hold, 1) {
		p.planned = p.hold
	}
	if p.delay > 0 {
		p.Faults = []poolmodel.Fault{{ToS: math.Inf(1), HoldS: p.delay}}
	}
	p.HorizonS = min(p.lasts+p.GatewayTimeoutS+2*poolmodel.DefaultConnectTimeoutS, poolmodel.MaxHorizonS)
	var err error
	if p.result, err = p.draw(p.Seed); err != nil {
		return err
	}
	p.onset, p.code = firstError(p.result.First502.AtS, p.result.First504.AtS)
	if p.code == 0 {
		o := p.Onset(p.rate, p.hold)
		p.onset, p.code = firstError(o.First502S, o.First504S)
		p.beyond = p.code != 0
	}
	if p.arrivals == "uniform" && p.Share == math.Trunc(p.Share) {
		return nil
	}
	p.drawn = min(max(int(maxPredicted/5/(p.rate*p.lasts)), 1), 100)
	for i := range p.drawn {
		r, err := p.draw(p.Seed + uint64(i))
		if err != nil {
			return err
		}
		if at, code := firstError(r.First502.AtS, r.First504.AtS); code != 0 {
			p.onsets = append(p.onsets, at)
		}
	}
	slices.Sort(p.onsets)
	return nil
}

func (p *prediction) draw(seed uint64) (*poolmodel.Result, error) {
	lasts := time.Duration(p.lasts * float64(time.Second))
	sc, arrivals := p.Scenario, poolmodel.Uniform(p.rate, lasts)
	sc.Seed = seed
	if p.arrivals == "poisson" {
		arrivals = poolmodel.Poisson(p.rate, lasts, seed)
	}
	return poolmodel.Simulate(sc, arrivals)
}

// needed is how many workers hold the rate with calls that last as planned, if
// any number does: the gateway may give up before.
func (p *prediction) needed() (workers int, ok bool) {
	enough := p.Site
	if workers, ok = p.WorkersNeeded(p.rate, p.planned); ok {
		enough.Workers = workers
	}
	return workers, ok && enough.Holds(p.rate, p.planned)
}

// firstError returns the earlier of two, and its code, or 0 for none.
func firstError(at502, at504 float64) (float64, int) {
	switch {
	case at502 <= at504 && !math.IsInf(at502, 1):
		return at502, 502
	case !math.IsInf(at504, 1):
		return at504, 504
	}
	return math.Inf(1), 0
}

// print writes the prediction in the format asked for.
func (p *prediction) print(w io.Writer) error {
	switch p.format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(p.whatIf())
	case "html":
		return render.WhatIf(w, p.whatIf())
	}
	return p.text(w)
}

// known is v to the nanosecond, or nil where it does not exist or is never.
func known(v float64, ok bool) *float64 {
	if !ok || math.IsInf(v, 0) {
		return nil
	}
	v = math.Round(v*1e9) / 1e9
	return &v
}
