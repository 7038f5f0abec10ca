package render

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// diagnosisFunctions are those of the sections on why, on the site and on timeouts.
var diagnosisFunctions = template.FuncMap{
	"errorName":    errorName,
	"causeName":    causeName,
	"slowCause":    func(s reports.Slowdown) string { return kindWords(oneLine(string(s.Cause))) },
	"confident":    func(c *float64) string { return words.Known(c, words.Confidence) },
	"onset":        began,
	"siteFigures":  siteFigures,
	"siteNotes":    siteNotes,
	"budgetOf":     func(r *reports.Report, dependency string) *reports.Budget { return r.BudgetOf(dependency) },
	"seenTimeout":  seenTimeout,
	"missing":      func(t reports.Timeout) bool { return t.Verdict == "none" || t.Verdict == "worker" },
	"gaveUp":       gaveUp,
	"calls":        func(f *float64) string { return words.Known(f, words.Calls) },
	"grids":        grids,
	"doseSentence": doseSentence,
	"brokeAt":      func(d reports.Dose, s reports.DoseStep) bool { return d.SizeS != nil && *d.SizeS == s.SizeS },
	"why":          hasWhy,
	"hasSite":      func(p reports.Pool) bool { return len(siteFigures(p)) > 0 },
	"poorly":       func(p reports.Pool) bool { return *p.FitR2 < fair },
	"model":        func(p reports.Pool) string { return words.Known(p.FitR2, explained) },
}

// doseSentence is the report's own; one of an older version has none.
func doseSentence(d reports.Dose) string {
	return cmp.Or(d.Text, d.Dependency+" "+kindWords(d.Kind)+" in steps")
}

// explained writes how much the model explains: where it does worse than the mean, nothing.
func explained(r2 float64) string { return words.Percent(math.Max(r2, 0)) }

// causeName is an onset's cause in words; "cause not known" is an answer too.
func causeName(o reports.Onset) string {
	if o.Cause == "" || o.Cause == reports.Unknown {
		return "cause not known"
	}
	return kindWords(string(o.Cause))
}

// began is what is known of an onset besides its cause.
func began(p *page, o reports.Onset) string {
	o.Cause = reports.Unknown
	return onsetSentence(p.Report, o)
}

// hasWhy reports whether there is a cause, or evidence, to tell of.
func hasWhy(r *reports.Report) bool {
	return len(r.Slowdowns) > 0 || slices.ContainsFunc(r.Onset, func(o reports.Onset) bool { return cause(o) != "" || len(o.Evidence) > 0 })
}

// figure is a line of the table of the site.
type figure struct{ Name, Value, Between, From string }

func siteFigures(p reports.Pool) []figure {
	var list []figure
	add := func(name, key string, e *reports.Estimate, format func(float64) string) {
		if e == nil {
			return
		}
		lies := between(e, format)
		if e.Low == e.High {
			lies = "exact"
		}
		from := e.From
		if only := p.Assumes[key]; only != "" {
			from += "; true only if " + only
		}
		list = append(list, figure{name, format(e.Value), lies, from})
	}
	name := "workers"
	if p.Workers != nil && p.Workers.Kind == "effective" {
		name = "effective workers"
	}
	add(name, "workers", p.Workers, words.Things)
	add("queue slots", "queue_slots", p.QueueSlots, words.Things)
	add("service time, mean", "service_s", p.ServiceS, words.Span)
	add("capacity when well", "capacity_hz", p.CapacityHz, words.PerS)
	add("the gateway waits", "gateway_timeout_s", p.GatewayTimeoutS, words.Held)
	return list
}

