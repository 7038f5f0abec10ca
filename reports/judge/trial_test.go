package judge

import (
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// A degraded answer is good, so a trial of nothing else meets what is asked of
// errors; how many there were is said beside it.
func TestTrialOfDegradedAnswers(t *testing.T) {
	phase := reports.Phase{Traffic: reports.Traffic{OKRatio: new(0.75), DegradedRatio: new(0.5), ResponseS: reports.Quantiles{N: 30}}}
	got := Trial(&reports.Report{Phases: []reports.Phase{phase}}, &measure.Growth{}, 8, 4)
	if !got.Met || got.Degraded == nil || *got.Degraded != 0.5 || got.Errors == nil || *got.Errors != 0.25 {
		t.Errorf("got %+v", got)
	}
}
