package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// diagnosis compares what the runs tell of the site. These figures are intervals
// already: they differ when they do not overlap.
func diagnosis(before, after []Run, s spoils, o Options) (all []reports.Compared) {
	if before, after = trusted(before), trusted(after); len(before) == 0 || len(after) == 0 {
		return nil
	}
	add := func(f reports.Compared) {
		if s.calls != "" {
			f = cantTell(f, s.calls)
		}
		all = append(all, f)
	}
	known := false
	for _, p := range poolFigures {
		f := reports.Compared{Figure: p.name, Unit: p.unit}
		b, a := bounds(before, p.of), bounds(after, p.of)
		known = known || p.name == "workers" && b.known && a.known
		add(estimates(f, b, a, p.way, o))
	}
	if f, ok := places(before, after, o); ok {
		add(f)
	}
	for _, name := range declared(before, after) {
		if f, ok := waiting(before, after, name, o); ok && !known {
			add(f)
		}
		add(timeout(before, after, name, o))
		add(retries(before, after, name))
		add(budget(before, after, name, o))
	}
	return all
}

// trusted are the runs whose load was as asked.
func trusted(runs []Run) []Run {
	return slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return !r.Report.Fidelity.OK })
}

// declared are the dependencies that all runs have.
func declared(before, after []Run) (names []string) {
	has := func(r Run, name string) bool {
		return slices.ContainsFunc(r.Report.Dependencies, func(d reports.Dependency) bool { return d.Name == name }) ||
			slices.Contains(r.Report.Declared, name)
	}
	for _, d := range before[0].Report.Dependencies {
		if !slices.ContainsFunc(slices.Concat(before, after), func(r Run) bool { return !has(r, d.Name) }) {
			names = append(names, d.Name)
		}
	}
	return names
}

// poolFigures are the figures of the pool. A longer queue is neither good nor bad:
// errors come later, and waits are longer.
var poolFigures = []struct {
	name, unit string
	way        good
	of         func(*reports.Report) (*reports.Estimate, string)
}{
	{"workers", "count", more, func(r *reports.Report) (*reports.Estimate, string) {
		return r.Pool.Counted(), r.Pool.Unknown["workers"]
	}},
	{"queue_slots", "count", neither, func(r *reports.Report) (*reports.Estimate, string) {
		return r.Pool.QueueSlots, r.Pool.Unknown["queue_slots"]
	}},
	{"service", "s", less, func(r *reports.Report) (*reports.Estimate, string) {
		return r.Pool.ServiceS, r.Pool.Unknown["service_s"]
	}},
	{"capacity", "/s", more, func(r *reports.Report) (*reports.Estimate, string) {
		return r.Pool.CapacityHz, r.Pool.Unknown["capacity_hz"]
	}},
	{"gateway_timeout", "s", neither, func(r *reports.Report) (*reports.Estimate, string) {
		return r.Pool.GatewayTimeoutS, r.Pool.Unknown["gateway_timeout_s"]
	}},
}

// bound is what all runs of a side together say of a figure.
type bound struct {
	known            bool
	value, low, high float64
	exact            bool   // it can only be a whole number
	why              string // it is not known
}

func bounds(runs []Run, of func(*reports.Report) (*reports.Estimate, string)) bound {
	b := bound{low: math.Inf(1), high: math.Inf(-1), exact: true}
	var values []float64
	for _, r := range runs {
		e, why := of(r.Report)
		if e == nil {
			b.why = why
			continue
		}
		_, whole := e.Exact()
		b.exact = b.exact && whole
		values = append(values, e.Value)
		b.low, b.high = min(b.low, e.Low), max(b.high, e.High)
	}
	if b.known = len(values) == len(runs); b.known {
		b.value = *median(values)
	}
	return b
}

