package reports

import (
	"strconv"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// broken is the share of bad answers from which on a site counts as broken: that of an onset.
const broken = 0.05

// dose follows the hits that were due while a stepped fault had each of its sizes.
type dose struct {
	fault *playedFault
	steps []doseStep
}

type doseStep struct {
	size     float64       // seconds
	from, to time.Duration // to is 0 until it is known
	sent, ok int64
	codes    codeCounts      // of bad answers
	classes  [classes]int64  // of those without a status
	response stats.Histogram // ns, of good answers
}

// newDoses are a dose for each fault whose size was stepped.
func newDoses(x *eventIndex, faults []*playedFault) []*dose {
	var list []*dose
	for _, f := range faults {
		d := &dose{fault: f}
		for _, e := range x.of(f.Index) {
			at := time.Duration(e.AtNS)
			if n := len(d.steps); n > 0 && e.Kind != journal.FaultApplied {
				d.steps[n-1].to = at
			}
			if e.Kind != journal.FaultLifted {
				d.steps = append(d.steps, doseStep{size: e.Fault.SizeS, from: at})
			}
		}
		if len(d.steps) > 1 {
			list = append(list, d)
		}
	}
	return list
}

func (d *dose) add(h *journal.Hit) {
	for i := range d.steps {
		s := &d.steps[i]
		if h.Due < s.from || s.to != 0 && h.Due >= s.to {
			continue
		}
		s.sent++
		switch {
		case h.Class == journal.ClassOK:
			s.ok++
			s.response.Add(int64(h.Response()))
		case h.Code >= 400:
			s.codes.add(h.Code)
		default:
			s.classes[min(int(h.Class), classes-1)]++
		}
	}
}

// broke reports whether so many of the answers were bad.
func (s *doseStep) broke() bool { return s.sent > 0 && float64(s.sent-s.ok) >= broken*float64(s.sent) }

// what is the most frequent of the bad answers: a status, or else a class.
func (s *doseStep) what() string {
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
