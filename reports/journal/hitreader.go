package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tailback/tailback/internal/files"
)

// hitReader reads a hit file from its beginning to its end.
type hitReader struct {
	file    *os.File
	index   [len(columnNames)]int // of each column in the file
	groups  []parquet.RowGroup    // not yet begun
	columns [len(columnNames)]column
}

// openHits opens a hit file in the bundle at dir. Errors name it.
func openHits(dir, name string) (r *hitReader, err error) {
	f, err := files.Open(dir, name)
	if err != nil {
		return nil, err
	}
	r = &hitReader{file: f}
	err = guard(func() error { return r.open() })
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return r, nil
}

func (r *hitReader) open() error {
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(r.file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	if err := checkGroups(file.Metadata().RowGroups); err != nil {
		return err
	}
	for i, name := range columnNames {
		leaf, ok := file.Schema().Lookup(name)
		if r.columns[i].absent = !ok && sinceThen(i); r.columns[i].absent {
			continue
		}
		if !ok {
			return fmt.Errorf("no column %q", name)
		}
		if leaf.MaxRepetitionLevel > 0 {
			return fmt.Errorf("column %q holds lists", name)
		}
		r.index[i] = leaf.ColumnIndex
	}
	r.columns[colClass].parse = func(name string) int64 { return int64(ParseClass(name)) }
	r.columns[colAnswerer].parse = func(name string) int64 { return int64(ParseAnswerer(name)) }
	r.columns[colLeads].parse = func(name string) int64 { return int64(ParseLeads(name)) }
	r.groups = file.RowGroups()
	return nil
}

// A row group may have so many hits, and so many bytes of a column: its reader may
// have to hold a whole column, however small the file is.
const (
	maxGroup  = 1 << 22
	maxColumn = 256 << 20
)

func checkGroups(groups []format.RowGroup) error {
	for i, g := range groups {
		if g.NumRows < 0 || g.NumRows > maxGroup {
			return fmt.Errorf("row group %d has %d hits, and can only have %d", i, g.NumRows, maxGroup)
		}
		for _, c := range g.Columns {
			if n := c.MetaData.TotalUncompressedSize; n < 0 || n > maxColumn {
				return fmt.Errorf("a column of row group %d has %d bytes, and can only have %d", i, n, maxColumn)
			}
		}
	}
	return nil
}

// read fills hits as far as the file reaches; with less than all of them it
// returns the error, io.EOF at the end.
func (r *hitReader) read(hits []Hit) (n int, err error) {
	for n < len(hits) {
		ready, err := r.ready()
		if err != nil {
			return n, err
		}
		ready = min(ready, len(hits)-n)
		if err := r.check(ready); err != nil {
			return n, fmt.Errorf("%s: %w", r.file.Name(), err)
		}
		r.fill(hits[n : n+ready])
		n += ready
	}
	return n, nil
}

// ready decodes until every column has a value, and returns how many all of them have.
func (r *hitReader) ready() (n int, err error) {
	err = guard(func() error {
		for {
			n, err = r.shortest()
			if err != io.EOF || len(r.groups) == 0 {
				return err
			}
			r.next()
		}
	})
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", r.file.Name(), err)
	}
	return n, err
}

func (r *hitReader) shortest() (int, error) {
	n, ended, present := int(^uint(0)>>1), 0, 0
	for i := range r.columns {
		c := &r.columns[i]
		if c.absent {
			continue
		}
		if c.pages == nil {
			return 0, io.EOF
		}
		present++
		switch err := c.load(); {
		case err == io.EOF:
			ended++
		case err != nil:
			return 0, fmt.Errorf("column %q: %w", columnNames[i], err)
		}
		n = min(n, len(c.values))
	}
	if ended == present {
		return 0, io.EOF
	}
	if ended > 0 {
		return 0, errors.New("columns of different lengths")
	}
	for i := range r.columns {
		if c := &r.columns[i]; c.absent {
			c.page = slices.Grow(c.page, n)[:n] // never written: all 0
			c.values = c.page
		}
	}
	return n, nil
}

// next begins a row group.
func (r *hitReader) next() {
	r.closePages()
	chunks := r.groups[0].ColumnChunks()
	r.groups = r.groups[1:]
	for i := range r.columns {
		if c := &r.columns[i]; !c.absent {
			c.pages, c.dictionary = chunks[r.index[i]].Pages(), nil
		}
	}
}

// check holds the figures of the next n hits to what a run can write.
func (r *hitReader) check(n int) error {
	for i := range r.columns {
		low, high := hitBounds(columnNames[i])
		for k, v := range r.columns[i].values[:n] {
			if v < low || v > high {
				return fmt.Errorf("%s of hit %d is %d, and can only be from %d to %d", columnNames[i], uint64(r.columns[colSeq].values[k]), v, low, high)
			}
		}
	}
	return nil
}

// fill takes as many values of every column as there are hits.
func (r *hitReader) fill(hits []Hit) {
	c := &r.columns
	seq, phase, request := c[colSeq].values, c[colPhase].values, c[colRequest].values
	due, lag, wait, receive := c[colDue].values, c[colLag].values, c[colWait].values, c[colReceive].values
	code, class, degraded := c[colCode].values, c[colClass].values, c[colDegraded].values
	in, out, answerer, leads := c[colBytesIn].values, c[colBytesOut].values, c[colAnswerer].values, c[colLeads].values
	visit, step, session := c[colVisit].values, c[colStep].values, c[colSession].values
	for i := range hits {
		sent := due[i] + lag[i]
		first := int64(0)
		if wait[i] != 0 {
			first = sent + wait[i]
		}
		hits[i] = Hit{
			Seq: uint64(seq[i]), Phase: int32(phase[i]), Request: int32(request[i]),
			Due: time.Duration(due[i]), Sent: time.Duration(sent),
			FirstByte: time.Duration(first), Done: time.Duration(sent + wait[i] + receive[i]),
			Code: int32(code[i]), Class: Class(class[i]),
			BytesIn: in[i], BytesOut: out[i], Degraded: degraded[i] != 0,
			Answerer: Answerer(answerer[i]), Leads: Leads(leads[i]),
			Visit: uint64(visit[i]), Step: int32(step[i]), Session: int32(session[i]),
		}
	}
	for i := range c {
		c[i].values = c[i].values[len(hits):]
	}
}

func (r *hitReader) closePages() {
	for i := range r.columns {
		if p := r.columns[i].pages; p != nil {
			p.Close()
		}
	}
}

func (r *hitReader) close() error {
	r.closePages()
	return r.file.Close()
}

// guard calls f and turns a panic into an error: the decoder panics on some damaged files.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	return f()
}
