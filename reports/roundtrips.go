package reports

import (
	"slices"
	"time"
)

// trips is from how many delays on a call is one that meets the delay more than
// once. A TLS handshake alone makes it two or three.
const trips = 1.5

// callUnder is what a call took on average while a latency was in force, when
// that is clearly more than one delay: each round trip of a call, and TLS needs
// some before the request, waits for its own. It is nil when one delay explains
// it or nothing tells: the delay was stepped or on some connections only, or no
// call ended while it was in force.
func (a *run) callUnder(f *playedFault) *float64 {
	if f.Kind != "latency" || f.SizeS <= 0 || f.Share < 1 || f.stepped {
		return nil
	}
	used := a.events.usesOf(f.Dependency)
	well := a.heldMean(f.Dependency, used)
	if well == nil {
		return nil
	}
	// What ends in the first second was partly waiting before the fault.
	used = slices.DeleteFunc(used, func(u use) bool {
		return u.from < f.applied+time.Second-startSlack || f.lifted != nil && u.to > *f.lifted+startSlack
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
