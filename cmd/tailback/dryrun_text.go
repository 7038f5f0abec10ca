package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// dryWidth is how wide the text of a dry run is, characters.
const dryWidth = 100

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
	line := func(format string, args ...any) {
		b.WriteString(clip(d.secrets(strings.TrimRight(fmt.Sprintf(format, args...), " ")), dryWidth) + "\n")
	}
	if d.begins {
		line("%s, as tailback %s is about to do it", d.Name, d.Command)
	} else {
		line("%s, a dry run of tailback %s: nothing was sent, no port was opened", d.Name, d.Command)
	}
	line("")
	line("  %-14s %s at %s", "target", d.Target.URL, d.at())
	line("  %-14s %s", "bundle", d.Out)
	line("  %-14s %s", "arrivals", d.Arrivals)
	for i, r := range d.Requests {
		line("  %-14s %3.0f%%  %s  %s %s", first(i, "requests"), 100*r.Share, r.Name, r.Method, r.Path)
	}
	for i, p := range d.Through {
		where := "the site calls " + p.Listen + ", which goes on to " + p.Upstream
		if p.Host != "" {
			where = "through the egress at " + p.Listen + " to " + p.Host
		}
		line("  %-14s %s: %s", first(i, "dependencies"), p.Name, where)
		if p.Host != "" && p.Upstream != "" {
			line("  %-14s   sent on to %s", "", p.Upstream)
		}
	}
	faults := "played in this process"
	if d.Faults != configs.Embedded {
		faults = "played at " + d.Faults
	}
	line("  %-14s %s", "faults", faults)
	for _, run := range d.Runs {
		line("")
		line("  %-10s %s", "at", run.Name)
		for _, e := range run.Timeline {
			line("  %-10s %s", clock(e.AtS), e.words(run))
		}
		if run.Note != "" {
			for _, part := range strings.Split(run.Note, "; ") {
				line("  %-10s (%s)", "", part)
			}
		}
	}
	line("")
	for i, g := range d.Guards {
		for k, part := range lines(d.secrets(g.Holds), dryWidth-27) {
			line("  %-8s %-15s %s", first(i+k, "guards"), first(k, g.Guard), part)
		}
	}
	return b.String()
}

func (d *dryRun) at() string {
	switch {
	case d.refused != nil:
		return "an address that may not be loaded: see below"
	case len(d.Target.Addresses) == 0:
		return "whatever address the proxy finds (target.use_proxy)"
	}
	return strings.Join(d.Target.Addresses, ", ")
}

// lines breaks text at spaces into lines of at most so many bytes; a longer word gets a line of its own.
func lines(text string, width int) []string {
	all := []string{""}
	for _, word := range strings.Fields(text) {
		last := &all[len(all)-1]
		if *last != "" && len(*last)+1+len(word) > width {
			all = append(all, word)
			continue
		}
		*last = strings.TrimSpace(*last + " " + word)
	}
	return all
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
func (e dryEvent) words(run dryRunOf) string {
	switch e.Action {
	case "phase":
		return e.phaseWords()
	case "end":
		if run.Hits == nil {
			return "end; how many requests were sent depends on the answers"
		}
		return fmt.Sprintf("end: %d requests", *run.Hits)
	}
	what := map[string]string{string(journal.FaultApplied): "begins", string(journal.FaultStepped): "changes", string(journal.FaultLifted): "is lifted"}[e.Action]
	text := fmt.Sprintf("  %s: %s %s", e.Dependency, strings.ReplaceAll(e.Kind, "_", " "), what)
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

func (e dryEvent) phaseWords() string {
	load := ""
	switch {
	case e.Load == "open" && *e.RateFromHz == *e.RateToHz:
		load = fmt.Sprintf("%g/s", *e.RateFromHz)
	case e.Load == "open":
		load = fmt.Sprintf("%g/s to %g/s", *e.RateFromHz, *e.RateToHz)
	case e.Load == "burst":
		load = "all at once"
	default:
		load = fmt.Sprintf("%d clients that wait for their answers", e.Clients)
	}
	text := fmt.Sprintf("phase %s: %s", e.Phase, load)
	if e.DurationS != nil {
		text += " for " + clock(*e.DurationS)
	}
	if e.Hits != nil {
		text += fmt.Sprintf(", %d requests", *e.Hits)
	}
	if e.Warmup {
		text += ", left out of every figure"
	}
	return text
}
