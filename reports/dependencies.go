package reports

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// use is what the site did with a dependency in [from, to): one usage event.
type use struct {
	journal.Usage
	from, to time.Duration
}

// uses are the usage events of a dependency, in the order of time.
func uses(events []journal.Event, dependency string) []use {
	var list []use
	for _, e := range events {
		if u := e.Usage; u != nil && u.Dependency == dependency {
			to := time.Duration(e.AtNS)
			list = append(list, use{*u, to - time.Duration(u.Seconds*float64(time.Second)), to})
		}
	}
	return list
}

// dependencies are how the site used each of them, in the manifest's order.
// There are none when the journal does not tell of any use.
func (a *analysis) dependencies(events []journal.Event) []Dependency {
	list := []Dependency{}
	told := false
	a.timeline.reach(a.end)
	for _, d := range a.manifest.Dependencies {
		used := uses(events, d.Name)
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
func (a *analysis) bucket(t time.Duration) int { return int(max(t, 0) / a.timeline.width) }

// callsPerHit is how many calls a request makes, from the whole seconds in
// which no fault had any effect. It is nil when there are none with traffic.
func (a *analysis) callsPerHit(used []use) *float64 {
	calm := a.calm()
	var calls, hits float64
	for s := range calm {
		if calm[s] {
			hits += a.served.in(s)
		}
	}
	for _, u := range used {
		from, to := u.from.Round(time.Second), u.to.Round(time.Second)
		if to-from != time.Second {
			// The last part of a second, or several in one: its hits are not counted either.
			for s := from; s < to; s += time.Second {
				if i := int(s / time.Second); i < len(calm) && calm[i] {
					hits -= a.served.in(i)
				}
			}
			continue
		}
		if i := int(from / time.Second); i >= 0 && i < len(calm) && calm[i] {
			calls += float64(u.Calls)
		}
	}
	if hits <= 0 {
		return nil
	}
	return ptr(calls / hits)
}

// calm says of each whole second of the run whether no fault was in force in it
// or had been lifted within the aftermath.
func (a *analysis) calm() []bool {
	calm := make([]bool, min(int(a.end/time.Second), maxSeconds))
	for s := range calm {
		from := time.Duration(s) * time.Second
		calm[s] = true
		for _, f := range a.faults {
			over := f.lifted != nil && *f.lifted+aftermath < from
			calm[s] = calm[s] && (over || f.applied >= from+time.Second)
		}
	}
	return calm
}

// heldMean is how long a call took when all was well: in calm seconds, or, when
// there are none with calls, in those without a fault on this dependency.
func (a *analysis) heldMean(dependency string, used []use) *float64 {
	calm := a.calm()
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
		return ptr(time.Duration(held / ended).Seconds())
	}
	if all := mean(func(u use) bool {
		i := int(u.from.Round(time.Second) / time.Second)
		return u.Seconds < 1.5 && i >= 0 && i < len(calm) && calm[i]
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

// maxSeconds bounds the memory of served: 36 hours.
const maxSeconds = 1 << 17

// parts are how many cells of served make a second.
const parts = 8

// served counts, for each eighth of a second since T0, the hits that the site
// took up, by when they were sent and by when they were done.
type served struct{ sent, done []int32 }

// atOnce is how soon a gateway refuses what it has no worker for. Such a request
// never got to one, and made no call.
const atOnce = 100 * time.Millisecond

func (s *served) add(h *journal.Hit) {
	if !inFlight(h) || badGateway(h) >= 0 && h.Answerer != journal.AnswererApp && h.Service() < atOnce {
		return
	}
	for _, c := range []struct {
		counts *[]int32
		at     time.Duration
	}{{&s.sent, h.Sent}, {&s.done, h.Done}} {
		if i := int(max(c.at, 0) / (time.Second / parts)); i < maxSeconds*parts {
			bump(c.counts, i, 1)
		}
	}
}

// in returns how many requests belong to a second. Their calls are made between
// sending and answer, so it is the mean of both counts.
func (s *served) in(second int) float64 {
	return float64(between(s.sent, second*parts, (second+1)*parts)+between(s.done, second*parts, (second+1)*parts)) / 2
}

// between returns what was counted in the cells [from, to).
func between(cells []int32, from, to int) (n int64) {
	for c := max(from, 0); c < min(to, len(cells)); c++ {
		n += int64(cells[c])
	}
	return n
}
