package diagnose

import (
	"fmt"
	"math"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// workersFromLog is W = C·S (Little's law) with S as php-fpm's access log has it
// while requests queued: what a request held its worker then, computing and
// waiting for the processor included. So it is the number of workers also
// where these compete. It is nil when the log does not tell of the requests
// that were answered: it may be another host's.
func workersFromLog(run *measure.Run, p *PoolFit) *reports.Estimate {
	c := p.capacity.rough
	if c == nil || p.capacity.unsteady {
		return nil
	}
	inWindow := func(at time.Duration) bool {
		cell, second := run.Cells.Cell(at), run.Cells.PerSecond()
		for _, w := range p.windows {
			if w.From <= cell && cell+second <= w.To {
				return true
			}
		}
		return false
	}
	var n, answered int64
	var sum, squares float64
	for _, o := range run.Observed {
		at := time.Duration(o.AtNS)
		if o.Source != journal.PHPAccessLog || o.Kind != journal.Access || o.Times == nil || !inWindow(at) {
			continue
		}
		n += o.Times.N
		sum, squares = sum+o.Times.SumS, squares+o.Times.SquaresS2
	}
	for _, w := range p.windows {
		for cell := w.From; cell < w.To; cell++ {
			answered += int64(measure.At(run.Cells.Flow.Served, cell))
		}
	}
	// The last second of a window is left out, so there are fewer lines than answers.
	if n < 4*fewest || n > answered*11/10 || n < answered/3 {
		return nil
	}
	mean := sum / float64(n)
	spread := math.Sqrt(max(squares/float64(n)-mean*mean, 0))
	off := math.Hypot((c.High-c.Low)/2/c.Value, 1.96*spread/math.Sqrt(float64(n))/mean)
	v := c.Value / p.mix * mean // of the very requests that were served
	return &reports.Estimate{Value: v, Low: v * (1 - off), High: v * (1 + off), Kind: reports.CountedWorkers,
		From: fmt.Sprintf("capacity times the %.3g s that %d requests held a worker by php-fpm's access log", mean, n)}
}
