package reports

import (
	"fmt"
	"math"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// workersFromLog is W = C·S (Little's law) with S as php-fpm's access log has it
// while requests queued: what a request held its worker then, computing and
// waiting for the processor included. So it is the number of workers also
// where these compete. It is nil when the log does not tell of the requests
// that were answered: it may be another host's.
func (a *run) workersFromLog(p *poolFit) *Estimate {
	c := p.capacity.rough
	if c == nil {
		return nil
	}
	inWindow := func(at time.Duration) bool {
		cell, second := a.cells.cell(at), a.cells.perSecond()
		for _, w := range p.windows {
			if w.from <= cell && cell+second <= w.to {
				return true
			}
		}
		return false
	}
	var n, answered int64
	var sum, squares float64
	for _, o := range a.observed {
		at := time.Duration(o.AtNS)
		if o.Source != journal.PHPAccessLog || o.Kind != journal.Access || o.Times == nil || !inWindow(at) {
			continue
		}
		n += o.Times.N
		sum, squares = sum+o.Times.SumS, squares+o.Times.SquaresS2
	}
	for _, w := range p.windows {
		for cell := w.from; cell < w.to; cell++ {
			answered += int64(at(a.cells.flow.served, cell))
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
	return &Estimate{Value: v, Low: v * (1 - off), High: v * (1 + off), Kind: countedWorkers,
		From: fmt.Sprintf("capacity times the %.3g s that %d requests held a worker by php-fpm's access log", mean, n)}
}
