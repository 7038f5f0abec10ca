package history

import (
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
)

// The figures of a history, in the order in which they are shown.
const (
	figureCapacity  = "capacity"
	figureWorkers   = "workers"
	figureP50       = "p50"
	figureP99       = "p99"
	figureErrors    = "errors"
	figureCompleted = "completed"
	figureOnset     = "onset"
	figureRecovered = "recovered"
	figureTimeout   = "timeout"
	figureBudget    = "budget"
)

// kinds say of each figure what it is.
var kinds = []struct {
	figure, unit string
	moreIsGood   bool
}{
	{figureCapacity, "/s", true},
	{figureWorkers, "count", true},
	{figureP50, "s", false},
	{figureP99, "s", false},
	{figureErrors, "ratio", false},
	{figureCompleted, "ratio", true}, // of the visits that ended
	{figureOnset, "s", true},         // later is better
	{figureRecovered, "s", false},
	{figureTimeout, "s", false}, // a shorter one holds a worker for less
	{figureBudget, "s", true},   // the longest timeout that still holds
}

// Figures are the names of all figures that a history can have.
func Figures() (names []string) {
	for _, k := range kinds {
		names = append(names, k.figure)
	}
	return names
}

// key says which series a figure belongs to.
type key struct{ name, figure, phase, dependency, fault string }

// figure is one figure of one run.
type figure struct {
	key
	value float64
}

// figures are the figures of a run that count, in the order in which they are told.
func (r *run) figures() (all []figure) {
	add := func(k key, v *float64) {
		if v != nil && *v >= 0 && !math.IsInf(*v, 0) { // else the report is damaged
			k.name = r.name()
			all = append(all, figure{k, *v})
		}
	}
	for _, c := range r.Capacity {
		add(key{figure: figureCapacity, fault: c.Fault}, c.RateHz)
	}
	for _, row := range r.Rows {
		if row.Timeout != nil {
			add(key{figure: figureTimeout, dependency: row.Dependency}, row.Timeout.ObservedS.of())
		}
		add(key{figure: figureBudget, dependency: row.Dependency}, row.MaxTimeoutS)
	}
	if r.Kind != "" || r.untrusted() {
		return all
	}
	r.traffic(add)
	if r.trusted() {
		r.site(add)
	}
	return all
}

// traffic are the figures of the phases that count.
func (r *run) traffic(add func(key, *float64)) {
	spoiled := r.spoiled()
	for i := range r.Phases {
		p := &r.Phases[i]
		if p.Warmup || p.CutShort || p.Doubt != "" || slices.Contains(spoiled, p.Name) {
			continue
		}
		add(key{figure: figureP50, phase: p.Name}, p.ResponseS.P50)
		add(key{figure: figureP99, phase: p.Name}, p.ResponseS.P99)
		if p.OKRatio != nil {
			add(key{figure: figureErrors, phase: p.Name}, new(1-*p.OKRatio))
		}
		if p.Visits != nil {
			add(key{figure: figureCompleted, phase: p.Name}, p.Visits.CompletedRatio)
		}
	}
}

// site are the figures of what faults did, and of the site.
func (r *run) site(add func(key, *float64)) {
	first := map[key]*float64{} // of the errors that began in a phase
	last := map[key]*float64{}
	for _, o := range r.Onset {
		k := key{figure: figureOnset, phase: o.Phase, dependency: o.Dependency}
		if at := o.AfterFaultS; at != nil && o.Cause != reports.Generator && (first[k] == nil || *at < *first[k]) {
			first[k] = at
		}
	}
	for _, o := range r.Onset {
		k := key{figure: figureOnset, phase: o.Phase, dependency: o.Dependency}
		add(k, first[k])
		first[k] = nil
	}
	for _, c := range r.Recovery { // of faults after each other, the one that took longest
		k := key{figure: figureRecovered, dependency: c.Dependency}
		if at := c.AfterLiftS; at != nil && (last[k] == nil || *at > *last[k]) {
			last[k] = at
		}
	}
	for _, c := range r.Recovery {
		k := key{figure: figureRecovered, dependency: c.Dependency}
		add(k, last[k])
		last[k] = nil
	}
	add(key{figure: figureCapacity}, r.Pool.CapacityHz.of())
	add(key{figure: figureWorkers}, r.Pool.Workers.of())
	told := map[string]bool{}
	for _, t := range slices.Backward(r.Timeouts) { // of several, the last
		if !told[t.Dependency] && t.ObservedS != nil {
			told[t.Dependency] = true
			add(key{figure: figureTimeout, dependency: t.Dependency}, t.ObservedS.of())
		}
	}
	for _, b := range r.Budget {
		add(key{figure: figureBudget, dependency: b.Dependency}, b.MaxTimeoutS)
	}
}
