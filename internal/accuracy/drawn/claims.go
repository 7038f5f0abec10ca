package drawn

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports"
)

// claims marks what a report promises or asserts besides figures, each beside
// what the site really does.
func (d Run) claims() (list []Mark) {
	for i := range d.Report.Claims {
		if m := d.claimed(&d.Report.Claims[i]); m != nil {
			list = append(list, m.assuming(d.Report.Claims[i].Assumes != "", d.assumesFalsely()))
		}
	}
	return append(list, d.workersNeeded()...)
}

// claimed is the mark of one claim; nil where the truth is not known.
func (d Run) claimed(c *reports.Claim) *Mark {
	i := slices.IndexFunc(d.Truth.Site.Dependencies, func(one zoo.Dependency) bool { return one.Name == c.Dependency })
	limited := i >= 0 && d.Truth.Workers != nil && d.Truth.Timeouts[i].Limit > 0
	switch c.Kind {
	case reports.AllWaited, reports.MostWaited:
		return d.waited(c, i)
	case reports.NoFaultToBlame:
		return d.notToBlame(c)
	case reports.WellAgain:
		return d.wellAgain(c)
	case reports.TimeoutHeld, reports.WithinBudget:
		if limited {
			return claim(fmt.Sprintf("%s: %.3g s, %.3g/s", c.Kind, *c.TimeoutS, *c.RateHz), d.Truth.HoldsWith(*d.Truth.Workers, i, 0.9**c.RateHz), "it does not")
		}
	case reports.WorkersCarry:
		return claim(fmt.Sprintf("%d workers carry %.3g/s", *c.Workers, *c.RateHz), d.Truth.Workers != nil && d.Truth.CarriesWith(enough(*c.Workers), *c.RateHz), "they do not")
	}
	return nil
}

// assumesFalsely reports whether the site has what the assumptions of reports exclude:
// other visitors, or a pool of connections.
func (d Run) assumesFalsely() bool { return len(d.Truth.Site.Visitors) > 0 || d.places() }

// compete reports whether workers hinder each other on the site.
func (d Run) compete() bool {
	return d.Truth.Site.Cores > 0 || slices.ContainsFunc(d.Truth.Site.Pages, func(p zoo.Page) bool { return p.Work.CPU || p.Work.Grow > 0 })
}

// elsewhere reports whether some requests take none of the first pool's workers.
func (d Run) elsewhere() bool {
	return slices.ContainsFunc(d.Truth.Site.Pages, func(p zoo.Page) bool { return p.Static || p.Pool > 0 })
}

// places reports whether the site has a pool of connections to a dependency.
func (d Run) places() bool {
	return slices.ContainsFunc(d.Truth.Timeouts, func(t zoo.Timeout) bool { return t.Places > 0 })
}

// enough are a tenth more workers than were named, and one.
func enough(workers int) int { return int(math.Ceil(1.1*float64(workers))) + 1 }

func claim(said string, right bool, truth string) *Mark {
	m := &Mark{Figure: "claim", Said: said, Inside: right, Wrong: !right}
	if !right {
		m.Truth = truth
	}
	return m
}

// workersNeeded: so many workers hold the rate with the timeout that there is;
// enough of them must.
func (d Run) workersNeeded() (list []Mark) {
	for i, limit := range d.Truth.Timeouts {
		b := d.Report.BudgetOf(limit.Dependency)
		if b == nil || b.WorkersNeeded == nil || d.Truth.Workers == nil || limit.Limit == 0 {
			continue
		}
		list = append(list, *claim(fmt.Sprintf("%d workers hold %.3g/s with %.3g s", *b.WorkersNeeded, b.RateHz, *b.TimeoutS),
			d.Truth.HoldsWith(enough(*b.WorkersNeeded), i, b.RateHz), "they do not"))
	}
	return list
}

// waited: all workers, or so many of them, were waiting for a dependency when an error came.
func (d Run) waited(c *reports.Claim, dependency int) *Mark {
	o := d.onsetAt(*c.AtS)
	said := fmt.Sprintf("%s for %s", c.Kind, c.Dependency)
	switch {
	case o == nil || o.AfterFaultS == nil || dependency < 0:
		return nil
	case d.Truth.Workers == nil:
		return claim(said, false, "there are no workers")
	}
	most, all := 0, false
	for _, s := range d.Truth.States {
		if at := s.At.Seconds(); o.FirstS-*o.AfterFaultS <= at && at <= o.FirstS+1 { // who had a 504 waited long before
			most = max(most, s.Waiting[dependency])
			all = all || s.Queue > 0 && s.Waiting[dependency] >= s.Busy // a pool may not have started all yet
		}
	}
	want := *d.Truth.Workers
	if c.Kind == reports.MostWaited {
		want = want * 3 / 4
	}
	return claim(said, all || most >= want, fmt.Sprintf("%d of %d were", most, *d.Truth.Workers))
}

// onsetAt is the onset whose first error came then, or nil.
func (d Run) onsetAt(s float64) *reports.Onset {
	i := slices.IndexFunc(d.Report.Onset, func(o reports.Onset) bool { return o.FirstS == s })
	if i < 0 {
		return nil
	}
	return &d.Report.Onset[i]
}

// notToBlame: errors would have come without any fault. Where no such errors came in
// truth, another mark tells.
func (d Run) notToBlame(c *reports.Claim) *Mark {
	o := d.onsetAt(*c.AtS)
	if o == nil {
		return nil
	}
	near := d.near(o)
	if len(near) == 0 {
		return nil
	}
	if !slices.ContainsFunc(d.Report.Faults, func(f reports.Fault) bool { return f.AppliedS < o.FirstS }) {
		return claim(fmt.Sprintf("no fault is to blame for %d at %.1f s", o.Code, o.FirstS), true, "")
	}
	right := slices.ContainsFunc(near, func(s zoo.Span) bool { return len(s.Faults) == 0 })
	return claim(fmt.Sprintf("no fault is to blame for %d at %.1f s", o.Code, o.FirstS), right, fmt.Sprint(near[0].Causes, near[0].Faults))
}

// near are the spans of such errors about when the first of an onset came.
func (d Run) near(o *reports.Onset) (near []zoo.Span) {
	for _, s := range d.Truth.Spans {
		if s.Code == o.Code && s.From.Seconds()-0.6 <= o.FirstS && o.FirstS <= s.To.Seconds()+0.6 {
			near = append(near, s)
		}
	}
	return near
}

// wellAgain: the site, ill before, was as well again as before so long after a lifting.
func (d Run) wellAgain(c *reports.Claim) *Mark {
	i := slices.IndexFunc(d.Report.Recovery, func(r reports.Recovery) bool { return r.LiftedS == *c.AtS })
	if i < 0 || d.Report.Recovery[i].Ill == nil || !*d.Report.Recovery[i].Ill {
		return nil
	}
	at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	usual := 0
	for _, f := range d.Report.Faults {
		if f.LiftedS != nil && *f.LiftedS == *c.AtS {
			usual = d.Truth.Queued(at(f.AppliedS-5), at(f.AppliedS))
		}
	}
	recovered := *c.AtS + *c.AfterS
	well, ok := d.Truth.WellFrom(at(*c.AtS), at(recovered+3), usual)
	return claim(fmt.Sprintf("well again %.3g s after the lifting", *c.AfterS), ok && well.Seconds() <= recovered+1, fmt.Sprintf("from %.3g s on: %v", well.Seconds()-*c.AtS, ok))
}
