package compare

import (
	"iter"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// series is the hits of a phase, or of one request in it, in cells of time by when
// they were due. Cells of the same phase of two runs cover the same time of it.
type series struct {
	cellS float64 // how long a cell is, seconds
	cells []cell
}

// cell is what came of the hits that were due in it, those that say something of
// the site.
type cell struct {
	sent, bad, degraded float64
	good                *stats.Histogram // response times, ns; nil of none
	late                time.Duration    // by which the latest of them was sent after it was due
}

// A cell is a second: what disturbs a machine disturbs all requests of a second
// alike. A short phase has 20 all the same, and a long one no more than 240, so
// that what is kept does not grow with the hits.
const (
	usualCell  = time.Second
	fewCells   = 20
	mostCells  = 240
	leastPhase = time.Millisecond
)

func newSeries(length time.Duration) *series {
	length = max(length, leastPhase)
	width := max(min(usualCell, length/fewCells), length/mostCells)
	n := int((length + width - 1) / width)
	return &series{cellS: width.Seconds(), cells: make([]cell, n)}
}

// add counts a hit that was due so long after the phase began.
func (s *series) add(h *journal.Hit, after time.Duration, open bool) {
	c := &s.cells[min(max(int(after.Seconds()/s.cellS), 0), len(s.cells)-1)]
	c.sent++
	if open {
		c.late = max(c.late, h.Sent-h.Due)
	}
	if h.Class != journal.ClassOK {
		c.bad++
		return
	}
	if h.Degraded {
		c.degraded++
	}
	if c.good == nil {
		c.good = new(stats.Histogram)
	}
	c.good.Add(int64(h.Response()))
}

// counts are what of finds in each cell.
func (s *series) counts(of func(*cell) float64) []float64 {
	all := make([]float64, len(s.cells))
	for i := range s.cells {
		all[i] = of(&s.cells[i])
	}
	return all
}

func sent(c *cell) float64     { return c.sent }
func bad(c *cell) float64      { return c.bad }
func degraded(c *cell) float64 { return c.degraded }

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// without returns the series without the cells in which a hit was sent so late.
func (s *series) without(late time.Duration) *series {
	rest := &series{cellS: s.cellS}
	for _, c := range s.cells {
		if c.late < late {
			rest.cells = append(rest.cells, c)
		}
	}
	return rest
}

// celled is the response times of good answers.
func (s *series) celled() *stats.Celled {
	cells := make([]*stats.Histogram, len(s.cells))
	for i := range s.cells {
		cells[i] = s.cells[i].good
	}
	return stats.NewCelled(cells)
}

// traffic is the series of a run's phases: of all hits, and of each request where
// there are several.
type traffic struct {
	phases   []*series
	requests [][]*series
}

// collect reads the hits of a run once. What is kept does not grow with their number.
func collect(m *journal.Manifest, hits iter.Seq2[[]journal.Hit, error]) (*traffic, error) {
	t := &traffic{}
	for _, p := range m.Phases {
		length := time.Duration(p.EndNS - p.StartNS)
		t.phases = append(t.phases, newSeries(length))
		var requests []*series
		if len(m.Requests) > 1 {
			for range m.Requests {
				requests = append(requests, newSeries(length))
			}
		}
		t.requests = append(t.requests, requests)
	}
	for batch, err := range hits {
		if err != nil {
			return nil, err
		}
		for i := range batch {
			t.add(m, &batch[i])
		}
	}
	return t, nil
}

func (t *traffic) add(m *journal.Manifest, h *journal.Hit) {
	p := &m.Phases[h.Phase]
	if p.Warmup || h.Class.Ours() {
		return
	}
	after, open := h.Due-time.Duration(p.StartNS), p.Kind != "closed"
	t.phases[h.Phase].add(h, after, open)
	if of := t.requests[h.Phase]; of != nil {
		of[h.Request].add(h, after, open)
	}
}
