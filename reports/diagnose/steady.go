package diagnose

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/reports/measure"
)

// How much more the later half of a stretch must have been served than the earlier to
// be no chance: by what factor, and by how many standard errors of a count of answers.
const (
	unsteadyBy     = 1.25
	unsteadyErrors = 3
)

// unsteady says how what was served changed within the longest stretch in which requests
// queued, and is "" where it did not, or that can't be told. Workers that are all busy
// serve the same all along: else their number changes, as in a pool that starts more, or
// what holds them does, and the whole stretch is an average of nothing. mean is how long
// a request takes, seconds, spread the coefficient of variation of that.
func unsteady(run *measure.Run, windows []measure.Stretch, mean, spread float64) string {
	var w measure.Stretch
	for _, one := range windows {
		if one.To-one.From > w.To-w.From {
			w = one
		}
	}
	half := (w.To - w.From) / 2
	seconds := float64(half) * run.Cells.Width.Seconds()
	early := float64(measure.SumCells(run.Cells.Flow.Served, w.From, w.From+half))
	late := float64(measure.SumCells(run.Cells.Flow.Served, w.From+half, w.From+2*half))
	less, more := min(early, late), max(early, late)
	if less < fewest || seconds < 3*mean {
		return ""
	}
	chance := unsteadyErrors*max(spread, 0.05)*math.Sqrt(early+late) + more/seconds*mean // those that all end at once
	if more < unsteadyBy*less || more-less < chance {
		return ""
	}
	return fmt.Sprintf("while requests queued it served %.3g/s at first and %.3g/s later on: its workers became more or fewer, or something held them up for a while", early/seconds, late/seconds)
}
