package measure

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Stall is what became of the requests that were due while a fault was in force:
// those that were answered well only once it was lifted had no answer from a site
// that held, whatever its status.
type Stall struct {
	Fault  *Fault
	Due    int64         // requests, warm-up and ours apart
	late   int64         // slow good answers that came after the lifting
	waited time.Duration // how long the one that was due first had waited by then
	before time.Duration // the slowest good answer that came before the lifting
}

// newStalls has one for each fault that was lifted.
func (run *Run) newStalls() []*Stall {
	var list []*Stall
	for _, f := range run.Faults {
		if f.Lifted != nil {
			list = append(list, &Stall{Fault: f})
		}
	}
	return list
}

func (s *Stall) add(h *journal.Hit, usual UsualService) {
	lifted := *s.Fault.Lifted
	if h.Due < s.Fault.Applied || h.Due >= lifted {
		return
	}
	s.Due++
	switch {
	case h.Class != journal.ClassOK:
	case h.Done < lifted:
		s.before = max(s.before, h.Response())
	case h.Service()-usual.of(h.Request) > slowFrom(usual.of(h.Request)):
		s.late++
		s.waited = max(s.waited, lifted-h.Due)
	}
}

// Late is how many requests waited for the lifting, and for how long the first of
// them had. It is none where answers took as long under the fault: those would
// have come without the lifting, as under a delay.
func (s *Stall) Late() (n int64, waited time.Duration) {
	if s.waited <= s.before+slowFrom(s.before) {
		return 0, 0
	}
	return s.late, s.waited
}

// LateUnder is how many requests waited for the lifting of a fault; none of one
// that was not lifted.
func (run *Run) LateUnder(f *Fault) int64 {
	for _, s := range run.Stalls {
		if n, _ := s.Late(); s.Fault == f {
			return n
		}
	}
	return 0
}

// silent is the longest time under a fault in which requests waited and not one
// was answered, well or not, up to the width of two cells.
func (g *Cells) silent(f *Fault) time.Duration {
	longest, since := 0, -1
	for c := g.Cell(f.Applied) + 1; c < g.Cell(*f.Lifted); c++ {
		switch {
		case At(g.answers, c) > 0 || At(g.inFlight, c) == 0:
			since = -1
		case since < 0:
			since = c
		}
		if since >= 0 {
			longest = max(longest, c+1-since)
		}
	}
	return time.Duration(longest) * g.Width
}
