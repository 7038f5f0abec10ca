package measure

import (
	"math"
	"time"

	"github.com/tailback/tailback/internal/stats"
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
	blocks   [growthBlocks]growthBlock
	kinds    []growthKind // by request of the mix
	start    float64
	done     [512]float64 // good answers given in each stretch from start to to
}

// growthBlock is a stretch of time: how many hits of each request were due in it,
// and the sums of when, and of their response times.
type growthBlock struct {
	n, at, response float64
	of              []float64
}

// growthKind are the sums of one request's hits, of which the line is made that they
// lie on.
type growthKind struct{ n, at, response, atAt, atResponse float64 }

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
		b, r := &g.blocks[i], int(h.Request)
		for len(g.kinds) <= r {
			g.kinds = append(g.kinds, growthKind{})
		}
		for len(b.of) <= r {
			b.of = append(b.of, 0)
		}
		at, response := h.Due.Seconds()-g.from, h.Response().Seconds()
		b.n, b.at, b.response, b.of[r] = b.n+1, b.at+at, b.response+response, b.of[r]+1
		k := &g.kinds[r]
		k.n, k.at, k.response, k.atAt, k.atResponse = k.n+1, k.at+at, k.response+response, k.atAt+at*at, k.atResponse+at*response
	}
	if at := (h.Done.Seconds() - g.start) / (g.to - g.start); at >= 0 && at < 1 {
		g.done[int(at*float64(len(g.done)))]++
	}
}

// own returns by how much the response time of each request differs from others' by
// itself, however long the queue is, and how many times less sure the slope is for that.
// Short trials would else take it for growth that the last seconds have more of a slow
// request, or the last steps of visits.
func (g *Growth) own() (apart []float64, unsure float64, ok bool) {
	var sxx, sxy, n, kinds float64
	for _, k := range g.kinds {
		if k.n > 0 {
			sxx, sxy = sxx+k.atAt-k.at*k.at/k.n, sxy+k.atResponse-k.at*k.response/k.n
			n, kinds = n+k.n, kinds+1
		}
	}
	if n <= kinds || sxx <= 0 {
		return nil, 0, false
	}
	apart = make([]float64, len(g.kinds))
	for r, k := range g.kinds {
		if k.n > 0 {
			apart[r] = (k.response - sxy/sxx*k.at) / k.n
		}
	}
	return apart, math.Sqrt((n - 1) / (n - kinds)), true
}

// Slope returns dR/dt and its standard error, from a least-squares line through
// the blocks' means, without what requests take by themselves. Means over stretches
// of time, since neighbours that wait in one queue are not independent. The error is
// widened so that two of it hold as often with few blocks as with many.
func (g *Growth) Slope() (slope, stderr float64, ok bool) {
	apart, unsure, ok := g.own()
	if !ok {
		return 0, 0, false
	}
	var x, y []float64
	for _, b := range g.blocks {
		if b.n > 0 {
			for r, n := range b.of {
				b.response -= n * apart[r]
			}
			x, y = append(x, b.at/b.n), append(y, b.response/b.n)
		}
	}
	if len(x) < 5 {
		return 0, 0, false
	}
	slope, stderr = line(x, y)
	few := stats.TQuantile(0.975, float64(len(x)-2)) / stats.NormalQuantile(0.975)
	return slope, unsure * few * stderr, true
}

// line returns the slope of the least-squares line through points, and its standard error.
func line(x, y []float64) (slope, stderr float64) {
	n := float64(len(x))
	var sx, sy, sxx, sxy, syy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
	}
	for i := range x {
		dx, dy := x[i]-sx/n, y[i]-sy/n
		sxx, sxy, syy = sxx+dx*dx, sxy+dx*dy, syy+dy*dy
	}
	slope = sxy / sxx
	return slope, math.Sqrt(max(0, syy-slope*sxy) / (n - 2) / sxx)
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
