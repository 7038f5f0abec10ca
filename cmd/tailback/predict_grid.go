package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tailback/tailback/reports/poolmodel"
)

// capacities writes what the pool can serve, well and under the fault.
func (p *prediction) capacities(b *strings.Builder) {
	fmt.Fprintf(b, "  capacity   %6s/s when the dependency answers at once\n", rate(p.Capacity(0)))
	if p.delay > 0 {
		what := "with calls of " + seconds(p.hold)
		if math.IsInf(p.hold, 1) {
			what = "while it hangs"
		}
		fmt.Fprintf(b, "             %6s/s %s\n", rate(p.Capacity(p.hold)), what)
	}
}

// grid writes which timeouts hold the rate with how many workers.
func (p *prediction) grid(b *strings.Builder) {
	workers := []int{max(p.Workers/2, 1), p.Workers, 2 * p.Workers, 4 * p.Workers}
	if n, ok := p.needed(); ok {
		workers = append(workers, n)
	}
	slices.Sort(workers)
	workers = slices.Compact(workers)
	width := max(13, len(plural(workers[len(workers)-1], "worker"))+2)
	workers = workers[:min(len(workers), (predictWidth-10)/width)]
	fmt.Fprintf(b, "  capacity per second, and whether it holds %s/s evenly spaced\n\n  %8s", short(p.rate), "timeout")
	for _, w := range workers {
		fmt.Fprintf(b, "%*s", width, plural(w, "worker"))
	}
	b.WriteString("\n")
	for _, row := range p.gridRows() {
		fmt.Fprintf(b, "  %8s", row.label)
		for _, w := range workers {
			fmt.Fprintf(b, "%*s", width, p.cell(w, row.hold))
		}
		b.WriteString("\n")
	}
}

// cell is the capacity of so many workers and whether it is enough.
func (p *prediction) cell(workers int, hold float64) string {
	site := p.Site
	site.Workers = workers
	if site.Holds(p.rate, hold) {
		return decimals(site.Capacity(hold)) + " holds"
	}
	return decimals(site.Capacity(hold)) + " fails"
}

type gridRow struct {
	label string
	hold  float64
}

// gridRows are timeouts around the budget, those people set, and none.
func (p *prediction) gridRows() []gridRow {
	delay := p.delay
	if delay == 0 {
		delay = math.Inf(1) // the question is then what a fault would do
	}
	timeouts := []float64{0.25, usualTimeout, 3, 10}
	for _, busy := range []float64{1, poolmodel.Headroom} {
		if t, ok := p.Budget(p.rate, busy); ok {
			timeouts = append(timeouts, t)
		}
	}
	if p.TimeoutS > 0 {
		timeouts = append(timeouts, p.TimeoutS)
	}
	slices.Sort(timeouts)
	var rows []gridRow
	for _, t := range timeouts {
		label := atMost(t)
		if t < delay && (len(rows) == 0 || rows[len(rows)-1].label != label) {
			rows = append(rows, gridRow{label, t})
		}
	}
	return append(rows, gridRow{"none", delay})
}

// decimals writes a capacity with the decimals that its size needs.
func decimals(hz float64) string {
	switch {
	case hz == 0:
		return "0"
	case hz < 9.995:
		return strconv.FormatFloat(hz, 'f', 2, 64)
	case hz < 99.95:
		return strconv.FormatFloat(hz, 'f', 1, 64)
	}
	return strconv.FormatFloat(hz, 'f', 0, 64)
}

// rate is decimals without zeros at the end.
func rate(hz float64) string { return trim(decimals(hz)) }
