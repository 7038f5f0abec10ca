package drawn

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports"
)

// claims marks what a report promises or asserts besides figures, each beside
// what the site really does: workers that would hold a rate, a timeout that held,
// all workers waiting for a dependency, a site well again.
func (d Run) claims() []Mark {
	return slices.Concat(d.workersNeeded(), d.workersToCarry(), d.held(), d.allWaited(), d.wellAgain())
}

var toCarry = regexp.MustCompile(`^Run (\d+) workers? to carry ([\d.]+)/s`)

// workersToCarry: so many workers carry a rate when all is well; enough of them must.
func (d Run) workersToCarry() (list []Mark) {
	for _, a := range d.Report.Advice {
		said := toCarry.FindStringSubmatch(a.Text)
		if said == nil {
			continue
		}
		n, _ := strconv.Atoi(said[1])
		hz, _ := strconv.ParseFloat(said[2], 64)
		list = append(list, claim(said[0], d.Truth.Workers != nil && d.Truth.CarriesWith(enough(n), hz), "they do not"))
	}
	return list
}

// enough are a tenth more workers than were named, and one.
func enough(workers int) int { return int(math.Ceil(1.1*float64(workers))) + 1 }

func claim(said string, right bool, truth string) Mark {
	m := Mark{Figure: "claim", Said: said, Inside: right, Wrong: !right}
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
		list = append(list, claim(fmt.Sprintf("%d workers hold %.3g/s with %.3g s", *b.WorkersNeeded, b.RateHz, *b.TimeoutS),
			d.Truth.HoldsWith(enough(*b.WorkersNeeded), i, b.RateHz), "they do not"))
	}
	return list
}

// held: the timeout that the site has was short enough for a rate.
func (d Run) held() (list []Mark) {
	for _, t := range d.Report.Timeouts {
		i := slices.IndexFunc(d.Truth.Site.Dependencies, func(one zoo.Dependency) bool { return one.Name == t.Dependency })
		if t.HeldHz == nil || i < 0 || d.Truth.Workers == nil || d.Truth.Timeouts[i].Limit == 0 {
			continue
		}
		list = append(list, claim(fmt.Sprintf("%.3g s held %.3g/s", t.ObservedS.Value, *t.HeldHz),
			d.Truth.HoldsWith(*d.Truth.Workers, i, 0.9**t.HeldHz), "it does not"))
	}
	return list
}

var allWaiting = regexp.MustCompile(`began ([0-9.]+) (ms|s) after the fault[^.;]*?all (?:\d+ )?workers (?:\(about \d+\) )?were waiting for (\w+)`)

// allWaited: all workers were waiting for a dependency when errors began.
func (d Run) allWaited() []Mark {
	said := allWaiting.FindStringSubmatch(d.Report.Summary)
	if said == nil {
		return nil
	}
	after, _ := strconv.ParseFloat(said[1], 64)
	if said[2] == "ms" {
		after /= 1000
	}
	of := slices.IndexFunc(d.Report.Onset, func(o reports.Onset) bool {
		return o.AfterFaultS != nil && math.Abs(*o.AfterFaultS-after) <= 0.05*after+0.01
	})
	if of < 0 {
		return nil
	}
	i := slices.IndexFunc(d.Truth.Site.Dependencies, func(one zoo.Dependency) bool { return one.Name == said[3] })
	if i < 0 {
		return nil
	}
	if d.Truth.Workers == nil {
		return []Mark{claim("all workers were waiting for "+said[3], false, "there are no workers")}
	}
	first, most, all := d.Report.Onset[of].FirstS, 0, false
	for _, s := range d.Truth.States {
		if at := s.At.Seconds(); first-after <= at && at <= first+1 { // who had a 504 waited long before
			most = max(most, s.Waiting[i])
			all = all || s.Queue > 0 && s.Waiting[i] >= s.Busy // a pool may not have started all yet
		}
	}
	return []Mark{claim("all workers were waiting for "+said[3], all || most >= *d.Truth.Workers, fmt.Sprintf("%d of %d were", most, *d.Truth.Workers))}
}

// wellAgain: the site was as well again as before so long after a fault was lifted.
func (d Run) wellAgain() (list []Mark) {
	for _, r := range d.Report.Recovery {
		if r.RecoveredS == nil || r.Ill == nil || !*r.Ill {
			continue
		}
		at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
		usual := 0
		for _, f := range d.Report.Faults {
			if f.LiftedS != nil && *f.LiftedS == r.LiftedS {
				usual = d.Truth.Queued(at(f.AppliedS-5), at(f.AppliedS))
			}
		}
		well, ok := d.Truth.WellFrom(at(r.LiftedS), at(*r.RecoveredS+3), usual)
		list = append(list, claim(fmt.Sprintf("well again %.3g s after the lifting", *r.AfterLiftS),
			ok && well.Seconds() <= *r.RecoveredS+1, fmt.Sprintf("from %.3g s on: %v", well.Seconds()-r.LiftedS, ok)))
	}
	return list
}
