package judge

import "github.com/tailback/tailback/reports"

// Capacity judges a search: where not even the lowest rate held it is missed,
// which wins over a figure that is not known.
func Capacity(c *reports.Capacity) {
	c.Verdict, c.ExitCode = reports.Pass, 0
	if len(c.Figures) == 0 {
		c.Verdict, c.ExitCode = reports.Inconclusive, exitInconclusive
	}
	for i := range c.Figures {
		switch f := &c.Figures[i]; {
		case f.RateHz != nil || c.Verdict == reports.Fail:
		case f.Why == "":
			c.Verdict, c.ExitCode = reports.Fail, exitMissed
		default:
			c.Verdict, c.ExitCode = reports.Inconclusive, exitInconclusive
		}
	}
}
