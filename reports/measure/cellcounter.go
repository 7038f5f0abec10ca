package measure

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// cellCounter counts hits in the cells of a run.
type cellCounter struct {
	Cells
	change []int32 // hits sent less hits done
	inside []int32 // the same without those refused at once
}

// maxMix bounds the entries of cells.servedOf, all requests together: 32 MB.
const maxMix = 1 << 23

const (
	cellsPerSecond = 512
	cellWidth      = time.Second / cellsPerSecond
	maxCells       = 1 << 20
)

// newCellCounter makes room for what is planned; growing step by step costs
// several times as much.
func newCellCounter(planned time.Duration, requests int) *cellCounter {
	g := &cellCounter{Cells: Cells{Width: cellWidth, mixCells: 1}}
	room := int(min(max(planned, 0)/cellWidth+cellsPerSecond, maxCells))
	for _, column := range []*[]int32{&g.Flow.Sent, &g.Flow.Served, &g.Flow.Refused, &g.Flow.GaveUp, &g.inside, &g.change, &g.answers, &g.Good} {
		*column = make([]int32, 0, room)
	}
	if requests > 1 {
		g.servedOf = make([][]int32, requests)
		for requests*room/g.mixCells > maxMix {
			g.mixCells *= 2
		}
		for r := range g.servedOf {
			g.servedOf[r] = make([]int32, 0, room/g.mixCells)
		}
	}
	return g
}

func (g *cellCounter) add(h *journal.Hit, warmup bool) {
	if !inFlight(h) {
		return
	}
	for max(h.Sent, h.Done)/g.Width >= maxCells {
		g.fold()
	}
	sent, done := g.Cell(h.Sent), g.Cell(h.Done)
	bump(&g.change, sent, 1)
	bump(&g.change, done, -1)
	g.addFlow(h, sent, done)
	if warmup {
		return
	}
	if i := errorKindOf(h); i >= 0 {
		bump(&g.Bad[i], done, 1)
	}
	if h.Class.Ours() {
		return
	}
	bump(&g.answers, done, 1)
	if h.Class == journal.ClassOK {
		bump(&g.Good, done, 1)
	}
}

func (g *cellCounter) addFlow(h *journal.Hit, sent, done int) {
	f := &g.Flow
	bump(&f.Sent, sent, 1)
	if refusedAtOnce(h) && h.Code == 502 && h.Class == journal.ClassStatus {
		bump(&f.Refused, sent, 1)
		return
	}
	bump(&g.inside, sent, 1)
	bump(&g.inside, done, -1)
	switch {
	case h.Class == journal.ClassClientTimeout, mayGoOn(h):
		bump(&f.GaveUp, done, 1)
	case servedByApp(h):
		bump(&f.Served, done, 1)
		if g.servedOf != nil {
			bump(&g.servedOf[h.Request], done/g.mixCells, 1)
		}
	}
}

// fold makes the cells twice as wide.
func (g *cellCounter) fold() {
	g.Width *= 2
	columns := []*[]int32{&g.Flow.Sent, &g.Flow.Served, &g.Flow.Refused, &g.Flow.GaveUp, &g.inside, &g.change, &g.answers, &g.Good}
	for i := range g.Bad {
		columns = append(columns, &g.Bad[i])
	}
	if g.mixCells > 1 {
		g.mixCells /= 2 // its entries are as wide as they were
	} else {
		for i := range g.servedOf {
			columns = append(columns, &g.servedOf[i])
		}
	}
	for _, column := range columns {
		half := make([]int32, (len(*column)+1)/2)
		for i, n := range *column {
			half[i/2] += n
		}
		*column = half
	}
}

// finish adds up what the counts come to. Nothing can be added after it.
func (g *cellCounter) finish() *Cells {
	done, n := g.Cells, len(g.change)
	done.inFlight = levels(g.change, n)
	done.InSystem = levels(g.inside, n+1)
	done.goodBefore, done.leftBefore = countBefore(g.Good), countBefore(g.Flow.GaveUp)
	return &done
}

// levels makes of the changes in each cell how many there are at the start of
// each of n cells, in the same memory.
func levels(changes []int32, n int) []int32 {
	var level int32
	for c := range n {
		if c == len(changes) {
			changes = append(changes, 0)
		}
		changes[c], level = level, level+changes[c]
	}
	return changes[:n]
}

// countBefore returns how many there are before each cell.
func countBefore(cells []int32) []int32 {
	sums := make([]int32, len(cells)+1)
	for c, n := range cells {
		sums[c+1] = sums[c] + n
	}
	return sums
}

func bump(cells *[]int32, i int, by int32) {
	if i >= len(*cells) {
		*cells = append(*cells, make([]int32, i+1-len(*cells))...)
	}
	(*cells)[i] += by
}
