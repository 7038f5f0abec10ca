package reports

import (
	"strconv"
	"time"
)

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
				f.QueuedS = new(s.size)
			}
			if f.SizeS != nil {
				continue
			}
			if code := a.onsetIn(s.from, to); s.broke() {
				f.SizeS, f.Broke = new(s.size), s.what()
			} else if code != "" {
				f.SizeS, f.Broke = new(s.size), code
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
