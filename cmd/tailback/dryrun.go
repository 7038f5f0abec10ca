package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/attack/search"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/internal/guards"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports/journal"
)

// dryRun is what a command would do, as its --dry-run says. Unknown is null.
type dryRun struct {
	Command  string       `json:"command"`
	Name     string       `json:"name"`
	Out      string       `json:"out"`
	Target   dryTarget    `json:"target"`
	Arrivals string       `json:"arrivals"`
	Replays  string       `json:"replays,omitempty"` // what of which log
	Remarks  []string     `json:"remarks,omitempty"` // on what of it is not sent
	Requests []dryRequest `json:"requests"`          // the steps of visits, if there are visits
	Visits   []dryVisit   `json:"visits,omitempty"`  // none where requests come by themselves
	Sessions *drySessions `json:"sessions"`          // null without any
	Faults   string       `json:"faults"`            // where they are played
	Through  []dryProxy   `json:"dependencies"`
	Runs     []dryRunOf   `json:"runs"`
	Guards   []dryGuard   `json:"guards"`
	refused  error        // why it would not begin
	begins   bool         // it is about to
	secrets  func(string) string
}

type dryTarget struct {
	URL       string   `json:"url"`
	Host      string   `json:"host"`
	Addresses []string `json:"addresses"` // null where a proxy resolves them, a socket is dialed, or they may not be loaded
	Socket    string   `json:"socket,omitempty"`
	Protocol  string   `json:"protocol,omitempty"` // that is asked for
	Sources   []string `json:"source_addresses,omitempty"`
}

type dryRequest struct {
	Name   string  `json:"name"`
	Method string  `json:"method"`
	Path   string  `json:"path"`
	Share  float64 `json:"share"`             // of those with a weight
	RateHz float64 `json:"rate_hz,omitempty"` // of its own
}

// drySessions are logged in before each run.
type drySessions struct {
	Count  int      `json:"count"`
	Steps  []string `json:"steps"`   // method and path of each
	TakesS float64  `json:"takes_s"` // at least
}

type dryProxy struct {
	Name     string `json:"name"`
	Listen   string `json:"listen,omitempty"`
	Upstream string `json:"upstream,omitempty"`
	Host     string `json:"host,omitempty"`
}

type dryRunOf struct {
	Name      string     `json:"name"`
	DurationS *float64   `json:"duration_s"`
	Hits      *uint64    `json:"hits"`             // null when it depends on the answers
	Visits    *uint64    `json:"visits,omitempty"` // that begin, likewise
	Note      string     `json:"note,omitempty"`
	Timeline  []dryEvent `json:"timeline"`
}

// dryEvent is the beginning of a phase, or of something done to a fault.
type dryEvent struct {
	AtS        float64  `json:"at_s"`
	Action     string   `json:"action"` // "phase", "fault_applied", "fault_stepped", "fault_lifted" or "end"
	Phase      string   `json:"phase,omitempty"`
	Load       string   `json:"load,omitempty"` // "open", "closed" or "burst"
	DurationS  *float64 `json:"duration_s,omitempty"`
	RateFromHz *float64 `json:"rate_from_hz,omitempty"`
	RateToHz   *float64 `json:"rate_to_hz,omitempty"` // of requests: of visits when all steps are taken

	VisitRateFromHz *float64 `json:"visit_rate_from_hz,omitempty"`
	VisitRateToHz   *float64 `json:"visit_rate_to_hz,omitempty"`
	Visits          *uint64  `json:"visits,omitempty"`

	Clients    int     `json:"clients,omitempty"`
	Hits       *uint64 `json:"hits,omitempty"`
	Warmup     bool    `json:"warmup,omitempty"`
	Dependency string  `json:"dependency,omitempty"`
	Kind       string  `json:"kind,omitempty"`
	Share      float64 `json:"share,omitempty"`
	SizeS      float64 `json:"size_s,omitempty"`
}

type dryGuard struct {
	Guard string `json:"guard"`
	Holds string `json:"holds"`
}

func addDryRun(cmd *cobra.Command, dry *bool) {
	cmd.Flags().BoolVar(dry, "dry-run", false, "say what would be sent and broken, and when; send nothing, open no port (--format text or json)")
}

// dry prints what a command would do with the experiment.
func dry(cmd *cobra.Command, exp *configs.Experiment, out, format string) error {
	show := map[string]func(*dryRun) string{"text": (*dryRun).text, "json": (*dryRun).json}[format]
	if show == nil {
		return usage(fmt.Errorf("read --format %q: with --dry-run it is one of text, json", format))
	}
	d, err := newDryRun(cmd, exp, out)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(cmd.OutOrStdout(), show(d)); err != nil {
		return failed(cmd.Context(), fmt.Errorf("print dry run: %w", err))
	}
	if d.refused != nil {
		return failed(cmd.Context(), exp.Redactor().Error(d.refused))
	}
	return nil
}

