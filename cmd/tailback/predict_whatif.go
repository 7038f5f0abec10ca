package main

import (
	"math"
	"slices"

	"github.com/spf13/pflag"

	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/diagnose"
	"github.com/tailback/tailback/reports/poolmodel"
)

// figuresOf lists what the model was given: from a run, by flag, or by default.
func figuresOf(flags *pflag.FlagSet, origins []reports.Figure) []reports.Figure {
	list := []reports.Figure{}
	for _, name := range []string{"workers", "queue", "network", "service", "share", "hang", "delay", "timeout", "gateway-timeout", "rate", "arrivals"} {
		if i := slices.IndexFunc(origins, func(o reports.Figure) bool { return o.Flag == name }); i >= 0 {
			list = append(list, origins[i])
			continue
		}
		f := flags.Lookup(name)
		value := f.Value.String()
		switch {
		case value == "" || value == "false":
		case name == "hang":
			list = append(list, reports.Figure{Flag: name, From: "given"})
		case f.Changed:
			list = append(list, reports.Figure{Flag: name, Value: value, From: "given"})
		default:
			list = append(list, reports.Figure{Flag: name, Value: value, From: "assumed, as it was not given"})
		}
	}
	return list
}

// whatIf is the prediction as plain data.
func (p *prediction) whatIf() *reports.WhatIf {
	return &reports.WhatIf{
		ToolVersion: harness.Version,
		Summary:     p.seen(),
		Asked:       p.asked(),
		Advice:      p.advice(),
		Figures:     p.figures,
		Budget:      []reports.Budget{diagnose.NewBudget(p.Site, float64(p.Workers), p.rate, p.dependency, positive(p.TimeoutS))},
		Prediction:  p.seconds(),
		Grid:        p.grid(),
	}
}

func (p *prediction) seconds() reports.PredictedSeconds {
	var out reports.PredictedSeconds
	out.OnsetS = known(p.onset, p.code != 0)
	if p.code != 0 {
		out.OnsetCode = &p.code
	}
	out.First502S, out.First504S = known(p.result.First502.AtS, true), known(p.result.First504.AtS, true)
	out.CapacityHz, out.CapacityWellHz = known(p.Capacity(p.hold), p.delay > 0), p.Capacity(0)
	out.Series = []reports.PredictedSecond{}
	for i, s := range p.result.Seconds {
		out.Series = append(out.Series, reports.PredictedSecond{
			Moment: reports.Moment{AtS: float64(i), OKHz: float64(s.OK), BadHz: float64(s.BadGateway + s.GatewayTimeout),
				InFlight: float64(s.InFlight), Busy: float64(s.Busy), Queued: float64(s.Queued)},
			AskedHz: float64(s.Arrived),
			CodesHz: map[string]float64{"502": float64(s.BadGateway), "504": float64(s.GatewayTimeout)},
		})
	}
	return out
}

// grid is which timeouts hold the rate with how many workers.
func (p *prediction) grid() reports.Grid {
	g := reports.Grid{RateHz: p.rate, Workers: p.crews()}
	here := p.TimeoutS // 0: calls last as long as the dependency takes
	if here >= p.slow() {
		here = 0
	}
	for _, t := range p.timeouts() {
		row := reports.GridRow{TimeoutS: positive(t), HoldS: known(poolmodel.Hold(p.slow(), t), true)}
		for _, workers := range g.Workers {
			cell := p.cell(workers, poolmodel.Hold(p.slow(), t))
			cell.Site = workers == p.Workers && t == here
			row.Cells = append(row.Cells, cell)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// cell is a site with so many workers when calls last hold.
func (p *prediction) cell(workers int, hold float64) reports.GridCell {
	site := p.Site
	site.Workers = workers
	cell := reports.GridCell{CapacityHz: site.Capacity(hold), Holds: site.Holds(p.rate, hold)}
	if busy := p.rate / cell.CapacityHz; busy <= 1+1e-9 {
		busy = min(busy, 1)
		cell.Busy = &busy
	}
	if o := site.Onset(p.rate, hold); !cell.Holds {
		at, code := firstError(o.First502S, o.First504S)
		if cell.OnsetS = known(at, code != 0); code != 0 {
			cell.Code = &code
		}
	}
	return cell
}

// slow is how long the dependency takes in the grid, of which the question is
// what a hang would do where nothing was asked.
func (p *prediction) slow() float64 {
	if p.delay == 0 {
		return math.Inf(1)
	}
	return p.delay
}

// crews are numbers of workers around those there are, and those needed.
func (p *prediction) crews() []int {
	all := []int{max(p.Workers/2, 1), p.Workers, 2 * p.Workers, 4 * p.Workers}
	if n, ok := p.needed(); ok {
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// timeouts are some around the budget, those people set, and none (0).
func (p *prediction) timeouts() []float64 {
	all := []float64{0.25, usualTimeout, 3, 10}
	for _, busy := range []float64{1, poolmodel.Headroom} {
		if t, ok := p.Budget(p.rate, busy); ok {
			all = append(all, t)
		}
	}
	if p.TimeoutS > 0 {
		all = append(all, p.TimeoutS)
	}
	slices.Sort(all)
	var some []float64
	for _, t := range all {
		same := len(some) > 0 && atMost(some[len(some)-1]) == atMost(t)
		switch {
		case t >= p.slow():
		case same && t == p.TimeoutS: // what the site has stays itself
			some[len(some)-1] = t
		case !same:
			some = append(some, t)
		}
	}
	return append(some, 0)
}

// positive is v, or nil for 0, which stands for none.
func positive(v float64) *float64 { return known(v, v > 0) }
