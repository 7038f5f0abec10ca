package diagnose

import (
	"slices"
	"strconv"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// piledUp reports whether more requests were inside throughout the step's last
// second than the workers can have been serving: the queue grew.
func piledUp(run *measure.Run, s *measure.DoseStep, to time.Duration, workers *reports.Estimate) bool {
	if workers == nil || to-s.From < time.Second {
		return false
	}
	for c := run.Cells.Cell(to - time.Second); c < run.Cells.Cell(to); c++ {
		if float64(measure.At(run.Cells.InSystem, c)) < workers.High+2 {
			return false
		}
	}
	return true
}

// Doses are the faults whose size was stepped.
func Doses(run *measure.Run, workers *reports.Estimate) []reports.Dose {
	list := []reports.Dose{}
	for _, d := range run.Doses {
		f := reports.Dose{Dependency: d.Fault.Dependency, Kind: d.Fault.Kind, Steps: []reports.DoseStep{}}
		for i := range d.Steps {
			s := &d.Steps[i]
			to := s.To
			if to == 0 {
				to = run.End
			}
			f.MaxS = max(f.MaxS, s.Size)
			f.Steps = append(f.Steps, reports.DoseStep{SizeS: s.Size, FromS: s.From.Seconds(), ToS: to.Seconds(),
				Sent: s.Sent, OKRatio: measure.Ratio(s.Ok, s.Sent), P95S: measure.Quantiles(&s.Response).P95})
			if f.Load = f.Load || f.SizeS == nil && byLoad(run, s, to); f.Load {
				continue
			}
			if f.QueuedS == nil && piledUp(run, s, to, workers) {
				f.QueuedS = new(s.Size)
			}
			if f.SizeS != nil {
				continue
			}
			if code := onsetIn(run, s.From, to); s.Broke() {
				f.SizeS, f.Broke = new(s.Size), s.What()
			} else if code != "" {
				f.SizeS, f.Broke = new(s.Size), code
			}
		}
		if f.Load && f.SizeS == nil {
			f.QueuedS = nil // that may have been the rate too
		}
		list = append(list, f)
	}
	return list
}

// byLoad reports whether errors that no fault is to blame for came in a step that
// broke.
func byLoad(run *measure.Run, s *measure.DoseStep, to time.Duration) bool {
	return (s.Broke() || onsetIn(run, s.From, to) != "") && slices.ContainsFunc(run.Onsets, func(o *measure.Onset) bool {
		return o.Kind >= measure.Refused502 && o.Fault < 0 && o.At < to+time.Second && o.Last >= s.From
	})
}

// onsetIn is the gateway's status whose errors began, to last, in [from, to); "" when none did.
func onsetIn(run *measure.Run, from, to time.Duration) string {
	for _, o := range run.Onsets {
		if o.Kind >= measure.Refused502 && o.Sustained != nil && from <= o.At && o.At < to {
			return strconv.Itoa(int(o.Code))
		}
	}
	return ""
}
