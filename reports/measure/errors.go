package measure

import (
	"slices"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// ErrorKind is a sort of error that has an onset of its own: errors of one
// status that differ in speed or in who wrote them have different causes.
type ErrorKind int

const (
	GeneratorError ErrorKind = iota // our own fault, no answer of the site
	ClientTimeout                   // we gave up
	ServerError                     // 500
	TooLarge                        // 413
	TooMany                         // 429
	Refused502                      // 502 at once
	Late502                         // 502 after something was waited for
	Late503
	Late504
	App502 // written by the application itself
	App503
	App504
	ErrorKinds
)

// OfGateway reports whether errors of that kind say that what is behind a gateway did
// not answer, and do not look like the application's own.
func (k ErrorKind) OfGateway() bool { return k >= Refused502 && k <= Late504 }

// errorKindOf returns the hit's kind of error; -1 when it is none that has an onset.
func errorKindOf(h *journal.Hit) ErrorKind {
	switch {
	case h.Class == journal.ClassGenerator:
		return GeneratorError
	case h.Class == journal.ClassOK || h.Class.Ours():
		return -1
	case h.Class == journal.ClassClientTimeout || h.Class == journal.ClassConnectTimeout:
		return ClientTimeout
	case h.Code == 500:
		return ServerError
	case h.Code == 413:
		return TooLarge
	case h.Code == 429:
		return TooMany
	}
	i := gatewayIndex(h.Code)
	switch {
	case i < 0:
		return -1
	case h.Answerer == journal.AnswererApp:
		return App502 + ErrorKind(i)
	case h.Code == 502 && h.Service() < RefusedWithin:
		return Refused502
	}
	return Late502 + ErrorKind(i)
}

// Few is how many errors, calls or requests are too few for their figures to say much.
const Few = 3

// ErrorsSeen is what the second pass finds out of the errors of one onset.
// It takes the same memory however many there are.
type ErrorsSeen struct {
	N        int64
	took     stats.Histogram // from sending to the answer, ns
	Inside   stats.Histogram // others in the site when it was sent, unless some may be there unseen
	When     stats.Histogram // when the answer came, ns
	answerer [4]int64        // by journal.Answerer
	Alone    int64           // with no good answer within half a second
	Requests map[int32]int64 // by request
	Cut      int64           // for which the site ended a held call at the same moment
}

func newErrorsSeen() ErrorsSeen { return ErrorsSeen{Requests: map[int32]int64{}} }

// seeErrors counts the hit if it is one of the onset's errors.
func (run *Run) seeErrors(o *Onset, h *journal.Hit) {
	s := &o.Seen
	if errorKindOf(h) != o.Kind || !slices.Contains(o.sorts, run.blamed.of(h.Due, h.Done)) {
		return
	}
	s.N++
	s.took.Add(int64(h.Service()))
	s.When.Add(int64(h.Done))
	if c := run.Cells.Cell(h.Sent); !run.Cells.HiddenWork(c) {
		s.Inside.Add(int64(max(run.Cells.found(c), 0)))
	}
	s.answerer[min(int(h.Answerer), len(s.answerer)-1)]++
	s.Requests[h.Request]++
	if run.Cells.alone(h.Done) {
		s.Alone++
	}
	if run.Closes.near(h.Done) {
		s.Cut++
	}
}

// Mostly returns who wrote at least nine in ten of the errors.
func (s *ErrorsSeen) Mostly() journal.Answerer {
	for w, n := range s.answerer {
		if n*10 >= s.N*9 && n > 0 {
			return journal.Answerer(w)
		}
	}
	return journal.AnswererUnknown
}

// Seconds returns a quantile of how long the errors took.
func (s *ErrorsSeen) Seconds(q float64) float64 { return time.Duration(s.took.Quantile(q)).Seconds() }

// HeldCloses are when the site ended calls to a dependency that still waited for
// an answer, to the twentieth of a second.
type HeldCloses struct {
	at map[int64]bool
	// spread is that of how long those calls had waited, seconds from quartile to quartile.
	Spread float64
}

const closeStep = time.Second / 20

func newHeldCloses(waits map[int][]journal.Wait) HeldCloses {
	c := HeldCloses{at: map[int64]bool{}}
	var held stats.Histogram
	for _, ofFault := range waits {
		for _, w := range ofFault {
			if w.EndedBy == bySite {
				c.at[w.EndedNS/int64(closeStep)] = true
				held.Add(w.EndedNS - w.BeganNS)
			}
		}
	}
	c.Spread = time.Duration(held.Quantile(0.75) - held.Quantile(0.25)).Seconds()
	return c
}

// near reports whether such a call ended within a step of t.
func (c HeldCloses) near(t time.Duration) bool {
	i := int64(t / closeStep)
	return c.at[i] || c.at[i-1] || c.at[i+1]
}
