package measure

import (
	"math"
	"slices"
	"time"
)

// Cells are the run cut into cells much finer than a bucket of the timeline: 512
// a second. Beyond maxCells (34 minutes) cells are twice as wide, as often as
// needed; a second stays a whole number of cells up to twelve days.
type Cells struct {
	Width    time.Duration
	answers  []int32             // hits done, without warm-up and ours
	Good     []int32             // of those the good ones
	Bad      [ErrorKinds][]int32 // of those the bad ones of that kind; generatorError apart
	Flow     Flow
	inFlight []int32 // hits at the start of each cell, those refused at once included
	InSystem []int32 // the same without those refused at once
	// servedOf is flow.served by request, in entries of mixCells cells each; nil of
	// a run with one request.
	servedOf               [][]int32
	mixCells               int
	goodBefore, leftBefore []int32 // good answers, and requests given up, before each cell
}

// Flow is what the site itself saw, warm-up included: it is what the workers
// are worked out from. A slice has one entry a cell, and ends with its last count.
type Flow struct {
	Sent    []int32
	Served  []int32 // answered by the application, well or not
	Refused []int32 // 502 at once, in the cell in which they were sent
	GaveUp  []int32 // answered 504, or given up by us: what the site goes on with unseen
}

// Cell returns which cell d is in.
func (g *Cells) Cell(d time.Duration) int { return int(max(d, 0) / g.Width) }

// Start returns when cell c begins.
func (g *Cells) Start(c int) time.Duration { return time.Duration(c) * g.Width }

// PerSecond returns how many cells make a second.
func (g *Cells) PerSecond() int { return max(int(time.Second/g.Width), 1) }

// mostInFlight returns the most requests in flight in each of n buckets, as seen
// at the start of each cell: 512 times a second in a run of up to 34 minutes.
// Requests that begin and end between two looks are not seen.
func (g *Cells) mostInFlight(bucket time.Duration, n int) []int64 {
	most := make([]int64, n)
	each := max(int(bucket/g.Width), 1)
	for c, level := range g.inFlight {
		if b := c / each; b < n {
			most[b] = max(most[b], int64(level))
		}
	}
	return most
}

// ServedBut returns flow.Served without the answers to some requests, which are
// marked. It is nil where answers are not kept apart that finely.
func (g *Cells) ServedBut(apart []bool) []int32 {
	if g.mixCells > 1 {
		return nil
	}
	rest := slices.Clone(g.Flow.Served)
	for r, served := range g.servedOf {
		if apart[r] {
			for c, n := range served {
				rest[c] -= n
			}
		}
	}
	return rest
}

// Errors returns how many errors of a kind came in [from, to), up to the width of a cell.
func (g *Cells) Errors(kind ErrorKind, from, to time.Duration) (n int64) {
	return SumCells(g.Bad[kind], g.Cell(from), g.Cell(to))
}

// ServedMix counts the answers of the application in some stretches of cells, by request.
func (g *Cells) ServedMix(windows []Stretch) []int64 {
	counts := make([]int64, len(g.servedOf))
	for _, w := range windows {
		for r, served := range g.servedOf {
			counts[r] += SumCells(served, (w.From+g.mixCells-1)/g.mixCells, w.To/g.mixCells)
		}
	}
	return counts
}

// Worth sums up the answers of the application in each cell, one to a request as so
// much. It is nil where answers are not kept apart that finely.
func (g *Cells) Worth(each []float64) []float64 {
	if g.mixCells > 1 {
		return nil
	}
	worth := make([]float64, len(g.Flow.Served))
	for r, served := range g.servedOf {
		for c, n := range served {
			worth[c] += each[r] * float64(n)
		}
	}
	return worth
}

// BadIn returns how many errors of any kind came in the cells [from, to).
func (g *Cells) BadIn(from, to int) (n int64) {
	for kind := range g.Bad {
		n += SumCells(g.Bad[kind], from, to)
	}
	return n
}

// alone reports whether no good answer came within half a second of t.
func (g *Cells) alone(t time.Duration) bool {
	half, last := g.PerSecond()/2, len(g.goodBefore)-1
	c := g.Cell(t)
	return g.goodBefore[min(c+half+1, last)] == g.goodBefore[min(max(c-half, 0), last)]
}

// hiddenFor is how long after somebody gave up requests may still be inside unseen,
// though the site answers others well by then.
const hiddenFor = 30 * time.Second

// HiddenWork reports whether requests that were given up may go on unseen in the
// site in cell c, so that more are inside than can be counted: somebody gave up within
// hiddenFor, or nothing was answered well since. What waits for a dependency that hangs
// does so for as long as it hangs, whoever has left.
func (g *Cells) HiddenWork(c int) bool {
	last := len(g.leftBefore) - 1
	left := g.leftBefore[min(c+1, last)]
	if left == 0 {
		return false
	}
	gaveUp, _ := slices.BinarySearch(g.leftBefore, left) // the first cell before which as many had left
	return c-gaveUp < int(hiddenFor/g.Width) || g.goodBefore[min(c+1, len(g.goodBefore)-1)] == g.goodBefore[min(gaveUp, len(g.goodBefore)-1)]
}

// FirstGiveUp is the first cell in which somebody gave up.
func (g *Cells) FirstGiveUp() int {
	for c, n := range g.Flow.GaveUp {
		if n > 0 {
			return c
		}
	}
	return math.MaxInt
}

// TotalSent is how many requests were sent, warm-up included.
func (g *Cells) TotalSent() int64 { return SumCells(g.Flow.Sent, 0, len(g.Flow.Sent)) }

// BySecond sums counts of cells to seconds.
func (g *Cells) BySecond(counts []int32) map[int64]int64 {
	m := map[int64]int64{}
	second := g.PerSecond()
	for c, n := range counts {
		if n > 0 {
			m[int64(c/second)] += int64(n)
		}
	}
	return m
}

// sustained returns the first cell, from the moment from on, with an error of
// that kind from whose start on a full second, over before end, has at
// least 5% of them among its answers. It is exact up to the width of a cell.
func (g *Cells) sustained(kind ErrorKind, from, end time.Duration) (cell int, ok bool) {
	bad, second := g.Bad[kind], g.PerSecond()
	var answers, errors int64
	add := func(c int, sign int64) {
		if c < len(g.answers) {
			answers += sign * int64(g.answers[c])
		}
		if c < len(bad) {
			errors += sign * int64(bad[c])
		}
	}
	first := g.Cell(from)
	for c := range second {
		add(first+c, 1)
	}
	for c := first; c < len(bad); c++ {
		if g.Start(c+second) > end {
			break
		}
		if bad[c] > 0 && errors*20 >= answers {
			return c, true
		}
		add(c, -1)
		add(c+second, 1)
	}
	return 0, false
}

// At returns cells[i], 0 beyond its end.
func At[N int32 | float64](cells []N, i int) N {
	if i < 0 || i >= len(cells) {
		return 0
	}
	return cells[i]
}

func SumCells(cells []int32, from, to int) (n int64) {
	for c := max(from, 0); c < min(to, len(cells)); c++ {
		n += int64(cells[c])
	}
	return n
}

// Stretch is a stretch of cells in which requests queued all the time.
type Stretch struct{ From, To int }
