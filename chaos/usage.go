package chaos

import (
	"sync"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// usage counts what the site does with a dependency. Its lock is the last that
// is taken, and is held for a few additions only.
type usage struct {
	spread        bool // keeps how long each call waited, not only the sum
	mu            sync.Mutex
	open, waiting int64 // now
	since         time.Time
	so            journal.Usage // since then
}

// opened counts a connection of the site.
func (u *usage) opened() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open++
	u.so.Opened++
	u.so.Open = max(u.so.Open, u.open)
}

// closed counts a connection as ended.
func (u *usage) closed() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open--
}

// called counts a call that has begun.
func (u *usage) called() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting++
	u.so.Calls++
	u.so.Waiting = max(u.so.Waiting, u.waiting)
}

// answered counts a call as ended, with an answer or without, after so long.
func (u *usage) answered(held time.Duration) {
	u.quiet()
	u.took(held)
}

// quiet counts a call as no longer waiting.
func (u *usage) quiet() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting--
}

// took counts how long a call took, once it is over.
func (u *usage) took(held time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.spreadOut(held)
	u.so.Ended++
	u.so.HeldNS += int64(held)
}

// takeBack uncounts the latest call.
func (u *usage) takeBack() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting--
	u.so.Calls = max(u.so.Calls-1, 0) // it may have been told of already
}

// unanswered counts a wait that goes on at the end of a Play.
func (u *usage) unanswered(waited time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.spreadOut(waited)
}

// spreadOut counts a wait by its length. u.mu is locked.
func (u *usage) spreadOut(waited time.Duration) {
	if !u.spread {
		return
	}
	if u.so.Waits == nil {
		u.so.Waits = map[int]int64{}
	}
	u.so.Waits[journal.WaitBucket(waited)]++
	u.so.MaxNS = max(u.so.MaxNS, int64(waited))
}

// take returns the counts since the last take, and when that was. They are nil
// when there was nothing to count: no connection open and no call.
func (u *usage) take(now time.Time) (so *journal.Usage, since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.so.Open+u.so.Opened+u.so.Calls+u.so.Waiting+u.so.Ended > 0 {
		taken := u.so
		taken.Seconds = now.Sub(u.since).Seconds()
		so = &taken
	}
	since, u.since = u.since, now
	u.so = journal.Usage{Open: u.open, Waiting: u.waiting}
	return so, since
}
