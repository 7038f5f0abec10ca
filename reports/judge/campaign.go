package judge

import (
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// Cut judges an audit or a search that was cut short, as Run does a run: what was
// missed by then is said, but nothing is passed. stuck says that a fault may be
// left, which is worse than having been interrupted.
func Cut(c *reports.Campaign, stuck bool) {
	how := "cut short"
	c.ExitCode = exitInconclusive
	if c.Outcome == reports.OutcomeInterrupted {
		how = "interrupted"
		if !stuck {
			c.ExitCode = exitInterrupted
		}
	}
	if c.Verdict != reports.Fail {
		c.Verdict = reports.Inconclusive
	}
	c.Summary = how + " after " + words.Span(c.DurationS) + ": " + c.Summary
}
