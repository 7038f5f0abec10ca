package accesslog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const (
	// maxLine bounds a line, bytes: requests of nginx and Apache have 8 KB at most.
	maxLine = 64 << 10
	// maxShown is how much is kept of a broken line, bytes.
	maxShown = 200
)

// Reader reads a log line by line. It counts the lines that are none of an access log.
type Reader struct {
	in     *bufio.Reader
	parser Parser

	Line   int    // the number of the line that was read last, from 1
	Lines  int    // that were read and are not empty
	Broken int    // of these, those that are none of an access log
	First  Broken // the first of them
}

// Broken is a line that is none of an access log.
type Broken struct {
	Line int
	Text string // its first 200 bytes, as they are: it may hold secrets
	Why  string // to follow "line 7: "
}

// NewReader returns a Reader of what in has.
func NewReader(in io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(in, maxLine)} }

// Next returns the next line of an access log, which holds until the one after it
// is read, or io.EOF. What else is wrong is the input's own error.
func (r *Reader) Next() (Line, error) {
	for {
		text, long, err := r.read()
		if err != nil && !errors.Is(err, io.EOF) {
			return Line{}, err
		}
		if text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))); len(text) > 0 {
			r.Lines++
			l, ok := r.parser.Parse(text)
			if ok && !long {
				return l, nil
			}
			r.broken(text, long)
		}
		if err != nil {
			return Line{}, err
		}
	}
}

// read reads a line; of one that is too long, its beginning.
func (r *Reader) read() (text []byte, long bool, err error) {
	text, err = r.in.ReadSlice('\n')
	r.Line++
	if !errors.Is(err, bufio.ErrBufferFull) {
		return text, false, err
	}
	text = bytes.Clone(text[:maxShown])
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.in.ReadSlice('\n')
	}
	return text, true, err
}

func (r *Reader) broken(text []byte, long bool) {
	if r.Broken++; r.Broken > 1 {
		return
	}
	why := "it has no request with its status"
	switch {
	case long:
		why = "it is longer than 64 KB"
	case !r.parser.timed:
		why = "it has no time"
	}
	r.First = Broken{Line: r.Line, Text: string(text[:min(len(text), maxShown)]), Why: why}
}
