package accuracy

import (
	"fmt"
	"math"
	"strings"

	"github.com/tailback/tailback/reports"
)

// Figure is one figure of a report beside the truth.
type Figure struct {
	Name     string
	Truth    float64
	Estimate *reports.Estimate // nil: the report says that it can't tell
	// Within is how far the value may be from the truth, as a share of it.
	Within float64
	Why    string // it can't tell, by the report
}

// Close reports whether the value is within its bound of the truth.
func (f Figure) Close() bool { return math.Abs(f.Estimate.Value-f.Truth) <= f.Within*f.Truth+1e-9 }

// Inside reports whether the truth lies in the stated interval.
func (f Figure) Inside() bool {
	return f.Estimate.Low <= f.Truth+1e-9 && f.Truth <= f.Estimate.High+1e-9
}

// Width is that of the interval, as a share of the value.
func (f Figure) Width() float64 { return (f.Estimate.High - f.Estimate.Low) / f.Estimate.Value }

// String writes "4 (4 to 4)", with what is wrong with it.
func (f Figure) String() string {
	if f.Estimate == nil {
		return "–"
	}
	text := fmt.Sprintf("%.3g (%.3g to %.3g)", f.Estimate.Value, f.Estimate.Low, f.Estimate.High)
	var wrong []string
	if !f.Close() {
		wrong = append(wrong, fmt.Sprintf("off by %.0f%%", 100*(f.Estimate.Value/f.Truth-1)))
	}
	if !f.Inside() {
		wrong = append(wrong, "outside")
	}
	if f.Width() > maxWidth {
		wrong = append(wrong, "wide")
	}
	if len(wrong) > 0 {
		text += " **" + strings.Join(wrong, ", ") + "**"
	}
	return text
}

// maxWidth is how wide an interval may be, as a share of the value.
const maxWidth = 0.25

// Judge puts the report's figures beside the truth: what the site was built as,
// and of times what its workers logged. Figures that no run on such
// a site could tell are left out: the queue slots of a TCP pool (physics.md's
// last table), the capacity of a site that is bound by cores.
func Judge(s Site, held Held, r *reports.Report) []Figure {
	why := r.Pool.Unknown
	figures := []Figure{{"workers", float64(s.Workers), r.Pool.Workers, 0.10, why["workers"]}}
	if s.Network == "unix" {
		figures = append(figures, Figure{"queue slots", float64(s.QueueSlots()), r.Pool.QueueSlots, 0.15, why["queue_slots"]})
	}
	if !s.CPU {
		figures = append(figures,
			Figure{"service", held.Baseline, r.Pool.ServiceS, 0.05, why["service_s"]},
			// The truth is itself counted in six or seven whole seconds, which is good for 2%.
			Figure{"capacity", held.CapacityHz(), r.Pool.CapacityHz, 0.07, why["capacity_hz"]})
	}
	if s.Timeout > 0 {
		f := Figure{"timeout", s.Timeout.Seconds(), nil, 0.05, ""}
		for _, t := range r.Timeouts {
			f.Estimate, f.Why = t.ObservedS, t.Why
		}
		figures = append(figures, f)
	}
	return figures
}
