package measure

import (
	"math"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// growthBlocks is into how many equal stretches the later part of a trial is cut.
const growthBlocks = 10

// Growth tells how fast the number of requests in flight grows, by how the
// response time R does: a request that comes when Q are waiting waits Q/C, so
// dQ/dt = C*dR/dt = rate*s/(1+s) with s = dR/dt. Unlike the count itself, R
// moves with each request, even where a few seconds add less than one to the
// queue. The first 30% are left out: until the workers are all busy nobody waits.
type Growth struct {
	from, to float64 // s
	blocks   [growthBlocks]struct{ n, at, response float64 }
	start    float64
	done     [512]float64 // good answers given in each stretch from start to to
}

func newGrowth(start, end float64) *Growth {
	return &Growth{start: start, from: start + 0.3*(end-start), to: end}
}

// GrowthIn reads the growth in [start, end), seconds since T0.
func GrowthIn(b *journal.Bundle, start, end float64) (*Growth, error) {
	g := newGrowth(start, end)
	for batch, err := range b.Hits() {
		if err != nil {
			return nil, err
		}
		for i := range batch {
			g.add(&batch[i])
		}
	}
	return g, nil
}

func (g *Growth) block(t time.Duration) (int, bool) {
	i := int(math.Floor((t.Seconds() - g.from) / (g.to - g.from) * growthBlocks))
	return i, i >= 0 && i < growthBlocks
}

func (g *Growth) add(h *journal.Hit) {
	if h.Class != journal.ClassOK {
		return
	}
	if i, ok := g.block(h.Due); ok {
		b := &g.blocks[i]
		b.n, b.at, b.response = b.n+1, b.at+h.Due.Seconds(), b.response+h.Response().Seconds()
	}
	if at := (h.Done.Seconds() - g.start) / (g.to - g.start); at >= 0 && at < 1 {
		g.done[int(at*float64(len(g.done)))]++
	}
}

// Slope returns dR/dt and its standard error, from a least-squares line through
// the blocks' means. Means over stretches of time, since neighbours that wait in
// one queue are not independent.
func (g *Growth) Slope() (slope, stderr float64, ok bool) {
	var n, sx, sy float64
	for _, b := range g.blocks {
		if b.n > 0 {
			n, sx, sy = n+1, sx+b.at/b.n, sy+b.response/b.n
		}
	}
	if n < 5 {
		return 0, 0, false
	}
	var sxx, sxy, syy float64
	for _, b := range g.blocks {
		if b.n > 0 {
			dx, dy := b.at/b.n-sx/n, b.response/b.n-sy/n
			sxx, sxy, syy = sxx+dx*dx, sxy+dx*dy, syy+dy*dy
		}
	}
	slope = sxy / sxx
	return slope, math.Sqrt(max(0, syy-slope*sxy) / (n - 2) / sxx), true
}

// Answered returns the good answers a second by the least-squares line of their
// count over time. Workers that began together finish together, so that what a
// stretch of time holds is off by up to one answer each; the line is not.
func (g *Growth) Answered() *float64 {
	width := (g.to - g.start) / float64(len(g.done))
	var n, sx, sy float64
	for i, k := range g.done {
		sx += k * (float64(i) + 0.5) * width
		sy += k * (n + (k+1)/2)
		n += k
	}
	if n < 8 {
		return nil
	}
	var sxx, sxy, before float64
	for i, k := range g.done {
		dx, dy := (float64(i)+0.5)*width-sx/n, before+(k+1)/2-sy/n
		sxx, sxy, before = sxx+k*dx*dx, sxy+k*dx*dy, before+k
	}
	if sxx == 0 {
		return nil
	}
	hz := sxy / sxx
	return &hz
}
