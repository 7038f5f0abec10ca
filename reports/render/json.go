// Package render shows a report: as JSON for programs, as text for a terminal,
// as a page for people. It formats and draws; what a figure is was decided in
// package reports. The same report gives the same bytes.
package render

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/tailback/tailback/reports"
)

// JSON writes r as report.json: indented, keys in the order of the type, map
// keys sorted. A list without entries is [], never null, since null means unknown.
func JSON(w io.Writer, r *reports.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(listsOf(r)); err != nil {
		return fmt.Errorf("write report.json: %w", err)
	}
	return nil
}

// listsOf returns a copy of r in which no list is nil.
func listsOf(r *reports.Report) *reports.Report {
	c := *r
	c.Phases = append([]reports.Phase{}, r.Phases...)
	for i := range c.Phases {
		c.Phases[i].Requests = list(c.Phases[i].Requests)
	}
	c.Onset = append([]reports.Onset{}, r.Onset...)
	for i := range c.Onset {
		c.Onset[i].Evidence, c.Onset[i].Or = list(c.Onset[i].Evidence), list(c.Onset[i].Or)
	}
	c.Faults, c.Recovery, c.Requests = list(c.Faults), list(c.Recovery), list(c.Requests)
	c.Objectives, c.Warnings, c.Details = list(c.Objectives), list(c.Warnings), list(c.Details)
	c.Timeouts, c.Advice, c.NotKnown, c.Evidence = list(c.Timeouts), list(c.Advice), list(c.NotKnown), list(c.Evidence)
	c.Status, c.DependenciesSeen, c.Claims = list(c.Status), list(c.DependenciesSeen), list(c.Claims)
	if c.EgressRefused == nil {
		c.EgressRefused = map[string]int64{}
	}
	if c.Pool.Assumes == nil {
		c.Pool.Assumes = map[string]string{}
	}
	if c.Labels == nil {
		c.Labels = map[string]string{}
	}
	c.Prediction.Series = list(c.Prediction.Series)
	c.Slowdowns = append([]reports.Slowdown{}, r.Slowdowns...)
	for i := range c.Slowdowns {
		c.Slowdowns[i].Evidence = list(c.Slowdowns[i].Evidence)
	}
	c.Budget = append([]reports.Budget{}, r.Budget...)
	for i := range c.Budget {
		c.Budget[i].Choices = list(c.Budget[i].Choices)
	}
	c.Dose = append([]reports.Dose{}, r.Dose...)
	for i := range c.Dose {
		c.Dose[i].Steps = list(c.Dose[i].Steps)
	}
	c.Dependencies = append([]reports.Dependency{}, r.Dependencies...)
	for i := range c.Dependencies {
		c.Dependencies[i].Open, c.Dependencies[i].Waiting = list(c.Dependencies[i].Open), list(c.Dependencies[i].Waiting)
	}
	t := &c.Timeline
	t.StartS, t.AskedHz, t.SentHz = list(t.StartS), list(t.AskedHz), list(t.SentHz)
	t.OKHz, t.Degraded, t.OtherHz = list(t.OKHz), list(t.Degraded), list(t.OtherHz)
	t.InFlight = list(t.InFlight)
	t.P50S, t.P95S, t.MaxS = list(t.P50S), list(t.P95S), list(t.MaxS)
	return &c
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
