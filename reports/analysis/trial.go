package analysis

import (
	"fmt"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/judge"
	"github.com/tailback/tailback/reports/measure"
)

// Trial says how the trial in b went, of which r is the report: of so many
// requests a second for so long, in its only phase, which may be longer. Whether
// it held is for the search to say.
func Trial(b *journal.Bundle, r *reports.Report, rateHz, loadS float64) (reports.CapacityTrial, error) {
	if len(r.Phases) != 1 {
		return reports.CapacityTrial{}, fmt.Errorf("judge trial %s: it has %d phases, not one", b.Dir, len(r.Phases))
	}
	p := &r.Phases[0]
	loadS = min(loadS, p.EndS-p.StartS)
	g, err := measure.GrowthIn(b, p.StartS, p.StartS+loadS)
	if err != nil {
		return reports.CapacityTrial{}, fmt.Errorf("judge trial: %w", err)
	}
	return judge.Trial(r, g, rateHz, loadS), nil
}
