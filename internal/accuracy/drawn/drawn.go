// Package drawn holds what the reports say of simulated sites of many kinds
// against their truth.
package drawn

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
)

// Run is a run on a drawn site, with its report.
type Run struct {
	Kind   string
	Seed   uint64
	Truth  *zoo.Truth
	Report *reports.Report
}

// Draw simulates the run of a kind with that seed, and analyses its record.
func Draw(k zoo.Kind, seed uint64) (Run, error) {
	site, plan := k.Draw(seed)
	return simulated(k.Name, seed, site, plan)
}

// DrawVisits is Draw of the same site as it is asked by visits.
func DrawVisits(k zoo.Kind, seed uint64) (Run, error) {
	site, plan := k.DrawVisits(seed)
	return simulated(k.Name, seed, site, plan)
}

func simulated(kind string, seed uint64, site *zoo.Site, plan zoo.Plan) (Run, error) {
	record, truth := zoo.Simulate(site, plan, seed)
	r, err := analysis.Contents(contentsOf(record))
	if err != nil {
		return Run{}, fmt.Errorf("analyse %s %d: %w", kind, seed, err)
	}
	return Run{kind, seed, truth, r}, nil
}

func contentsOf(record *zoo.Record) journal.Contents {
	return journal.Contents{
		Manifest: record.Manifest, Experiment: record.Experiment, Events: record.Events, Observations: record.Observations,
		Hits: func() iter.Seq2[[]journal.Hit, error] {
			return func(yield func([]journal.Hit, error) bool) { yield(record.Hits, nil) }
		},
	}
}

// Mark is one thing that a report says of a drawn site, or keeps silent about,
// beside the truth.
type Mark struct {
	Figure string
	Said   string // "" is nothing
	Truth  string
	Could  bool // the run could tell it
	Inside bool // the truth lies in the stated interval
	Exact  bool // it was said as the only possible number
	// Assumed: it is true on an assumption only, which it states, and which is false here.
	Assumed bool
	Wrong   bool // off by more than a tenth, the truth outside the interval; a wrong cause; a false claim
	// Confidence of a cause; 0 of others.
	Confidence float64
}

// Marks are all of a run.
func (d Run) Marks() []Mark {
	t, p := d.Truth, d.Report.Pool
	alone := p.Assumes["workers"] != ""
	marks := []Mark{
		whole("workers", p.Counted(), t.Workers, t.Tells.Workers).assuming(alone, d.places()),
		whole("queue slots", p.QueueSlots, t.Slots, t.Tells.Slots).assuming(p.Assumes["queue_slots"] != "", t.Site.Gateway.MaxConns > 0 || d.compete() || len(t.Site.Visitors) > 0).assuming(alone, d.places()),
		d.capacity().assuming(alone, d.places()).assuming(p.Assumes["capacity_hz"] != "", d.elsewhere()),
	}
	if p.GatewayTimeoutS != nil || t.Tells.GatewayTimeout {
		marks = append(marks, number("gateway timeout", p.GatewayTimeoutS, t.GatewayTimeout.Seconds(), t.Tells.GatewayTimeout))
	}
	for i, limit := range t.Timeouts {
		marks = append(marks, d.timeout(i, limit), d.budget(i, limit.Dependency))
	}
	return slices.Concat(marks, d.causes(), d.claims())
}

// capacity marks what the site is said to carry: it must carry the lower end of the
// interval, and not the higher.
func (d Run) capacity() Mark {
	said := d.Report.Pool.CapacityHz
	m := Mark{Figure: "capacity", Could: d.Truth.Tells.Capacity}
	if said == nil {
		return m
	}
	m.Said = said.String()
	low, high := d.Truth.Carries(0.95*said.Low), d.Truth.Carries(1.05*said.High)
	m.Inside = low && !high
	switch {
	case !low && !d.Truth.Carries(0.9*said.Low):
		m.Wrong, m.Truth = true, "less"
	case high && d.Truth.Carries(1.1*said.High):
		m.Wrong, m.Truth = true, "more"
	}
	return m
}

// whole marks a number of things; there may be none such on the site.
func whole(figure string, said *reports.Estimate, truth *int, could bool) Mark {
	if truth == nil {
		m := Mark{Figure: figure, Truth: "there are none", Inside: said == nil}
		if said != nil {
			m.Said, m.Wrong, m.Exact = said.String(), true, math.Round(said.Low) == math.Round(said.High)
		}
		return m
	}
	return number(figure, said, float64(*truth), could)
}

func number(figure string, said *reports.Estimate, truth float64, could bool) Mark {
	m := Mark{Figure: figure, Truth: fmt.Sprintf("%.4g", truth), Could: could}
	if said == nil {
		return m
	}
	_, m.Exact = said.Exact()
	m.Said = said.String()
	m.Inside = said.Low <= truth*1.005+1e-9 && truth <= said.High*1.005+1e-9
	m.Wrong = !m.Inside && math.Abs(said.Value-truth) > 0.1*truth
	m.Exact = m.Exact && truth >= 1
	return m
}

