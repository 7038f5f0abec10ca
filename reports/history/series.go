package history

import (
	"cmp"
	"math"
	"slices"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
)

// series makes the series of the runs' figures. They are in the order of the
// experiments' names, and of each in that of kinds and then as the newest run tells them.
func series(runs []*run, wanted []string) []reports.Series {
	values := map[key][]*float64{}
	var order []key // the newest first
	for i, r := range slices.Backward(runs) {
		for _, f := range r.figures() {
			if len(wanted) > 0 && !slices.Contains(wanted, f.figure) {
				continue
			}
			if values[f.key] == nil {
				values[f.key] = make([]*float64, len(runs))
				order = append(order, f.key)
			}
			values[f.key][i] = new(f.value)
		}
	}
	slices.SortStableFunc(order, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(rank(a.figure), rank(b.figure)))
	})
	all := []reports.Series{}
	for _, k := range order {
		kind := kinds[rank(k.figure)]
		all = append(all, reports.Series{Name: k.name, Title: k.title(), Figure: k.figure, Phase: k.phase, Dependency: k.dependency,
			Fault: k.fault, Unit: kind.unit, MoreIsGood: kind.moreIsGood, Values: values[k]})
	}
	return all
}

// rank is where a figure is in kinds.
func rank(figure string) int {
	for i, k := range kinds {
		if k.figure == figure {
			return i
		}
	}
	return len(kinds)
}

// title is what a series is, in words.
func (k key) title() string {
	switch k.figure {
	case figureOnset:
		return "first 5xx after " + k.dependency + " in " + k.phase
	case figureRecovered:
		return "well again after " + k.dependency
	case figureCapacity:
		if k.fault != "" {
			return "capacity with " + k.fault
		}
		return "capacity"
	case figureTimeout, figureBudget:
		return k.figure + " on " + k.dependency
	case figureWorkers:
		return "workers"
	}
	return k.figure + " in " + k.phase
}

// marks finds the change points of all series, the newest first.
func marks(h *reports.History) []reports.ChangeMark {
	all := []reports.ChangeMark{}
	for i, s := range h.Series {
		var values []float64
		var nights []int
		for night, v := range s.Values {
			if v != nil {
				values, nights = append(values, *v), append(nights, night)
			}
		}
		worth := func(before, after float64) bool {
			return math.Abs(after-before) >= max(h.MinEffect*math.Abs(before), least(s.Unit))
		}
		for _, step := range stats.Steps(values, h.Significance, worth) {
			m := reports.ChangeMark{Series: i, Night: nights[step.At], Before: step.Before, After: step.After, P: step.P, Gradual: step.Gradual, Change: reports.Worse}
			if (m.After > m.Before) == s.MoreIsGood {
				m.Change = reports.Improved
			}
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b reports.ChangeMark) int { return cmp.Compare(b.Night, a.Night) })
	return all
}

// least is the smallest change that matters in a unit, however small what was
// before: a millisecond, half a percent of the requests, half a worker.
func least(unit string) float64 {
	switch unit {
	case "s":
		return 0.001
	case "ratio":
		return 0.005
	case "count":
		return 0.5
	}
	return 0
}
