package measure

import (
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
)

// dependencies are how the site used each of them, in the manifest's order.
// There are none when the journal does not tell of any use.
func (run *Run) dependencies() []reports.Dependency {
	list := []reports.Dependency{}
	told := false
	for _, d := range run.Manifest.Dependencies {
		used := run.Events.usesOf(d.Name)
		told = told || len(used) > 0
		calls, off := run.callsPerHit(used)
		one := reports.Dependency{Name: d.Name, CallsPerHit: calls, CallsOff: off, HeldMeanS: run.heldMean(d.Name, used),
			Open: make([]int64, len(run.Timeline.Buckets)), Waiting: make([]int64, len(run.Timeline.Buckets))}
		for _, u := range used {
			one.Calls += u.Calls
			one.PeakOpen, one.PeakWaiting = max(one.PeakOpen, u.Open), max(one.PeakWaiting, u.Waiting)
			for b := run.bucket(u.from + startSlack); b < len(one.Open) && b <= run.bucket(u.To-startSlack); b++ {
				one.Open[b], one.Waiting[b] = max(one.Open[b], u.Open), max(one.Waiting[b], u.Waiting)
			}
		}
		list = append(list, one)
	}
	if !told {
		return []reports.Dependency{}
	}
	return list
}

// startSlack is how far the turn of a usage event's second may be from the
// whole second that it means.
const startSlack = 50 * time.Millisecond

// bucket returns which bucket of the timeline t is in.
func (run *Run) bucket(t time.Duration) int { return int(max(t, 0) / run.Timeline.Width) }

// heldMean is how long a call took when all was well: in quiet seconds, or, when
// there are none with calls, in those without a fault on this dependency.
func (run *Run) heldMean(dependency string, used []Use) *float64 {
	quiet := run.QuietSeconds()
	mean := func(well func(Use) bool) *float64 {
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
	if all := mean(func(u Use) bool {
		i := int(u.from.Round(time.Second) / time.Second)
		return u.Seconds < 1.5 && i >= 0 && i < len(quiet) && quiet[i]
	}); all != nil {
		return all
	}
	return mean(func(u Use) bool {
		for _, f := range run.Faults {
			// What a fault held is let go when it is lifted, and told in the second after.
			if f.Dependency == dependency && f.Applied < u.To && (f.Lifted == nil || u.from < *f.Lifted+time.Second) {
				return false
			}
		}
		return true
	})
}

// trips is from how many delays on a call is one that meets the delay more than
// once. A TLS handshake alone makes it two or three.
const trips = 1.5

// CallUnder is what a call took on average while a latency was in force, when
// that is clearly more than one delay: each round trip of a call, and TLS needs
// some before the request, waits for its own. It is nil when one delay explains
// it or nothing tells: the delay was stepped or on some connections only, or no
// call ended while it was in force.
func (run *Run) CallUnder(f *Fault) *float64 {
	if !f.TripDelay() || f.SizeS <= 0 || f.Share < 1 || f.stepped {
		return nil
	}
	used := run.Events.usesOf(f.Dependency)
	well := run.heldMean(f.Dependency, used)
	if well == nil {
		return nil
	}
	// What ends in the first second was partly waiting before the fault.
	used = slices.DeleteFunc(used, func(u Use) bool {
		return u.from < f.Applied+time.Second-startSlack || f.Lifted != nil && u.To > *f.Lifted+startSlack
	})
	var ended, held int64
	for _, u := range used {
		ended, held = ended+u.Ended, held+u.HeldNS
	}
	if ended == 0 {
		return nil
	}
	call := time.Duration(held / ended).Seconds()
	if call < *well+trips*f.SizeS {
		return nil
	}
	return new(call)
}
