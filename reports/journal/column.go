package journal

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// columnNames of a hit file, in the order of hitReader's columns.
var columnNames = [...]string{"seq", "phase", "request", "due_ns", "lag_ns", "wait_ns", "receive_ns",
	"code", "class", "bytes_in", "bytes_out", "degraded", "answerer", "leads", "visit", "step", "session"}

// The columns that are looked up by place.
const (
	colSeq = iota
	colPhase
	colRequest
	colDue
	colLag
	colWait
	colReceive
	colCode
	colClass
	colBytesIn
	colBytesOut
	colDegraded
	colAnswerer
	colLeads
	colVisit
	colStep
	colSession
)

// sinceThen tells the columns that a file of an earlier version lacks; there
// they are all 0.
func sinceThen(i int) bool { return i >= colAnswerer }

// column decodes one column of a hit file, a page at a time, into integers:
// false and true are 0 and 1, null is 0, a class or an answerer is its number.
type column struct {
	absent bool                    // the file lacks it
	parse  func(name string) int64 // of a column of names
	pages  parquet.Pages
	values []int64 // of the page at hand, not yet used
	page   []int64 // the memory behind values
	// table is what dictionary's indexes stand for.
	dictionary parquet.Dictionary
	table      []int64
}

// load decodes pages until there is a value. It returns io.EOF after the last page.
func (c *column) load() error {
	for len(c.values) == 0 {
		page, err := c.pages.ReadPage()
		if err != nil {
			return err
		}
		err = c.decode(page)
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *column) decode(page parquet.Page) error {
	data, err := page.Data(), error(nil)
	c.page = c.page[:0]
	if d := page.Dictionary(); d != nil {
		err = c.decodeIndexes(d, data.Int32())
	} else {
		c.page, err = c.appendIntegers(c.page, data, page.NumValues()-page.NumNulls())
	}
	if err == nil && page.NumNulls() > 0 {
		err = c.spread(page.DefinitionLevels())
	}
	c.values = c.page
	return err
}

func (c *column) decodeIndexes(d parquet.Dictionary, indexes []int32) error {
	if c.dictionary != d {
		all, err := c.appendIntegers(c.table[:0], d.Page().Data(), int64(d.Len()))
		if err != nil {
			return err
		}
		c.dictionary, c.table = d, all
	}
	for _, i := range indexes {
		if uint(i) >= uint(len(c.table)) {
			return fmt.Errorf("index %d in a dictionary of %d", i, len(c.table))
		}
		c.page = append(c.page, c.table[i])
	}
	return nil
}

// spread moves the values to where a level says that there is one, with 0 between them.
func (c *column) spread(levels []byte) error {
	from := len(c.page) - 1
	c.page = append(c.page, make([]int64, max(0, len(levels)-len(c.page)))...)
	for to := len(levels) - 1; to >= 0; to-- {
		if levels[to] == 0 {
			c.page[to] = 0
			continue
		}
		if from < 0 {
			return errors.New("fewer values than levels")
		}
		c.page[to] = c.page[from]
		from--
	}
	return nil
}

// appendIntegers appends the first n values of data to to.
func (c *column) appendIntegers(to []int64, data encoding.Values, n int64) ([]int64, error) {
	switch data.Kind() {
	case encoding.Int64:
		return append(to, data.Int64()...), nil
	case encoding.Int32:
		for _, v := range data.Int32() {
			to = append(to, int64(v))
		}
		return to, nil
	case encoding.Boolean:
		bits := data.Boolean()
		if n > 8*int64(len(bits)) {
			return to, io.ErrUnexpectedEOF
		}
		for i := range n {
			to = append(to, int64(bits[i/8]>>(i%8)&1))
		}
		return to, nil
	case encoding.ByteArray:
		if c.parse == nil {
			break
		}
		text, offsets := data.ByteArray()
		for i := 1; i < len(offsets); i++ {
			to = append(to, c.parse(string(text[offsets[i-1]:offsets[i]])))
		}
		return to, nil
	}
	return to, fmt.Errorf("values of kind %v", data.Kind())
}
