package chaos

import (
	"sync"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// recorder keeps events until Play emits them, so that no connection waits for a reader.
type recorder struct {
	mu     sync.Mutex
	on     bool // Play is on
	t0     time.Time
	events []journal.Event
	warned map[string]bool
	turned map[string]int64 // refusals of the egress since the last second, by class
	more   chan struct{}    // has a value when there may be events
}

func newRecorder() *recorder { return &recorder{more: make(chan struct{}, 1)} }

func (r *recorder) begin(t0 time.Time, proxies []*proxy) {
	r.used(proxies) // what was before is not of this Play
	for _, p := range proxies {
		p.forgetFaults()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on, r.t0, r.events, r.warned, r.turned = true, t0, nil, map[string]bool{}, nil
}

// end records the last part of a second and the connections that are still open.
// Nothing is recorded after it.
func (r *recorder) end(proxies []*proxy) {
	now := time.Now()
	for _, p := range proxies {
		p.unanswered(now)
	}
	r.used(proxies)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range proxies {
		p.mu.Lock()
		for c := range p.conns {
			r.tell(c)
		}
		p.mu.Unlock()
	}
	r.on = false
}

// ended records a connection that has ended.
func (r *recorder) ended(c *conn) {
	if !c.met() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(c)
}

// tell records a connection once it has ended, or at the end, if a fault was
// ever in force on it. Other connections have nothing to tell, and there may be
// one for each of the site's requests. r.mu is locked.
func (r *recorder) tell(c *conn) {
	record, last := c.takeRecord(r.t0)
	if record.Fault == nil || c.told {
		return
	}
	c.told = record.ClosedBy != byEnd
	if last != nil {
		r.add(journal.Event{Kind: journal.Waited, Wait: last})
	}
	r.add(journal.Event{Kind: journal.ConnClosed, Connection: record})
}

// waited records a wait that has ended by an answer. One that ends with its
// connection is recorded along with that.
func (r *recorder) waited(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := c.takeWait(r.t0); w != nil {
		r.add(journal.Event{Kind: journal.Waited, Wait: w})
	}
}

// used records what the site has done with each dependency since the last time.
// What it did before t0 is left out.
func (r *recorder) used(proxies []*proxy) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, p := range proxies {
		if u, since := p.usage.take(now); u != nil && !since.Before(r.t0) {
			u.Dependency, u.Host, u.Self = p.dep.Name, p.host, p.self.Load()
			r.add(journal.Event{Kind: journal.Used, Usage: u})
		}
	}
	if len(r.turned) > 0 {
		r.add(journal.Event{Kind: journal.Refused, Refusals: r.turned})
		r.turned = nil
	}
}

// refused counts what the egress refused.
func (r *recorder) refused(class string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.turned == nil {
		r.turned = map[string]int64{}
	}
	r.turned[class]++
}

// mostWarnings bounds them: a site may call any number of hosts that can't be reached.
const mostWarnings = 100

// warn records something the reader of the report must know, once.
func (r *recorder) warn(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on && !r.warned[text] && len(r.warned) < mostWarnings {
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

// take returns the events recorded since the last take.
func (r *recorder) take() []journal.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}