// foretell prints with --verbose what a command is going to do. What keeps it
// from that, it finds itself.
func foretell(cmd *cobra.Command, exp *configs.Experiment, out string) error {
	if !given(cmd, "verbose") {
		return nil
	}
	d, err := newDryRun(cmd, exp, out)
	if err != nil {
		return err
	}
	d.begins = true
	_, err = fmt.Fprintln(cmd.ErrOrStderr(), d.text())
	return err
}

// newDryRun works out what a command would do with the experiment.
func newDryRun(cmd *cobra.Command, exp *configs.Experiment, out string) (*dryRun, error) {
	d := &dryRun{Command: cmd.Name(), Name: exp.Name, Out: out, Arrivals: exp.Arrivals.Kind, Replays: exp.Arrivals.Sends(), Faults: configs.Embedded, secrets: exp.Redactor().Text}
	if exp.Chaos.Toxiproxy != configs.Embedded {
		d.Faults = configs.BareURL(exp.Chaos.Toxiproxy)
	}
	for _, m := range exp.ReplayRemarks() {
		d.Remarks = append(d.Remarks, m.Path+": "+m.Text)
	}
	d.target(cmd.Context(), exp)
	d.mix(exp)
	d.visits(exp)
	if err := d.sessions(exp); err != nil {
		return nil, failed(cmd.Context(), exp.Redactor().Error(err))
	}
	for _, one := range exp.Dependencies {
		listen := one.Listen
		if one.Host != "" {
			listen = exp.Chaos.Egress.Listen
		}
		d.Through = append(d.Through, dryProxy{one.Name, listen, one.Upstream, one.Host})
	}
	if err := d.runs(exp); err != nil {
		return nil, failed(cmd.Context(), exp.Redactor().Error(err))
	}
	d.guards(exp)
	return d, nil
}

func (d *dryRun) target(ctx context.Context, exp *configs.Experiment) {
	d.Target.URL, d.Target.Socket, d.Target.Protocol, d.Target.Sources = exp.Target.Bare(), exp.Target.Socket, exp.Target.Protocol, exp.Target.Sources
	host, found, err := harness.Addresses(ctx, exp)
	d.Target.Host, d.refused = host, err
	for _, address := range found {
		d.Target.Addresses = append(d.Target.Addresses, address.String())
	}
}

func (d *dryRun) mix(exp *configs.Experiment) {
	total := 0
	for _, r := range exp.Mix() {
		total += r.Weight
	}
	for _, r := range exp.Mix() {
		one := dryRequest{Name: r.Name, Method: r.Method, Path: r.ShownPath(), Share: float64(r.Weight) / float64(max(total, 1))}
		if r.Rate != nil {
			one.RateHz = float64(*r.Rate)
		}
		d.Requests = append(d.Requests, one)
	}
}

// sessions are what is logged in before each run.
func (d *dryRun) sessions(exp *configs.Experiment) error {
	if exp.Sessions == nil {
		return nil
	}
	takes, err := harness.LoginTakes(exp)
	d.Sessions = &drySessions{Count: exp.Sessions.Count, TakesS: takes.Seconds()}
	for _, r := range exp.Logins() {
		d.Sessions.Steps = append(d.Sessions.Steps, r.Method+" "+r.ShownPath())
	}
	return err
}

// runs lays out the runs that the command is made of.
func (d *dryRun) runs(exp *configs.Experiment) error {
	switch d.Command {
	case "capacity":
		d.Runs = trials(exp)
		return nil
	case "audit":
		plans, err := campaign.PlanAudit(exp)
		for _, p := range plans {
			run := planned(p, exp)
			run.Note = "it ends sooner, as soon as enough is known; the next waits until the site is well again"
			d.Runs = append(d.Runs, run)
		}
		return err
	}
	p, err := harness.PlanOf(exp)
	d.Runs = []dryRunOf{planned(p, exp)}
	return err
}