// timeout marks what is said of the site's timeout on a dependency.
func (d Run) timeout(i int, limit zoo.Timeout) Mark {
	t := reports.TimeoutOn(d.Report.Timeouts, limit.Dependency)
	want := limit.Limit
	m := Mark{Figure: "timeout", Truth: want.String(), Could: d.Truth.Tells.Timeouts[i]}
	switch {
	case t == nil || t.Verdict == "":
		return m
	case t.Connect:
		want = limit.Connect
	}
	switch t.Verdict {
	case reports.ByApp:
		if want == 0 {
			m.Said, m.Wrong, m.Truth = t.ObservedS.String(), true, "none"
			return m
		}
		return number("timeout", t.ObservedS, want.Seconds(), m.Could)
	case reports.ByWorker:
		m.Said, m.Inside = "killed after "+t.ObservedS.String(), limit.Killed > 0 && t.ObservedS.Low <= limit.Killed.Seconds()+1 && limit.Killed.Seconds() <= t.ObservedS.High+0.005
		m.Truth, m.Wrong = limit.Killed.String(), limit.Killed == 0
	default:
		m.Said = fmt.Sprintf("none within %.3g s", t.HorizonS)
		m.Inside = want == 0 || want.Seconds() >= 0.95*t.HorizonS
		m.Wrong = !m.Inside
	}
	return m
}

// budget marks the longest timeout that is said to hold a rate: it must, and one a fifth
// longer must not, or one so much longer than what it is if a request waits for one call only.
func (d Run) budget(i int, dependency string) Mark {
	m := Mark{Figure: "budget"}
	b := d.Report.BudgetOf(dependency)
	if b == nil || b.MaxTimeoutS == nil {
		return m
	}
	most := *b.MaxTimeoutS
	m.Said = fmt.Sprintf("%.3g s at %.3g/s", most, b.RateHz)
	at := func(share float64) bool {
		return d.Truth.Holds(i, time.Duration(share*most*float64(time.Second)), b.RateHz)
	}
	longest := 1.0
	if b.OnceS != nil {
		longest = max(*b.OnceS/most, 1)
	}
	m.Inside = at(0.8) && !at(1.25*longest)
	m.Wrong = !at(0.8)
	if m.Wrong {
		m.Truth = "does not hold"
	} else if !m.Inside {
		m.Truth = "longer ones hold as well"
	}
	return m.assuming(b.Assumes != "", len(d.Truth.Site.Visitors) > 0).assuming(d.Report.Pool.Assumes["workers"] != "", d.places())
}

// assuming excuses what is wrong because of an assumption that it states.
func (m Mark) assuming(stated, isFalse bool) Mark {
	if m.Wrong && stated && isFalse {
		m.Wrong, m.Assumed = false, true
	}
	return m
}

// causes marks each cause that is named at 0.5 or more, and each fault that is blamed.
func (d Run) causes() (list []Mark) {
	for _, o := range d.Report.Onset {
		if o.Cause == reports.Unknown || o.Cause == "" || o.Confidence == nil || *o.Confidence < 0.5 || o.Cause == reports.ClientTimeout || o.Cause == reports.Generator {
			continue
		}
		m := Mark{Figure: "cause", Said: fmt.Sprintf("%d at %.1f s: %s %.2f", o.Code, o.FirstS, o.Cause, *o.Confidence), Confidence: *o.Confidence}
		near := d.near(&o)
		for _, s := range near {
			m.Truth += fmt.Sprint(s.Causes, s.Faults, " ")
		}
		named := func(c reports.Cause) bool {
			return slices.ContainsFunc(near, func(s zoo.Span) bool { return slices.Contains(s.Causes, zoo.Cause(c)) })
		}
		m.Inside = named(o.Cause) || slices.ContainsFunc(o.Or, named)
		m.Assumed, m.Wrong = !named(o.Cause) && m.Inside, !m.Inside
		list = append(list, m)
		if o.AfterFaultS == nil || len(near) == 0 {
			continue
		}
		blame := Mark{Figure: "blame", Said: fmt.Sprintf("%d at %.1f s: %.1f s after %s", o.Code, o.FirstS, *o.AfterFaultS, o.Dependency), Truth: m.Truth, Confidence: *o.Confidence}
		blame.Inside = slices.ContainsFunc(near, func(s zoo.Span) bool { return len(s.Faults) > 0 })
		blame.Wrong = !blame.Inside
		list = append(list, blame)
	}
	return list
}

// Tally sums up the marks of one figure.
type Tally struct {
	Told   int // said
	Inside int // of these, with the truth in the interval
	Wrong  int // of these, wrong
	// Assumed are those that an assumption they state, or another cause that they
	// name beside the first, keeps from being wrong.
	Assumed int
	Exact   int // of the wrong, said as the only possible number
	Could   int // runs that could tell
	Silent  int // of these, those in which nothing was said
	// Tenths are what was said with a confidence, and how much of it is right, by tenths of it.
	Tenths [10]struct{ Told, Right int }
}

// Add counts a mark.
func (t *Tally) Add(m Mark) {
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&t.Told, m.Said != "")
	count(&t.Inside, m.Said != "" && m.Inside)
	count(&t.Wrong, m.Wrong)
	count(&t.Assumed, m.Assumed)
	count(&t.Exact, m.Wrong && m.Exact)
	if m.Confidence > 0 {
		tenth := &t.Tenths[min(int(10*m.Confidence), 9)]
		tenth.Told++
		count(&tenth.Right, m.Inside)
	}
	count(&t.Could, m.Could)
	count(&t.Silent, m.Could && m.Said == "")
}
