package zoo

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// usage counts what the site does with a dependency in a second.
type usage struct {
	spread        bool // how long each call took, not only the sum
	open, waiting int64
	since         time.Duration
	so            journal.Usage
}

func (u *usage) opened() {
	u.open++
	u.so.Opened++
	u.so.Open = max(u.so.Open, u.open)
}

func (u *usage) closed() { u.open-- }

func (u *usage) called() {
	u.waiting++
	u.so.Calls++
	u.so.Waiting = max(u.so.Waiting, u.waiting)
}

func (u *usage) answered(held time.Duration) {
	u.waiting--
	u.so.Ended++
	u.so.HeldNS += int64(held)
	u.count(held)
}

func (u *usage) count(held time.Duration) {
	if !u.spread {
		return
	}
	if u.so.Waits == nil {
		u.so.Waits = map[int]int64{}
	}
	u.so.Waits[journal.WaitBucket(held)]++
	u.so.MaxNS = max(u.so.MaxNS, int64(held))
}

// take returns what was counted since the last take, or nil when there was nothing.
func (u *usage) take(now time.Duration) (so *journal.Usage) {
	if u.so.Open+u.so.Opened+u.so.Calls+u.so.Waiting+u.so.Ended > 0 {
		taken := u.so
		taken.Seconds = (now - u.since).Seconds()
		so = &taken
	}
	u.since, u.so = now, journal.Usage{Open: u.open, Waiting: u.waiting}
	return so
}

// tellUsage records what was done with each dependency since the last time.
func (w *world) tellUsage() {
	for _, d := range w.dependencies {
		if so := d.usage.take(w.now); so != nil {
			so.Dependency, so.Host = d.cfg.Name, d.cfg.Host
			w.emit(journal.Event{Kind: journal.Used, Usage: so})
		}
	}
	if so := w.itself.take(w.now); so != nil {
		so.Dependency, so.Host, so.Self = w.site.Host, w.site.Host, true
		w.emit(journal.Event{Kind: journal.Used, Usage: so})
	}
}

// selfCalled counts a call of the site's to itself, which only the egress sees.
// What it returns counts its end.
func (w *world) selfCalled() (end func()) {
	if w.site.Egress == "" {
		return func() {}
	}
	began := w.now
	w.itself.opened()
	w.itself.called()
	return func() {
		w.itself.answered(w.now - began)
		w.itself.closed()
	}
}
