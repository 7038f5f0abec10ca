package whatif

import (
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/words"
)

// grid is which timeouts hold the rate with how many workers.
func (a *answer) grid() reports.Grid {
	g := reports.Grid{RateHz: a.RateHz, Workers: a.crews()}
	here := a.TimeoutS // 0: calls last as long as the dependency takes
	if here >= a.slowS() {
		here = 0
	}
	for _, t := range a.timeouts() {
		hold := poolmodel.Hold(a.slowS(), t)
		row := reports.GridRow{TimeoutS: positive(t), HoldS: known(hold, true)}
		for _, workers := range g.Workers {
			cell := a.cell(workers, hold)
			cell.Site = workers == a.Workers && t == here
			row.Cells = append(row.Cells, cell)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// cell is a site with so many workers when calls last hold.
func (a *answer) cell(workers int, hold float64) reports.GridCell {
	site := a.site
	site.Workers = workers
	cell := reports.GridCell{CapacityHz: site.Capacity(hold), Holds: site.Holds(a.RateHz, hold)}
	if busy := a.RateHz / cell.CapacityHz; busy <= 1+1e-9 {
		cell.Busy = new(min(busy, 1))
	}
	if cell.Holds {
		return cell
	}
	o := site.Onset(a.RateHz, hold)
	at, code := firstError(o.First502S, o.First504S)
	if cell.OnsetS = known(at, code != 0); code != 0 {
		cell.Code = &code
	}
	return cell
}

// crews are numbers of workers around those there are, and those needed.
func (a *answer) crews() []int {
	all := []int{max(a.Workers/2, 1), a.Workers, 2 * a.Workers, 4 * a.Workers}
	if n, ok := needed(a.site, a.RateHz, a.plannedS()); ok {
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// timeouts are some around the budget, those people set, and none (0). Those that
// read the same are one.
func (a *answer) timeouts() []float64 {
	all := []float64{0.25, usualTimeout, 3, 10}
	for _, busy := range []float64{1, poolmodel.Headroom} {
		if t, ok := a.site.Budget(a.RateHz, busy); ok && !math.IsInf(t, 1) {
			all = append(all, t)
		}
	}
	if a.TimeoutS > 0 {
		all = append(all, a.TimeoutS)
	}
	slices.Sort(all)
	var some []float64
	for _, t := range all {
		same := len(some) > 0 && words.Limit(some[len(some)-1]) == words.Limit(t)
		switch {
		case t >= a.slowS():
		case same && t == a.TimeoutS: // what the site has stays itself
			some[len(some)-1] = t
		case !same:
			some = append(some, t)
		}
	}
	return append(some, 0)
}
