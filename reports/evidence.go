package reports

import (
	"cmp"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// evidence sums up what the sources on the site said within the run: one entry
// for each source and kind, the earliest first.
func (a *run) evidence() []Evidence {
	type key struct {
		source journal.Source
		kind   journal.Kind
	}
	sums := map[key]*Evidence{}
	for _, o := range a.observed {
		if !a.within(o) {
			continue
		}
		k, at := key{o.Source, o.Kind}, time.Duration(o.AtNS).Seconds()
		e := sums[k]
		if e == nil {
			e = &Evidence{AtS: at, Source: string(o.Source), Kind: string(o.Kind), Text: o.Text}
			sums[k] = e
		}
		if at < e.AtS {
			e.AtS, e.Text = at, o.Text
		}
		e.Count += max(o.Count, 1)
	}
	list := []Evidence{}
	for _, e := range sums {
		list = append(list, *e)
	}
	slices.SortFunc(list, func(x, y Evidence) int {
		return cmp.Or(cmp.Compare(x.AtS, y.AtS), cmp.Compare(x.Source, y.Source), cmp.Compare(x.Kind, y.Kind))
	})
	return list
}

// within reports whether something was seen during the run, give or take how exactly its time is known.
func (a *run) within(o journal.Observation) bool {
	return o.AtNS+o.ErrorNS >= 0 && time.Duration(o.AtNS-o.ErrorNS) <= a.end
}
