package reports

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// grid counts in cells much finer than a bucket of the timeline: 512 a second.
// Beyond maxCells (34 minutes) cells are made twice as wide, as often as needed;
// a second stays a whole number of cells up to twelve days.
type grid struct {
	width   time.Duration
	change  []int32             // hits sent less hits done
	answers []int32             // done, without warm-up and ours
	good    []int32             // of those the good ones
	bad     [errorKinds][]int32 // of those the bad ones of that kind; generatorError apart
	flow    flow
}

// flow is what the site itself saw, warm-up included: it is what the workers
// are worked out from.
type flow struct {
	inside  []int32 // hits sent less hits done, without those refused
	sent    []int32
	served  []int32 // answered by the application, well or not
	refused []int32 // 502 at once, in the cell in which they were sent
	gaveUp  []int32 // answered 504, or given up by us: what the site goes on with unseen
}

func (f *flow) columns() []*[]int32 {
	return []*[]int32{&f.inside, &f.sent, &f.served, &f.refused, &f.gaveUp}
}

// refusedWithin is how soon a refusal comes: it takes a millisecond, and more on a busy machine.
const refusedWithin = 100 * time.Millisecond

func (f *flow) add(h *journal.Hit, sent, done int) {
	bump(&f.sent, sent, 1)
	if h.Code == 502 && h.Class == journal.ClassStatus && h.Answerer != journal.AnswererApp && h.Service() < refusedWithin {
		bump(&f.refused, sent, 1)
		return
	}
	bump(&f.inside, sent, 1)
	bump(&f.inside, done, -1)
	switch {
	case h.Class == journal.ClassClientTimeout, gaveUpOn(h):
		bump(&f.gaveUp, done, 1)
	case servedByApp(h):
		bump(&f.served, done, 1)
	}
}

// servedByApp reports whether a worker ended the request with an answer, good or bad.
func servedByApp(h *journal.Hit) bool {
	switch h.Class {
	case journal.ClassOK, journal.ClassBody:
		return true
	case journal.ClassStatus:
		return gatewayIndex(h.Code) < 0 || h.Answerer == journal.AnswererApp
	}
	return false
}

// gaveUpOn reports whether the gateway answered for a worker that did not.
func gaveUpOn(h *journal.Hit) bool {
	return h.Class == journal.ClassStatus && h.Code == 504 && h.Answerer != journal.AnswererApp
}

const (
	cellsPerSecond = 512
	cellWidth      = time.Second / cellsPerSecond
	maxCells       = 1 << 20
)

// newGrid makes room for what is planned; growing step by step costs several
// times as much.
func newGrid(planned time.Duration) *grid {
	g := &grid{width: cellWidth}
	cells := int(min(max(planned, 0)/cellWidth+cellsPerSecond, maxCells))
	for _, column := range append(g.flow.columns(), &g.change, &g.answers) {
		*column = make([]int32, 0, cells)
	}
	return g
}

func (g *grid) add(h *journal.Hit, warmup bool) {
	if !inFlight(h) {
		return
	}
	for max(h.Sent, h.Done)/g.width >= maxCells {
		g.fold()
	}
	sent, done := g.cell(h.Sent), g.cell(h.Done)
	bump(&g.change, sent, 1)
	bump(&g.change, done, -1)
	g.flow.add(h, sent, done)
	if warmup {
		return
	}
	if i := errorKindOf(h); i >= 0 {
		bump(&g.bad[i], done, 1)
	}
	if h.Class.Ours() {
		return
	}
	bump(&g.answers, done, 1)
	if h.Class == journal.ClassOK {
		bump(&g.good, done, 1)
	}
}

func (g *grid) cell(d time.Duration) int { return int(max(d, 0) / g.width) }

// start returns when cell c begins.
func (g *grid) start(c int) time.Duration { return time.Duration(c) * g.width }

// perSecond returns how many cells make a second.
func (g *grid) perSecond() int { return max(int(time.Second/g.width), 1) }

// fold makes the cells twice as wide.
func (g *grid) fold() {
	g.width *= 2
	for _, cells := range g.columns() {
		half := make([]int32, (len(*cells)+1)/2)
		for i, n := range *cells {
			half[i/2] += n
		}
		*cells = half
	}
}

func (g *grid) columns() []*[]int32 {
	all := append(g.flow.columns(), &g.change, &g.answers, &g.good)
	for i := range g.bad {
		all = append(all, &g.bad[i])
	}
	return all
}

func bump(cells *[]int32, i int, by int32) {
	if i >= len(*cells) {
		*cells = append(*cells, make([]int32, i+1-len(*cells))...)
	}
	(*cells)[i] += by
}

// inFlight returns the most requests in flight in each of n buckets, as seen at
// the start of each cell: 512 times a second in a run of up to 34 minutes.
// Requests that begin and end between two looks are not seen.
func (g *grid) inFlight(bucket time.Duration, n int) []int64 {
	most := make([]int64, n)
	cells := max(int(bucket/g.width), 1)
	var level int64 // at the start of cell c
	for c, change := range g.change {
		if b := c / cells; b < n {
			most[b] = max(most[b], level)
		}
		level += int64(change)
	}
	return most
}

// errors returns how many errors of a kind came in [from, to), up to the width of a cell.
func (g *grid) errors(kind errorKind, from, to time.Duration) (n int64) {
	return sumCells(g.bad[kind], g.cell(from), g.cell(to))
}

func sumCells(cells []int32, from, to int) (n int64) {
	for c := max(from, 0); c < min(to, len(cells)); c++ {
		n += int64(cells[c])
	}
	return n
}

// sustained returns the first cell, from the moment from on, with an error of
// that kind from whose start on a full second, over before end, has at
// least 5% of them among its answers. It is exact up to the width of a cell.
func (g *grid) sustained(kind errorKind, from, end time.Duration) (cell int, ok bool) {
	bad, second := g.bad[kind], g.perSecond()
	var answers, errors int64
	add := func(c int, sign int64) {
		if c < len(g.answers) {
			answers += sign * int64(g.answers[c])
		}
		if c < len(bad) {
			errors += sign * int64(bad[c])
		}
	}
	first := g.cell(from)
	for c := range second {
		add(first+c, 1)
	}
	for c := first; c < len(bad); c++ {
		if g.start(c+second) > end {
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
