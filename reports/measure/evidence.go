package measure

import (
	"cmp"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// evidence sums up what the sources on the site said within the run: one entry
// for each source and kind, and of a slow log for each call that waited, and what
// held it, the earliest first. Lines that could not be read are no evidence where nothing else
// of the log was: a warning has them.
func (run *Run) evidence() []reports.Evidence {
	type key struct {
		source journal.Source
		kind   journal.Kind
		call   string
		holds  string // the dependency
	}
	sums, read := map[key]*reports.Evidence{}, map[string]bool{}
	for _, o := range run.Observed {
		if !run.Within(o) || o.Kind == journal.Foreign {
			continue
		}
		k, at := key{o.Source, o.Kind, "", ""}, time.Duration(o.AtNS).Seconds()
		if o.Kind == journal.Waiting {
			k.call, k.holds = o.Text, run.heldAt(time.Duration(o.AtNS))
		}
		e := sums[k]
		if e == nil {
			e = &reports.Evidence{AtS: at, Source: string(o.Source), Kind: string(o.Kind), Text: o.Text, Dependency: k.holds}
			sums[k] = e
		}
		if at < e.AtS {
			e.AtS, e.Text = at, o.Text
		}
		e.Count += max(o.Count, 1)
		read[e.Source] = read[e.Source] || o.Kind != journal.Unparsed && o.Kind != journal.Lost && o.Kind != journal.Skew
	}
	list := []reports.Evidence{}
	for k, e := range sums {
		if k.kind == journal.Unparsed && !read[e.Source] {
			continue
		}
		list = append(list, *e)
	}
	list = mostCalls(list)
	slices.SortFunc(list, func(x, y reports.Evidence) int {
		return cmp.Or(cmp.Compare(x.AtS, y.AtS), cmp.Compare(x.Source, y.Source), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Text, y.Text))
	})
	return list
}

// heldAt is the only dependency that a fault made wait at t; "" when there was none,
// or were several.
func (run *Run) heldAt(t time.Duration) (dependency string) {
	for _, f := range run.Faults {
		switch {
		case !f.inForce(t) || !f.effect().Waits || f.Dependency == dependency:
		case dependency != "":
			return ""
		default:
			dependency = f.Dependency
		}
	}
	return dependency
}

// maxCalls is how many calls of a slow log are told apart.
const maxCalls = 12

// mostCalls leaves the calls in which most waited, and makes one entry, without a
// text, of the others.
func mostCalls(list []reports.Evidence) []reports.Evidence {
	isCall := func(e reports.Evidence) bool { return e.Kind == string(journal.Waiting) }
	slices.SortFunc(list, func(x, y reports.Evidence) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.AtS, y.AtS), cmp.Compare(x.Text, y.Text))
	})
	kept, n := list[:0], 0
	var others *reports.Evidence
	for _, e := range list {
		switch {
		case !isCall(e):
		case n < maxCalls:
			n++
		case others == nil:
			e.Text, e.Dependency = "", ""
			others = &e
			continue
		default:
			others.Count += e.Count
			others.AtS = min(others.AtS, e.AtS)
			continue
		}
		kept = append(kept, e)
	}
	if others != nil {
		kept = append(kept, *others)
	}
	return kept
}

// Within reports whether something was seen during the run, give or take how exactly its time is known.
func (run *Run) Within(o journal.Observation) bool {
	return o.AtNS+o.ErrorNS >= 0 && time.Duration(o.AtNS-o.ErrorNS) <= run.End
}

// maxStatus is how many readings a report holds; of more, each second or third is taken.
const maxStatus = 3600

// statusReadings are what the status page said, the earliest first.
func statusReadings(observed []journal.Observation) []reports.Status {
	all := []reports.Status{}
	for _, o := range observed {
		if o.Source == journal.PHPFPMStatus && o.Kind == journal.Gauge && o.Pool != nil {
			all = append(all, reports.Status{AtS: float64(o.AtNS) / 1e9, Busy: o.Pool.Active, Total: o.Pool.Total, Queue: o.Pool.Queue})
		}
	}
	slices.SortStableFunc(all, func(x, y reports.Status) int { return cmp.Compare(x.AtS, y.AtS) })
	step := (len(all) + maxStatus - 1) / maxStatus
	if step < 2 {
		return all
	}
	some := all[:0]
	for i := 0; i < len(all); i += step {
		some = append(some, all[i])
	}
	return some
}
