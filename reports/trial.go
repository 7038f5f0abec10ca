package reports

import (
	"fmt"

	"github.com/tailback/tailback/reports/journal"
)

// JudgeTrial says how the trial in b went, of which r is the report: of so many
// requests a second for so long, in its only phase, which may be longer. Whether
// it held is for the search to say.
func JudgeTrial(b *journal.Bundle, r *Report, rateHz, loadS float64) (CapacityTrial, error) {
	if len(r.Phases) != 1 {
		return CapacityTrial{}, fmt.Errorf("judge trial %s: it has %d phases, not one", b.Dir, len(r.Phases))
	}
	p := &r.Phases[0]
	loadS = min(loadS, p.EndS-p.StartS)
	g, err := growthIn(b, p.StartS, p.StartS+loadS)
	if err != nil {
		return CapacityTrial{}, fmt.Errorf("judge trial: %w", err)
	}
	return judgeTrial(r, g, rateHz, loadS), nil
}