// siteNotes say what stands behind the figures of the site.
func siteNotes(r *reports.Report) string {
	var notes []string
	p := r.Pool
	if p.Workers != nil && p.Workers.Kind == "effective" {
		notes = append(notes, "Effective workers are capacity times service time: fewer than there are processes where requests compete for CPU or a lock.")
	}
	if p.Grew {
		notes = append(notes, "The pool was seen to grow: workers reach from its first to its last size.")
	}
	switch p.Network {
	case "unix":
		notes = append(notes, "The pool listens as on a unix socket: a full queue refuses at once.")
	case "tcp":
		notes = append(notes, "The pool listens as on TCP: a full queue makes visitors wait.")
	}
	if steps := r.Visits.MeanSteps(); steps > 0 && p.CapacityHz != nil {
		notes = append(notes, fmt.Sprintf("The capacity is of requests, as whole visits send them: %s are %s of visits.", words.PerS(p.CapacityHz.Value), words.PerS(p.CapacityHz.Value/steps)))
	}
	if hz := r.Prediction.CapacityHz; hz != nil && len(r.Faults) > 0 && fits(r) {
		notes = append(notes, fmt.Sprintf("By the model it carries %s while the fault lasts (%s).", words.PerS(*hz), faultName(r.Faults[0])))
	}
	if p.FitR2 != nil {
		note := "The model explains " + explained(*p.FitR2) + " of how good answers per second varied"
		if !fits(r) {
			note += ", too little to be drawn beside what was seen"
		}
		notes = append(notes, note+".")
	}
	return strings.Join(notes, " ")
}

// grid is a table of timeouts and numbers of workers for one dependency.
type grid struct {
	Dependency, Rate string
	Workers          []crew
	Rows             []gridRow
}

// crew is a number of workers; Are marks how many there are.
type crew struct {
	N   int
	Are bool
}

type gridRow struct {
	Timeout string
	Needed  string
	Seen    bool
	Holds   []bool // by Workers
}

// maxCrews is how many numbers of workers a grid has.
const maxCrews = 7

// grids are the budgets that have choices to show. What holds with a number of
// workers is what needs no more of them.
func grids(r *reports.Report) []grid {
	var list []grid
	for _, b := range r.Budget {
		if len(b.Choices) == 0 {
			continue
		}
		g := grid{Dependency: b.Dependency, Rate: budgetRate(r, b.RateHz), Workers: crews(r.Pool, b.Choices)}
		for _, c := range choices(b) {
			row := gridRow{Timeout: words.Timeout(c.TimeoutS), Needed: words.Count(int64(c.WorkersNeeded)), Seen: b.TimeoutS != nil && near(*b.TimeoutS, c.TimeoutS)}
			for _, w := range g.Workers {
				holds := w.N >= c.WorkersNeeded
				if w.Are {
					holds = c.Holds
				}
				row.Holds = append(row.Holds, holds)
			}
			g.Rows = append(g.Rows, row)
		}
		list = append(list, g)
	}
	return list
}

// choices are the round timeouts and the one that was seen, the shortest first.
func choices(b reports.Budget) []reports.Choice {
	all := slices.Clone(b.Choices)
	if b.TimeoutS != nil && b.WorkersNeeded != nil && !slices.ContainsFunc(all, func(c reports.Choice) bool { return near(*b.TimeoutS, c.TimeoutS) }) {
		all = append(all, reports.Choice{TimeoutS: *b.TimeoutS, WorkersNeeded: *b.WorkersNeeded, Holds: b.MaxTimeoutS != nil && *b.TimeoutS <= *b.MaxTimeoutS})
	}
	slices.SortFunc(all, func(x, y reports.Choice) int { return int(math.Copysign(1, x.TimeoutS-y.TimeoutS)) })
	return all
}

// near reports whether a timeout that was seen is, but for how it was measured, a round one.
func near(seen, round float64) bool { return math.Abs(seen-round) <= 0.03*round }

// crews are the numbers of workers to show: those there are, and those that the
// choices need.
func crews(p reports.Pool, choices []reports.Choice) []crew {
	there := 0
	if w := p.Workers; w != nil && w.Kind != "effective" && math.Round(w.Low) == math.Round(w.High) {
		there = int(math.Round(w.Value))
	}
	var all []int
	for _, c := range choices {
		if c.WorkersNeeded > there {
			all = append(all, c.WorkersNeeded)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	all = all[:min(len(all), maxCrews-1)]
	list := []crew{}
	if there > 0 {
		list = append(list, crew{there, true})
	}
	for _, n := range all {
		list = append(list, crew{N: n})
	}
	return list
}
