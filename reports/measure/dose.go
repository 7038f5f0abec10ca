package measure

import (
	"strconv"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// broken is the share of bad answers from which on a site counts as broken: that of an onset.
const broken = 0.05

// Dose follows the hits that were due while a stepped fault had each of its sizes.
type Dose struct {
	Fault *Fault
	Steps []DoseStep
}

type DoseStep struct {
	Size     float64       // seconds
	From, To time.Duration // to is 0 until it is known
	Sent, Ok int64
	codes    CodeCounts      // of bad answers
	classes  [classes]int64  // of those without a status
	Response stats.Histogram // ns, of good answers
}

// newDoses are a dose for each fault whose size was stepped.
func newDoses(x *Events, faults []*Fault) []*Dose {
	var list []*Dose
	for _, f := range faults {
		d := &Dose{Fault: f}
		for _, e := range x.Of(f.Index) {
			at := time.Duration(e.AtNS)
			if n := len(d.Steps); n > 0 && e.Kind != journal.FaultApplied {
				d.Steps[n-1].To = at
			}
			if e.Kind != journal.FaultLifted {
				d.Steps = append(d.Steps, DoseStep{Size: e.Fault.SizeS, From: at})
			}
		}
		if len(d.Steps) > 1 {
			list = append(list, d)
		}
	}
	return list
}

func (d *Dose) add(h *journal.Hit) {
	for i := range d.Steps {
		s := &d.Steps[i]
		if h.Due < s.From || s.To != 0 && h.Due >= s.To {
			continue
		}
		s.Sent++
		switch {
		case h.Class == journal.ClassOK:
			s.Ok++
			s.Response.Add(int64(h.Response()))
		case h.Code >= 400:
			s.codes.add(h.Code)
		default:
			s.classes[min(int(h.Class), classes-1)]++
		}
	}
}

// Broke reports whether so many of the answers were bad.
func (s *DoseStep) Broke() bool { return s.Sent > 0 && float64(s.Sent-s.Ok) >= broken*float64(s.Sent) }

// What is the most frequent of the bad answers: a status, or else a class.
func (s *DoseStep) What() string {
	var most int64
	what := ""
	if codes := s.codes.byCount(); len(codes) > 0 {
		most, what = codes[0].n, strconv.Itoa(int(codes[0].code))
	}
	for c, n := range s.classes {
		if n > most {
			most, what = n, journal.Class(c).String()
		}
	}
	return what
}
