package causes

import (
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// relate holds the causes of onsets that came together against each other.
func relate(onsets []*measure.Onset, list []reports.Onset) {
	for i, o := range onsets {
		for k, other := range onsets {
			apart := beside
			if list[k].Cause == reports.PoolDown {
				apart = wentDown
			}
			if i == k || began(other) > o.Last+apart || began(o) > other.Last+apart {
				continue
			}
			relateTo(o, &list[i], other, &list[k])
		}
	}
}

// began is when the first of the errors was asked for.
func began(o *measure.Onset) time.Duration {
	return o.At - time.Duration(o.Seen.Seconds(0.5)*float64(time.Second))
}

// beside is how far apart errors of one cause may begin or end.
const beside = time.Second

// wentDown is how long after a pool went down, with the requests that it served, the next
// may come that is refused.
const wentDown = 2 * beside

// relateTo changes the cause of o by that of another at the same time.
func relateTo(o *measure.Onset, f *reports.Onset, other *measure.Onset, by *reports.Onset) {
	sure := by.Confidence != nil && *by.Confidence >= reports.Likely
	switch {
	case !sure:
	case o.Kind == measure.Late502 && by.Cause == reports.PoolDown && o.Last <= other.At+beside && o.At >= other.At-wentDown:
		adopt(f, by, "the pool went down at that moment, with the requests that it served")
	case o.Kind == measure.Refused502 && other.Kind == measure.Late502 && by.Cause == reports.GatewayLimit && f.Cause == reports.Unknown:
		adopt(f, by, "they came with 502s of a gateway that had no server left to ask")
	case o.Kind == measure.Refused502 && f.Cause == reports.QueueFull && by.Cause == reports.SelfDeadlock && held(o, other) && o.Seen.Alone*10 >= o.Seen.N*9:
		adopt(f, by, "the queue was full of requests behind workers that waited for the site itself: nothing good came beside them")
		return
	}
	unseen := f.Cause == reports.PoolDown && o.Seen.Inside.N() == 0 // of requests that were given up
	if o.Kind == measure.Refused502 && (f.Cause == reports.QueueFull || unseen) && held(o, other) {
		f.Cause, f.Confidence = reports.Unknown, nil
		f.Evidence = append(f.Evidence, "504s show that workers were held meanwhile, by the site itself or by what was not seen: whether the queue filled by that, or by the rate alone, can't be told")
	}
}

// held reports whether other are 504s that show, on a unix socket and with no
// fault to blame, that workers were held for longer than a queue that is full takes.
func held(o, other *measure.Onset) bool {
	return other.Kind == measure.Late504 && other.Fault < 0 && o.Fault < 0 && other.Seen.N >= measure.Few
}

// adopt takes over the cause of another onset.
func adopt(f, by *reports.Onset, why string) {
	f.Cause, f.Confidence = by.Cause, new(*by.Confidence)
	f.Evidence = append(f.Evidence, why)
}
