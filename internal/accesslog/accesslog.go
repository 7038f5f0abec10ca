// Package accesslog reads the access logs of nginx and Apache: common, combined
// and whatever else has a time in brackets and a request in quotes, and JSON lines.
package accesslog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
)

// Record is a request as a log tells it. Its texts are parts of the line, and good
// until the next one is read.
type Record struct {
	Time   time.Time // zero when the line tells none
	Host   []byte    // as the line names the site; may be empty
	Method []byte
	Target []byte // path and query, with the log's own escapes taken out
	Status int    // 0 when the line tells none
}

// maxLine bounds a line: nginx's and Apache's requests have 8 KB at most.
const maxLine = 256 << 10

// Reader reads a log line by line.
type Reader struct {
	in      *bufio.Reader
	stamps  stamps
	scratch []byte

	Line   int    // the number of the line read last, from 1
	Broken int    // lines that tell no request
	First  Broken // the first of these
}

// Broken is a line that could not be read.
type Broken struct {
	Line int
	Text string // at most 200 bytes of it, as they are: it may hold secrets
	Why  string
}

// NewReader reads what in has.
func NewReader(in io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, maxLine)}
}

// Next returns the next request, or io.EOF. Broken lines are counted and skipped;
// any other error is the input's own.
func (r *Reader) Next() (Record, error) {
	for {
		line, err := r.line()
		if err != nil {
			return Record{}, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		record, why := r.parse(line)
		if why == "" {
			return record, nil
		}
		r.broken(line, why)
	}
}

// line reads one line without its end. Of one that is too long it returns the
// beginning, which parse then finds to be too long.
func (r *Reader) line() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		r.Line++
		return line, r.skip()
	case errors.Is(err, io.EOF) && len(line) > 0:
	case err != nil:
		return nil, err
	}
	r.Line++
	return bytes.TrimRight(line, "\r\n"), nil
}

// skip reads to the end of a line that is too long. What the buffer held is
// overwritten, and only its length is looked at.
func (r *Reader) skip() error {
	for {
		switch _, err := r.in.ReadSlice('\n'); {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}

func (r *Reader) parse(line []byte) (record Record, why string) {
	if len(line) >= maxLine {
		return Record{}, "it is longer than 256 KB"
	}
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	if line[0] == '{' {
		record, why = r.object(line)
	} else {
		record, why = r.columns(line)
	}
	switch {
	case why != "":
	case !method(record.Method):
		why = "its request has no method"
	case len(record.Target) == 0:
		why = "its request has no path"
	}
	return record, why
}

func (r *Reader) broken(line []byte, why string) {
	if r.Broken++; r.Broken == 1 {
		r.First = Broken{Line: r.Line, Text: string(line[:min(len(line), 200)]), Why: why}
	}
}

// method reports whether a word is one, by its form: capitals, as in PROPFIND or M-SEARCH.
func method(word []byte) bool {
	for _, c := range word {
		if (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	return len(word) > 0 && len(word) <= 20
}
