package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// json writes all of it.
func (d *dryRun) json() string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil { // a NaN, which Validate refuses
		return err.Error()
	}
	return b.String()
}

// text writes it for a person to read before a release.
func (d *dryRun) text() string {
	var b strings.Builder
	line := func(heading string, width int, text string) {
		first := "  " + heading + strings.Repeat(" ", max(width-utf8.RuneCountInString(heading), 0)) + " "
		b.WriteString(words.Paragraph(first, strings.Repeat(" ", width+5), d.secrets(text), words.Columns))
	}
	title := fmt.Sprintf("%s, a dry run of tailback %s: nothing was sent, no port was opened", d.Name, d.Command)
	if d.begins {
		title = fmt.Sprintf("%s, as tailback %s is about to do it", d.Name, d.Command)
	}
	b.WriteString(words.Paragraph("", "  ", d.secrets(title), words.Columns) + "\n")
	line("target", 14, d.Target.URL+" at "+d.at())
	if d.Target.Protocol != "" {
		line("protocol", 14, d.Target.Protocol)
	}
	if len(d.Target.Sources) > 0 {
		line("from", 14, strings.Join(d.Target.Sources, ", ")+" in turn")
	}
	line("bundle", 14, d.Out)
	line("arrivals", 14, d.arrivals())
	for _, text := range d.Remarks {
		line("", 14, text)
	}
	for i, v := range d.Visits {
		line(first(i, "visits"), 14, fmt.Sprintf("%.0f%% %s", 100*v.Share, v.Name))
		for _, step := range v.Steps {
			line("", 16, step.says())
		}
	}
	for i, r := range d.Requests {
		if len(d.Visits) > 0 {
			break
		}
		line(first(i, "requests"), 14, fmt.Sprintf("%s %s: %s %s", d.part(r), r.Name, r.Method, r.Path))
	}
	if s := d.Sessions; s != nil {
		line("sessions", 14, fmt.Sprintf("%d, each logged in before %s by %s; that takes at least %s", s.Count, words.Either(int64(len(d.Runs)), "the run", "each run"), strings.Join(s.Steps, ", "), words.Span(s.TakesS)))
	}
	for i, p := range d.Through {
		where := "the site calls " + p.Listen + ", which goes on to " + p.Upstream
		if p.Host != "" {
			where = "through the egress at " + p.Listen + " to " + p.Host
		}
		if p.Host != "" && p.Upstream != "" {
			where += ", sent on to " + p.Upstream
		}
		line(first(i, "dependencies"), 14, p.Name+": "+where)
	}
	faults := "played in this process"
	if d.Faults != configs.Embedded {
		faults = "played at " + d.Faults
	}
	line("faults", 14, faults)
	for _, run := range d.Runs {
		b.WriteString("\n")
		line("at", 10, run.Name)
		for _, e := range run.Timeline {
			width := 10
			if e.Dependency != "" { // what its faults do is told below a phase
				width += 2
			}
			line(clock(e.AtS), width, e.words(run, len(d.Visits) > 0))
		}
		if run.Note != "" {
			for _, part := range strings.Split(run.Note, "; ") {
				line("", 10, "("+part+")")
			}
		}
	}
	b.WriteString("\n")
	for i, g := range d.Guards {
		line(fmt.Sprintf("%-8s %s", first(i, "guards"), g.Guard), 24, g.Holds)
	}
	return b.String()
}

// part says how often a request is sent.
func (d *dryRun) part(r dryRequest) string {
	own := func(r dryRequest) bool { return r.RateHz > 0 }
	switch {
	case own(r):
		return fmt.Sprintf("%.4g/s", r.RateHz)
	case slices.ContainsFunc(d.Requests, own):
		return fmt.Sprintf("%.0f%% of the rest", 100*r.Share)
	}
	return fmt.Sprintf("%.0f%%", 100*r.Share)
}

func (d *dryRun) arrivals() string {
	if d.Replays == "" {
		return d.Arrivals
	}
	return d.Arrivals + ": " + d.Replays
}

func (d *dryRun) at() string {
	switch {
	case d.refused != nil:
		return "an address that may not be loaded: see below"
	case d.Target.Socket != "":
		return d.Target.Socket
	case len(d.Target.Addresses) == 0:
		return "whatever address the proxy finds (target.use_proxy)"
	}
	return strings.Join(d.Target.Addresses, ", ")
}

// first is a heading beside the first of some lines.
func first(i int, heading string) string {
	if i > 0 {
		return ""
	}
	return heading
}

func clock(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond).String()
}

// words says what happens.
func (e dryEvent) words(run dryRunOf, visits bool) string {
	switch e.Action {
	case "phase":
		return e.phaseWords(visits)
	case "end":
		switch {
		case run.Visits != nil:
			return "end: " + words.Number(int64(*run.Visits), "visit") + " were begun, and those under way end with it"
		case run.Hits == nil:
			return "end; how many requests were sent depends on the answers"
		}
		return "end: " + words.Number(int64(*run.Hits), "request")
	}
	what := map[string]string{string(journal.FaultApplied): "begins", string(journal.FaultStepped): "changes", string(journal.FaultLifted): "is lifted"}[e.Action]
	text := fmt.Sprintf("%s: %s %s", e.Dependency, strings.ReplaceAll(e.Kind, "_", " "), what)
	if e.Action == string(journal.FaultLifted) {
		return text
	}
	if e.SizeS > 0 {
		text += ", " + clock(e.SizeS)
	}
	if e.Share < 1 {
		text += fmt.Sprintf(", on %g%% of connections", 100*e.Share)
	}
	return text
}

func (e dryEvent) phaseWords(visits bool) string {
	load := ""
	switch e.Load {
	case "open":
		load = e.rate()
	case "burst":
		load = "all at once"
	default:
		load = e.clients(visits)
	}
	text := fmt.Sprintf("phase %s: %s", e.Phase, load)
	if e.DurationS != nil {
		text += " for " + clock(*e.DurationS)
	}
	if e.Hits != nil {
		text += ", " + words.Number(int64(*e.Hits), "request")
	}
	if e.Visits != nil {
		text += ", " + words.Number(int64(*e.Visits), "visit")
	}
	if e.Warmup {
		text += ", left out of every figure"
	}
	return text
}