// estimates compares two intervals.
func estimates(f reports.Compared, b, a bound, way good, o Options) reports.Compared {
	if b.known {
		f.Before = &b.value
	}
	if a.known {
		f.After = &a.value
	}
	switch {
	case !b.known && !a.known:
		return cantTell(f, unknownWhy("neither side tells it", cmp.Or(b.why, a.why)))
	case !b.known:
		return cantTell(f, unknownWhy("before, it is not known", b.why))
	case !a.known:
		return cantTell(f, unknownWhy("after, it is not known", a.why))
	}
	low, high := a.low-b.high, a.high-b.low
	if f.Unit == "count" && b.exact && a.exact {
		low = math.Round(a.value) - math.Round(b.value)
		high = low
		*f.Before, *f.After = math.Round(b.value), math.Round(a.value)
	}
	f.Low, f.High = &low, &high
	judge(&f, way, 0, o)
	if f.Change == reports.Same && low == high {
		f.Why = ""
	}
	return f
}

func unknownWhy(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}

// places compares how many requests workers and queue held together when they were
// full: what was in flight at the first 502 for a full queue.
func places(before, after []Run, o Options) (reports.Compared, bool) {
	of := func(r *reports.Report) (*reports.Estimate, string) {
		for _, x := range r.Onset {
			if x.Cause == reports.QueueFull {
				n := float64(x.InFlight)
				return &reports.Estimate{Value: n, Low: n, High: n}, ""
			}
		}
		return nil, ""
	}
	b, a := bounds(before, of), bounds(after, of)
	if !b.known || !a.known {
		return reports.Compared{}, false
	}
	f := estimates(reports.Compared{Figure: "places", Unit: "count"}, b, a, neither, o)
	return f, true
}

// waiting compares the most calls that waited at once while a dependency hung and
// the queue was full: each worker then has one, if each request calls.
func waiting(before, after []Run, dependency string, o Options) (reports.Compared, bool) {
	of := func(r *reports.Report) (*reports.Estimate, string) {
		d := reports.DependencyNamed(r.Dependencies, dependency)
		if d.CallsPerHit == nil || *d.CallsPerHit < 0.99 {
			return nil, ""
		}
		for i := range r.Onset {
			x := &r.Onset[i]
			if f := r.FaultOf(x); x.Cause == reports.QueueFull && f != nil && f.Dependency == dependency && f.PeakConnections != nil && f.Share == 1 {
				n := float64(*f.PeakConnections)
				return &reports.Estimate{Value: n, Low: n, High: n}, ""
			}
		}
		return nil, ""
	}
	b, a := bounds(before, of), bounds(after, of)
	if !b.known || !a.known {
		return reports.Compared{}, false
	}
	f := estimates(reports.Compared{Dependency: dependency, Figure: "waiting", Unit: "count"}, b, a, more, o)
	f.Why = words.Both("the queue was full: each worker has one, so that there are as many, at least", f.Why)
	return f, true
}

// timeout compares how long the site waits for a dependency. None is the longest,
// where it was watched for longer than the other side's.
func timeout(before, after []Run, dependency string, o Options) reports.Compared {
	f := reports.Compared{Dependency: dependency, Figure: "timeout", Unit: "s"}
	b, a := waits(before, dependency), waits(after, dependency)
	switch {
	case b.why != "" || a.why != "":
		return cantTell(f, unknownWhy("it is not known on both sides", cmp.Or(b.why, a.why)))
	case b.none && a.none:
		f.Change, f.Why = reports.Same, fmt.Sprintf("none within %s", words.Span(min(b.horizon, a.horizon)))
		return f
	case b.none:
		f.After = &a.value
		return noTimeout(f, b, a, reports.Improved, "before")
	case a.none:
		f.Before = &b.value
		return noTimeout(f, a, b, reports.Worse, "after")
	case b.by != a.by:
		f.Before, f.After = &b.value, &a.value
		f = cantTell(f, fmt.Sprintf("before, the wait was ended by %s, after by %s", ended[b.by], ended[a.by]))
		f.Change = reports.Changed
		return f
	}
	return estimates(f, b.bound, a.bound, less, o)
}

var ended = map[string]string{reports.ByApp: "the application", reports.ByWorker: "the end of its worker"}

