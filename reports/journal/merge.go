package journal

import (
	"cmp"
	"container/heap"
	"errors"
	"io"
	"math"
	"slices"
	"time"
)

// byDue orders hits as Bundle.Hits yields them.
func byDue(a, b Hit) int {
	return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Seq, b.Seq))
}

// merger reads sorted hit files as one. A file is open only from its earliest
// hit on, so memory goes with the number of files that overlap (the longest
// answer, over a segment's second), not with the length of the run.
type merger struct {
	dir     string
	waiting []waiting // by due, not yet open
	open    cursors
}

// waiting is a hit file and when its first hit was due.
type waiting struct {
	name string // in the bundle
	due  time.Duration
}

// cursor is an open file with some of its hits, at least one.
type cursor struct {
	file   *hitReader
	hits   []Hit
	memory []Hit
}

func newMerger(dir string, names []string) (*merger, error) {
	m := &merger{dir: dir}
	for _, name := range names {
		due := time.Duration(math.MinInt64)
		if len(names) > 1 {
			first, err := firstDue(dir, name)
			if err == io.EOF {
				continue
			}
			if err != nil {
				return nil, err
			}
			due = first
		}
		m.waiting = append(m.waiting, waiting{name, due})
	}
	slices.SortStableFunc(m.waiting, func(a, b waiting) int { return cmp.Compare(a.due, b.due) })
	return m, nil
}

// firstDue returns when the first hit in the file was due, or io.EOF when it holds none.
func firstDue(dir, name string) (time.Duration, error) {
	f, err := openHits(dir, name)
	if err != nil {
		return 0, err
	}
	defer f.close()
	var first [1]Hit
	_, err = f.read(first[:])
	return first[0].Due, err
}

// read fills hits as far as the files reach; with less than all of them it
// returns the error, io.EOF at the end.
func (m *merger) read(hits []Hit) (n int, err error) {
	for n < len(hits) {
		if err := m.openDue(); err != nil {
			return n, err
		}
		if len(m.open) == 0 {
			return n, io.EOF
		}
		n += m.open[0].take(hits[n:], m.limit())
		if err := m.advance(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// openDue opens the files that may hold the next hit.
func (m *merger) openDue() error {
	for len(m.waiting) > 0 && (len(m.open) == 0 || m.waiting[0].due <= m.open[0].hits[0].Due) {
		f, err := openHits(m.dir, m.waiting[0].name)
		if err != nil {
			return err
		}
		m.waiting = m.waiting[1:]
		c := &cursor{file: f, memory: make([]Hit, 512)}
		switch err := c.load(); {
		case err == io.EOF:
			f.close()
		case err != nil:
			f.close()
			return err
		default:
			heap.Push(&m.open, c)
		}
	}
	return nil
}

// limit returns the hit before which the first cursor has the next hits to itself.
func (m *merger) limit() Hit {
	l := Hit{Due: math.MaxInt64, Seq: math.MaxUint64}
	if len(m.waiting) > 0 {
		l = Hit{Due: m.waiting[0].due}
	}
	for _, c := range m.open[1:min(3, len(m.open))] { // a heap's second is a child of the first
		if byDue(c.hits[0], l) < 0 {
			l = c.hits[0]
		}
	}
	return l
}

// advance puts the first cursor, just read from, in its place.
func (m *merger) advance() error {
	c := m.open[0]
	if len(c.hits) == 0 {
		switch err := c.load(); {
		case err == io.EOF:
			heap.Pop(&m.open)
			return c.file.close()
		case err != nil:
			return err
		}
	}
	heap.Fix(&m.open, 0)
	return nil
}

func (m *merger) close() error {
	var errs []error
	for _, c := range m.open {
		errs = append(errs, c.file.close())
	}
	return errors.Join(errs...)
}

// load reads on; it returns io.EOF only when there was nothing more.
func (c *cursor) load() error {
	n, err := c.file.read(c.memory)
	c.hits = c.memory[:n]
	if n > 0 && err == io.EOF {
		return nil
	}
	return err
}

// take moves the first hit, and those after it that come before limit.
func (c *cursor) take(to []Hit, limit Hit) int {
	n := 1
	for most := min(len(to), len(c.hits)); n < most && byDue(c.hits[n], limit) < 0; n++ {
	}
	copy(to, c.hits[:n])
	c.hits = c.hits[n:]
	return n
}

// cursors is a heap by the first hit.
type cursors []*cursor

func (h cursors) Len() int           { return len(h) }
func (h cursors) Less(i, j int) bool { return byDue(h[i].hits[0], h[j].hits[0]) < 0 }
func (h cursors) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *cursors) Push(c any)        { *h = append(*h, c.(*cursor)) }
func (h *cursors) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}
