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

// piledUp reports whether more requests were inside throughout the step's last
// second than the workers can have been serving: the queue grew.
func (a *run) piledUp(s *doseStep, to time.Duration, workers *Estimate) bool {
	if workers == nil || to-s.from < time.Second {
		return false
	}
	for c := a.cells.cell(to - time.Second); c < a.cells.cell(to); c++ {
		if float64(at(a.cells.inSystem, c)) < workers.High+2 {
			return false
		}
	}
	return true
}

// doseFigures are the faults whose size was stepped.
func (a *run) doseFigures(workers *Estimate) []Dose {
	list := []Dose{}
	for _, d := range a.doses {
		f := Dose{Dependency: d.fault.Dependency, Kind: d.fault.Kind, Steps: []DoseStep{}}
		for i := range d.steps {
			s := &d.steps[i]
			to := s.to
			if to == 0 {
				to = a.end
			}
			f.MaxS = max(f.MaxS, s.size)
			f.Steps = append(f.Steps, DoseStep{SizeS: s.size, FromS: s.from.Seconds(), ToS: to.Seconds(),
				Sent: s.sent, OKRatio: ratio(s.ok, s.sent), P95S: quantiles(&s.response).P95})
			if f.QueuedS == nil && a.piledUp(s, to, workers) {
				f.QueuedS = ptr(s.size)
			}
			if f.SizeS != nil {
				continue
			}
			if code := a.onsetIn(s.from, to); s.broke() {
				f.SizeS, f.Broke = ptr(s.size), s.what()
			} else if code != "" {
				f.SizeS, f.Broke = ptr(s.size), code
			}
		}
		list = append(list, f)
	}
	return list
}

// onsetIn is the gateway's status whose errors began, to last, in [from, to); "" when none did.
func (a *run) onsetIn(from, to time.Duration) string {
	for _, o := range a.onsets {
		if o.kind >= refused502 && o.sustained != nil && from <= o.at && o.at < to {
			return strconv.Itoa(int(o.code))
		}
	}
	return ""
}