// trials are the searches of a capacity command, of which it is not known
// beforehand at which rates and how long they load.
func trials(exp *configs.Experiment) []dryRunOf {
	q, what := exp.Capacity, ""
	steps := max(exp.MeanSteps(), 1)
	from, to := q.From*steps, q.To*steps
	load := dryEvent{Action: "phase", Phase: "load", Load: "open", RateFromHz: &from, RateToHz: &to}
	if len(exp.Visits) > 0 {
		load.VisitRateFromHz, load.VisitRateToHz, what = &q.From, &q.To, " visits"
	}
	var runs []dryRunOf
	for i := -1; i < len(q.Faults); i++ {
		run := dryRunOf{Name: "without a fault", Note: fmt.Sprintf("up to %d trials, each at one rate from %g to %g%s/s; which depends on how those before it went; a trial fails when it misses %q",
			search.MaxTrials, q.From, q.To, what, q.Objective)}
		run.Timeline = []dryEvent{load}
		if i >= 0 {
			f := &q.Faults[i]
			run.Name = campaign.FaultName(f)
			run.Timeline = append(run.Timeline, dryEvent{Action: string(journal.FaultApplied), Phase: "load", Dependency: f.Dependency, Kind: f.Kind(), Share: f.Share})
			run.Note += "; the fault lasts all of each trial"
		}
		runs = append(runs, run)
	}
	return runs
}

// planned is the timeline of one run: at the same moment faults are lifted
// before a phase begins, and applied after.
func planned(p harness.Plan, exp *configs.Experiment) dryRunOf {
	length := p.Duration.Seconds()
	run := dryRunOf{Name: p.Name, DurationS: &length}
	var hits, visits uint64
	known, faults := true, p.Faults
	until := func(at int64, lifted bool) {
		for len(faults) > 0 && (faults[0].AtNS < at || faults[0].AtNS == at && lifted && faults[0].Kind == journal.FaultLifted) {
			run.Timeline = append(run.Timeline, faultEvent(faults[0]))
			faults = faults[1:]
		}
	}
	for i, phase := range p.Phases {
		until(phase.StartNS, true)
		e := phaseEvent(phase, len(exp.Visits) > 0)
		if phase.Kind == "closed" {
			known, e.Clients = false, exp.Phases[i].Concurrency
		}
		hits, visits = hits+phase.Hits, visits+phase.Visits
		run.Timeline = append(run.Timeline, e)
	}
	until(int64(p.Duration)+1, true)
	run.Timeline = append(run.Timeline, dryEvent{AtS: length, Action: "end"})
	switch {
	case known && len(exp.Visits) > 0:
		run.Visits = &visits
	case known:
		run.Hits = &hits
	}
	return run
}

func phaseEvent(p journal.PhaseSpan, visits bool) dryEvent {
	length := time.Duration(p.EndNS - p.StartNS).Seconds()
	e := dryEvent{AtS: time.Duration(p.StartNS).Seconds(), Action: "phase", Phase: p.Name, Load: p.Kind, DurationS: &length, Warmup: p.Warmup}
	if p.Kind == "open" {
		e.RateFromHz, e.RateToHz = &p.RateFrom, &p.RateTo
	}
	if p.Kind == "open" && visits {
		e.VisitRateFromHz, e.VisitRateToHz = &p.VisitRateFrom, &p.VisitRateTo
	}
	switch {
	case p.Kind == "closed":
	case visits:
		e.Visits = &p.Visits
	default:
		e.Hits = &p.Hits
	}
	return e
}

func faultEvent(e journal.Event) dryEvent {
	return dryEvent{AtS: time.Duration(e.AtNS).Seconds(), Action: string(e.Kind), Phase: e.Fault.Phase,
		Dependency: e.Fault.Dependency, Kind: e.Fault.Kind, Share: e.Fault.Share, SizeS: e.Fault.SizeS}
}

// guards are what would keep the command from doing harm.
func (d *dryRun) guards(exp *configs.Experiment) {
	add := func(guard, holds string) { d.Guards = append(d.Guards, dryGuard{guard, holds}) }
	allowed := "this machine"
	if len(exp.Target.Allow) > 0 {
		allowed += ", " + strings.Join(exp.Target.Allow, ", ")
	}
	add("hosts", allowed+"; addresses are pinned when it begins")
	rate := "no ceiling; set limits.rate"
	if exp.Limits.Rate > 0 {
		rate = fmt.Sprintf("at most %g/s", exp.Limits.Rate)
	}
	add("rate", rate)
	add("in flight", fmt.Sprintf("at most %d requests at once", exp.Limits.InFlight))
	add("client timeout", exp.Target.Timeout.String())
	switch {
	case d.Command != "run":
		add("abort_when", "not held: "+d.Command+" drives the site to errors on purpose")
	case len(exp.AbortWhen) == 0:
		add("abort_when", "no rule")
	default:
		add("abort_when", strings.Join(exp.AbortWhen, "; "))
	}
	add("stop", "Ctrl-C, SIGTERM, or a file named "+stopName+" in the bundle's folder")
	free := "the target is free"
	unlock, err := guards.Lock(exp)
	if err != nil {
		free = err.Error()
	} else {
		unlock()
	}
	add("one at a time", free)
}
