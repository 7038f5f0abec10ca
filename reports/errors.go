package reports

import (
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// errorKind is a sort of error that has an onset of its own: errors of one
// status that differ in speed or in who wrote them have different causes.
type errorKind int

const (
	generatorError errorKind = iota // our own fault, no answer of the site
	clientTimeout                   // we gave up
	serverError                     // 500
	refused502                      // 502 at once
	late502                         // 502 after something was waited for
	late503
	late504
	app502 // written by the application itself
	app503
	app504
	errorKinds
)

// errorKindOf returns the hit's kind of error; -1 when it is none that has an onset.
func errorKindOf(h *journal.Hit) errorKind {
	switch {
	case h.Class == journal.ClassGenerator:
		return generatorError
	case h.Class == journal.ClassOK || h.Class.Ours():
		return -1
	case h.Class == journal.ClassClientTimeout || h.Class == journal.ClassConnectTimeout:
		return clientTimeout
	case h.Code == 500:
		return serverError
	}
	i := gatewayIndex(h.Code)
	switch {
	case i < 0:
		return -1
	case h.Answerer == journal.AnswererApp:
		return app502 + errorKind(i)
	case h.Code == 502 && h.Service() < refusedWithin:
		return refused502
	}
	return late502 + errorKind(i)
}

// errorsSeen is what the second pass finds out of the errors of one onset.
// It takes the same memory however many there are.
type errorsSeen struct {
	n        int64
	took     stats.Histogram // from sending to the answer, ns
	inside   stats.Histogram // others in the site when it was sent, unless some may be there unseen
	when     stats.Histogram // when the answer came, ns
	answerer [4]int64        // by journal.Answerer
	alone    int64           // with no good answer within half a second
	requests map[int32]int64 // by request
	cut      int64           // for which the site ended a held call at the same moment
}

func newErrorsSeen() errorsSeen { return errorsSeen{requests: map[int32]int64{}} }

// seeErrors counts the hit if it is one of the onset's errors.
func (a *run) seeErrors(o *onset, h *journal.Hit) {
	s := &o.seen
	if errorKindOf(h) != o.kind || faultAt(a.faults, h.Done) != o.fault {
		return
	}
	s.n++
	s.took.Add(int64(h.Service()))
	s.when.Add(int64(h.Done))
	if c := a.cells.cell(h.Sent); !a.cells.hiddenWork(c) {
		s.inside.Add(int64(max(at(a.cells.inSystem, c), 0)))
	}
	s.answerer[min(int(h.Answerer), len(s.answerer)-1)]++
	s.requests[h.Request]++
	if a.cells.alone(h.Done) {
		s.alone++
	}
	if a.closes.near(h.Done) {
		s.cut++
	}
}

// mostly returns who wrote at least nine in ten of the errors.
func (s *errorsSeen) mostly() journal.Answerer {
	for w, n := range s.answerer {
		if n*10 >= s.n*9 && n > 0 {
			return journal.Answerer(w)
		}
	}
	return journal.AnswererUnknown
}

// seconds returns a quantile of how long the errors took.
func (s *errorsSeen) seconds(q float64) float64 { return time.Duration(s.took.Quantile(q)).Seconds() }

// heldCloses are when the site ended calls to a dependency that still waited for
// an answer, to the twentieth of a second.
type heldCloses struct {
	at map[int64]bool
	// spread is that of how long those calls had waited, seconds from quartile to quartile.
	spread float64
}

const closeStep = time.Second / 20

func newHeldCloses(closed []journal.Connection) heldCloses {
	c := heldCloses{at: map[int64]bool{}}
	var held stats.Histogram
	for _, n := range closed {
		if n.ClosedBy != "site" || !n.Waiting || n.HeldNS == nil {
			continue
		}
		c.at[n.ClosedNS/int64(closeStep)] = true
		held.Add(*n.HeldNS)
	}
	c.spread = time.Duration(held.Quantile(0.75) - held.Quantile(0.25)).Seconds()
	return c
}

// near reports whether such a call ended within a step of t.
func (c heldCloses) near(t time.Duration) bool {
	i := int64(t / closeStep)
	return c.at[i] || c.at[i-1] || c.at[i+1]
}
