package main

import (
	"fmt"
	"strings"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/words"
)

// dryVisit is what a visitor does, one step after the other.
type dryVisit struct {
	Name  string    `json:"name"`
	Share float64   `json:"share"` // of the visits
	Steps []dryStep `json:"steps"`
}

type dryStep struct {
	Name     string   `json:"name"`
	Method   string   `json:"method"`
	Path     string   `json:"path"`
	Think    string   `json:"think,omitempty"`        // before it, in words
	ThinkS   float64  `json:"think_mean_s,omitempty"` // the mean
	Captures []string `json:"captures,omitempty"`     // names
}

func (d *dryRun) visits(exp *configs.Experiment) {
	total := 0
	for _, v := range exp.Visits {
		total += v.Weight
	}
	for _, v := range exp.Visits {
		one := dryVisit{Name: v.Name, Share: float64(v.Weight) / float64(max(total, 1)), Steps: []dryStep{}}
		for _, s := range v.Steps {
			step := dryStep{Name: s.Name, Method: s.Method, Path: s.ShownPath(), Think: s.Think.String(), ThinkS: s.Think.MeanTime().Seconds()}
			for _, c := range s.Capture {
				step.Captures = append(step.Captures, c.Name)
			}
			one.Steps = append(one.Steps, step)
		}
		d.Visits = append(d.Visits, one)
	}
}

// says is a step's line: "pay: POST /checkout, after thinking for 2s".
func (s *dryStep) says() string {
	text := s.Method + " " + s.Path
	if s.Name != text {
		text = s.Name + ": " + text
	}
	if s.Think != "" {
		text += ", after thinking for " + s.Think
	}
	if len(s.Captures) > 0 {
		text += ", captures " + strings.Join(s.Captures, ", ")
	}
	return text
}

// rate writes the rates of a phase, of visits and of their requests if it has visits.
func (e dryEvent) rate() string {
	perSecond := func(from, to float64, what string) string {
		if from == to {
			return fmt.Sprintf("%.6g%s/s", from, what)
		}
		return fmt.Sprintf("%.6g to %.6g%s/s", from, to, what)
	}
	if e.VisitRateFromHz == nil && *e.RateFromHz != *e.RateToHz {
		return fmt.Sprintf("%.6g/s to %.6g/s", *e.RateFromHz, *e.RateToHz)
	}
	if e.VisitRateFromHz == nil {
		return fmt.Sprintf("%.6g/s", *e.RateFromHz)
	}
	return perSecond(*e.VisitRateFromHz, *e.VisitRateToHz, " visits") + " (" + perSecond(*e.RateFromHz, *e.RateToHz, " requests") + " when all are completed)"
}

// clients are those of a closed phase, in words.
func (e dryEvent) clients(visits bool) string {
	n := int64(e.Clients)
	if visits {
		return words.Number(n, "visitor") + ", one visit after the other"
	}
	return words.Number(n, "client") + words.Either(n, " that waits for its answer", " that wait for their answers")
}
