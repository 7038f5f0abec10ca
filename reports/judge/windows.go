package judge

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

type window = measure.Window

// worstWindow is the metric of o, the objective with that index, in the window in
// which it was worst: highest where the objective bounds it from above, lowest where
// from below, the farthest off where it asks for one figure. A window in which
// nothing was sent is none; one without any good answer has no response time, so that
// it keeps the objective from being met.
func worstWindow(run *measure.Run, i int, o configs.Objective) finding {
	sliding := run.Sliding[i]
	if sliding == nil {
		return finding{why: "its windows are more than can be kept"}
	}
	var worst, untold finding
	n, alike := 0, true
	for w := range sliding.Windows(run.End) {
		if w.Sent == 0 {
			continue
		}
		n++
		found := metric(run, o, scope{Tally: w.Tally, seconds: w.Length.Seconds()})
		found.window = &w
		alike = alike && (n == 1 || found.why == "" && worst.why == "" && worst.observed != nil && *found.observed == *worst.observed)
		switch {
		case found.why != "":
			if untold.why == "" {
				untold.why = found.why + " " + inWindow(w)
			}
		case worst.observed == nil || badness(o, *found.observed) > badness(o, *worst.observed):
			worst = found
		}
	}
	switch {
	case n == 0:
		return finding{why: "no window of " + words.Moment(o.Over.Seconds()) + " with a request in it was over when the run ended"}
	case untold.why != "" && (worst.observed == nil || holds(*worst.observed, o)):
		return untold
	}
	worst.alike = alike
	return worst
}

// badness is the greater the farther a figure is on the wrong side of the limit.
func badness(o configs.Objective, v float64) float64 {
	switch o.Op {
	case "<", "<=":
		return v
	case ">", ">=":
		return -v
	}
	return math.Abs(v - o.Value)
}

// inWindow says which window it was.
func inWindow(w window) string {
	return fmt.Sprintf("in the %s from %s on", words.Moment(w.Length.Seconds()), words.Moment(w.From.Seconds()))
}
