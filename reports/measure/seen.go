package measure

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/words"
)

// seen are the hosts that were called through the egress, the site itself
// first, then those called most. With an egress that saw nothing both are there, and empty.
func (run *Run) seen() ([]reports.DependencySeen, *reports.SelfRequests) {
	byHost, waits, names := map[string]*reports.DependencySeen{}, map[string]map[int]int64{}, map[string]bool{}
	for _, d := range run.Manifest.Dependencies {
		names[d.Name] = true
	}
	for _, u := range run.Events.Uses {
		if u.Host == "" {
			continue
		}
		d := byHost[u.Host]
		if d == nil {
			d = &reports.DependencySeen{Host: u.Host}
			byHost[u.Host], waits[u.Host] = d, map[int]int64{}
		}
		if names[u.Dependency] {
			d.Dependency = u.Dependency
		}
		d.Calls, d.Self = d.Calls+u.Calls, d.Self || u.Self
		for bucket, n := range u.Waits {
			waits[u.Host][bucket] += n
		}
		if most := float64(u.MaxNS) / 1e9; most > 0 && (d.HeldS.Max == nil || *d.HeldS.Max < most) {
			d.HeldS.Max = new(most)
		}
	}
	list := []reports.DependencySeen{}
	for host, d := range byHost {
		d.HeldS.P50, d.HeldS.P99 = waited(waits[host], 0.5, d.HeldS.Max), waited(waits[host], 0.99, d.HeldS.Max)
		list = append(list, *d)
	}
	slices.SortFunc(list, func(x, y reports.DependencySeen) int {
		if x.Self != y.Self {
			return map[bool]int{true: -1, false: 1}[x.Self]
		}
		return cmp.Or(cmp.Compare(y.Calls, x.Calls), strings.Compare(x.Host, y.Host))
	})
	if run.Manifest.Egress == "" {
		return list, nil
	}
	var own, all int64
	for _, d := range list {
		all += d.Calls
		if d.Self {
			own += d.Calls
		}
	}
	return list, &reports.SelfRequests{Calls: own, Share: Ratio(own, all)}
}

// waited is a quantile of waits that were counted in buckets, seconds; at most the longest.
func waited(buckets map[int]int64, q float64, most *float64) *float64 {
	var all int64
	for _, n := range buckets {
		all += n
	}
	if all == 0 || most == nil {
		return nil
	}
	left := int64(math.Ceil(q * float64(all)))
	for _, b := range slices.Sorted(maps.Keys(buckets)) {
		if left -= buckets[b]; left <= 0 {
			return new(min(journal.BucketS(b), *most))
		}
	}
	return most
}

// RefusedWords warns of what the egress refused: to the site it is a call that failed.
func RefusedWords(classes map[string]int64) string {
	var parts []string
	var all int64
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		all += classes[class]
		parts = append(parts, fmt.Sprintf("%d × %s", classes[class], class))
	}
	return fmt.Sprintf("the egress refused %s of the site: %s", words.Number(all, "call"), strings.Join(parts, ", "))
}
