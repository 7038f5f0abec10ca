package reports

import (
	"time"
)

// dependencies are how the site used each of them, in the manifest's order.
// There are none when the journal does not tell of any use.
func (a *run) dependencies() []Dependency {
	list := []Dependency{}
	told := false
	for _, d := range a.manifest.Dependencies {
		used := a.events.usesOf(d.Name)
		told = told || len(used) > 0
		one := Dependency{Name: d.Name, CallsPerHit: a.callsPerHit(used), HeldMeanS: a.heldMean(d.Name, used),
			Open: make([]int64, len(a.timeline.buckets)), Waiting: make([]int64, len(a.timeline.buckets))}
		for _, u := range used {
			one.Calls += u.Calls
			one.PeakOpen, one.PeakWaiting = max(one.PeakOpen, u.Open), max(one.PeakWaiting, u.Waiting)
			for b := a.bucket(u.from + startSlack); b < len(one.Open) && b <= a.bucket(u.to-startSlack); b++ {
				one.Open[b], one.Waiting[b] = max(one.Open[b], u.Open), max(one.Waiting[b], u.Waiting)
			}
		}
		list = append(list, one)
	}
	if !told {
		return []Dependency{}
	}
	return list
}

// startSlack is how far the turn of a usage event's second may be from the
// whole second that it means.
const startSlack = 50 * time.Millisecond

// bucket returns which bucket of the timeline t is in.
func (a *run) bucket(t time.Duration) int { return int(max(t, 0) / a.timeline.width) }

// callsPerHit is how many calls a request makes, from the whole seconds in
// which no fault had any effect. It is nil when there are none with traffic.
func (a *run) callsPerHit(used []use) *float64 {
	quiet := a.quietSeconds()
	var calls, hits float64
	for s := range quiet {
		if quiet[s] {
			hits += a.throughput.in(s)
		}
	}
	for _, u := range used {
		from, to := u.from.Round(time.Second), u.to.Round(time.Second)
		if to-from != time.Second {
			// The last part of a second, or several in one: its hits are not counted either.
			for s := from; s < to; s += time.Second {
				if i := int(s / time.Second); i < len(quiet) && quiet[i] {
					hits -= a.throughput.in(i)
				}
			}
			continue
		}
		if i := int(from / time.Second); i >= 0 && i < len(quiet) && quiet[i] {
			calls += float64(u.Calls)
		}
	}
	if hits <= 0 {
		return nil
	}
	return new(calls / hits)
}

// heldMean is how long a call took when all was well: in quiet seconds, or, when
// there are none with calls, in those without a fault on this dependency.
func (a *run) heldMean(dependency string, used []use) *float64 {
	quiet := a.quietSeconds()
	mean := func(well func(use) bool) *float64 {
		var ended, held int64
		for _, u := range used {
			if well(u) {
				ended, held = ended+u.Ended, held+u.HeldNS
			}
		}
		if ended == 0 {
			return nil
		}
		return new(time.Duration(held / ended).Seconds())
	}
	if all := mean(func(u use) bool {
		i := int(u.from.Round(time.Second) / time.Second)
		return u.Seconds < 1.5 && i >= 0 && i < len(quiet) && quiet[i]
	}); all != nil {
		return all
	}
	return mean(func(u use) bool {
		for _, f := range a.faults {
			// What a fault held is let go when it is lifted, and told in the second after.
			if f.Dependency == dependency && f.applied < u.to && (f.lifted == nil || u.from < *f.lifted+time.Second) {
				return false
			}
		}
		return true
	})
}
