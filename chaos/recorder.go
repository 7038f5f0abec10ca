package chaos

import (
	"sync"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// recorder keeps what connections tell until Play emits it, so that none waits for a reader.
type recorder struct {
	mu     sync.Mutex
	on     bool // Play is on
	t0     time.Time
	events []journal.Event
	warned map[string]bool
	more   chan struct{} // has a value when there may be events
}

func newRecorder() *recorder { return &recorder{more: make(chan struct{}, 1)} }

func (r *recorder) begin(t0 time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on, r.t0, r.events, r.warned = true, t0, nil, map[string]bool{}
}

// end records the connections that are still open, after which nothing is recorded.
func (r *recorder) end(proxies map[string]*proxy) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range proxies {
		p.mu.Lock()
		for c := range p.conns {
			r.ended(c)
		}
		p.mu.Unlock()
	}
	r.on = false
}

// ended records a connection, if a fault was ever in force on it: of the others
// there is one for each of the site's requests, and nothing to tell. r.mu is locked.
func (r *recorder) ended(c *conn) {
	if record := c.record(r.t0); record.Fault != nil {
		r.add(journal.Event{Kind: journal.ConnClosed, Connection: record})
	}
}

// warn records something the reader of the report must know, once.
func (r *recorder) warn(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on && !r.warned[text] {
		r.warned[text] = true
		r.add(journal.Event{Kind: journal.Warning, Text: text})
	}
}

// add records an event at this moment. r.mu is locked.
func (r *recorder) add(e journal.Event) {
	if !r.on {
		return
	}
	e.AtNS = int64(time.Since(r.t0))
	r.events = append(r.events, e)
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// take returns what has been recorded since the last take.
func (r *recorder) take() []journal.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}