// noTimeout judges a timeout that one side has and the other has not.
func noTimeout(f reports.Compared, without, with wait, change reports.Change, when string) reports.Compared {
	if without.horizon <= with.high {
		return cantTell(f, fmt.Sprintf("%s, calls were watched for only %s", when, words.Span(without.horizon)))
	}
	f.Change, f.Why = change, fmt.Sprintf("%s, none within %s", when, words.Span(without.horizon))
	return f
}

// wait is what all runs of a side say of a timeout.
type wait struct {
	bound
	none    bool
	by      string
	horizon float64
}

func waits(runs []Run, dependency string) (w wait) {
	found := func(r *reports.Report) (*reports.Estimate, string) {
		t := reports.TimeoutOn(r.Timeouts, dependency)
		if t == nil {
			return nil, "no call to it was held"
		}
		return t.ObservedS, t.Why
	}
	w.bound = bounds(runs, found)
	w.horizon = math.Inf(1)
	for i, r := range runs {
		t := reports.TimeoutOn(r.Report.Timeouts, dependency)
		if t == nil || t.Verdict == "" {
			w.why = "no call to it was held for long enough"
			if t != nil && t.Why != "" {
				w.why = t.Why
			}
			return w
		}
		if i > 0 && t.Verdict != w.by {
			w.why = "the runs of a side do not agree"
			return w
		}
		w.by, w.horizon = t.Verdict, min(w.horizon, t.HorizonS)
	}
	if w.none = w.by == reports.ByNobody; w.none || w.known {
		w.why = ""
	}
	return w
}

// retries compares how many further tries a call makes. More of them are neither
// good nor bad: each holds a worker, and may be answered.
func retries(before, after []Run, dependency string) reports.Compared {
	f := reports.Compared{Dependency: dependency, Figure: "retries", Unit: "count"}
	of := func(r *reports.Report) (*reports.Estimate, string) {
		t := reports.TimeoutOn(r.Timeouts, dependency)
		if t == nil || !t.RetriesKnown && t.Retries == 0 {
			return nil, ""
		}
		n := float64(t.Retries)
		return &reports.Estimate{Value: n, Low: n, High: n}, ""
	}
	return estimates(f, bounds(before, of), bounds(after, of), neither, Options{})
}

// budget compares the longest timeout that holds the rate, where it is the same rate.
func budget(before, after []Run, dependency string, o Options) reports.Compared {
	f := reports.Compared{Dependency: dependency, Figure: "budget", Unit: "s"}
	rate := 0.0
	for _, r := range slices.Concat(before, after) {
		b := r.Report.BudgetOf(dependency)
		switch {
		case b == nil:
		case rate == 0:
			rate = b.RateHz
		case math.Abs(b.RateHz/rate-1) > 0.01:
			return cantTell(f, fmt.Sprintf("it is for another rate on each side: %s and %s", words.Asked(rate), words.Asked(b.RateHz)))
		}
	}
	return estimates(f, bounds(before, budgetOf(dependency)), bounds(after, budgetOf(dependency)), more, o)
}

// budgetOf is the longest timeout that holds the rate. It is as uncertain as the
// workers and the service time that it was worked out from:
// T* = (workers/rate - own)/calls.
func budgetOf(dependency string) func(*reports.Report) (*reports.Estimate, string) {
	return func(r *reports.Report) (*reports.Estimate, string) {
		b := r.BudgetOf(dependency)
		switch {
		case b == nil:
			return nil, "workers or service time are not known"
		case b.MaxTimeoutS == nil:
			return nil, unknownWhy("no timeout holds the rate", b.Why)
		}
		e := &reports.Estimate{Value: *b.MaxTimeoutS, Low: *b.MaxTimeoutS, High: *b.MaxTimeoutS}
		w, s := r.Pool.Counted(), r.Pool.ServiceS
		if b.Bound != "workers" || w == nil || s == nil || b.RateHz <= 0 || b.Calls <= 0 || s.Value <= 0 {
			return e, ""
		}
		e.Low -= ((w.Value-w.Low)/b.RateHz + b.OwnS*(s.High/s.Value-1)) / b.Calls
		e.High += ((w.High-w.Value)/b.RateHz + b.OwnS*(1-s.Low/s.Value)) / b.Calls
		return e, ""
	}
}
