// Package replay makes a plan of an access log: which request is due when, as
// the log has it. It keeps 8 bytes for each request, and each method and target
// that differs once.
package replay

import (
	"math"
	"sort"
	"time"
)

// Log is a log that was read, ready to be sent.
type Log struct {
	Counts
	// Length is how long the log goes on, at its speed: from its first line to
	// its last, and to the end of that second where its times are of whole seconds.
	Length   time.Duration
	speed    float64
	hits     []hit // by when they are due
	requests []request
	samples  []int // of each group: the request that is sent most, or -1
}

// Counts are what became of a log's lines.
type Counts struct {
	Lines       int            // that are not empty
	Broken      int            // that are none of an access log, or longer than 64 KiB
	FirstBroken int            // the number of the first of those, from 1; 0 for none
	Other       map[string]int // of methods that were not asked for
	Unsendable  int            // of clients that sent no request, or none that can be sent: CONNECT, *, a % without its digits
	Whole       bool           // all times are of whole seconds, within which the requests were spread
}

// hit is when a request is due, in microseconds since the log's first line, and
// which one it is, in the low bits. It takes 8 bytes a line.
type hit uint64

const (
	requestBits = 18
	maxRequests = 1 << requestBits // 262,144
	maxMicros   = 1 << (64 - requestBits)
)

func newHit(at time.Duration, request int) hit {
	return hit(at.Microseconds())<<requestBits | hit(request)
}

func (h hit) micros() uint64 { return uint64(h >> requestBits) }
func (h hit) request() int   { return int(h % maxRequests) }

// request is a method and a target that differ from all others of the log.
type request struct {
	method string
	target string // path and query, escaped
	count  int32
	group  int32
}

// Len returns how many requests there are to send.
func (l *Log) Len() int { return len(l.hits) }

// Due returns when hit k is due, since the log's first line, at the log's speed.
func (l *Log) Due(k int) time.Duration {
	return time.Duration(math.Round(float64(l.hits[k].micros()) * 1000 / l.speed))
}

// Request returns what hit k sends: its method, its path with the query behind
// it, and the index of its group.
func (l *Log) Request(k int) (method, target string, group int32) {
	r := &l.requests[l.hits[k].request()]
	return r.method, r.target, r.group
}

// Before returns how many hits are due before a moment.
func (l *Log) Before(at time.Duration) int {
	return sort.Search(len(l.hits), func(k int) bool { return l.Due(k) >= at })
}

// Rates returns how many hits are due from one moment until before another, and
// the lowest and the highest number in a second of that time, counted from its
// beginning. A rest of less than a second is left out, unless it is all there is:
// then both are what it is per second.
func (l *Log) Rates(from, to time.Duration) (hits int, low, high float64) {
	first := l.Before(from)
	hits = l.Before(to) - first
	if to-from < time.Second {
		low = float64(hits) / max((to-from).Seconds(), 1e-9)
		return hits, low, low
	}
	low = math.Inf(1)
	for k, at := first, from+time.Second; at <= to; at += time.Second {
		n := 0
		for ; k < len(l.hits) && l.Due(k) < at; k++ {
			n++
		}
		low, high = min(low, float64(n)), max(high, float64(n))
	}
	return hits, low, high
}

// Targets calls see with the target of each request that differs from all others.
func (l *Log) Targets(see func(target string)) {
	for i := range l.requests {
		see(l.requests[i].target)
	}
}
