package reports

import (
	"cmp"
	"slices"

	"github.com/tailback/tailback/reports/journal"
)

// maxStatus is how many readings a report holds; of more, each second or third is taken.
const maxStatus = 3600

// statusReadings are what the status page said, the earliest first.
func statusReadings(observed []journal.Observation) []Status {
	all := []Status{}
	for _, o := range observed {
		if o.Source == journal.PHPFPMStatus && o.Kind == journal.Gauge && o.Pool != nil {
			all = append(all, Status{AtS: float64(o.AtNS) / 1e9, Busy: o.Pool.Active, Total: o.Pool.Total, Queue: o.Pool.Queue})
		}
	}
	slices.SortStableFunc(all, func(x, y Status) int { return cmp.Compare(x.AtS, y.AtS) })
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
