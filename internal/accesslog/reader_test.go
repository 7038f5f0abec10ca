package accesslog

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReader(t *testing.T) {
	const good = `::1 - - [29/Nov/2026:09:22:27 +0100] "GET /a HTTP/1.1" 200 5`
	for _, c := range []struct {
		name, text           string
		lines, broken, first int
		why                  string
	}{
		{"no line feed at the end", good + "\n\r\n" + good, 2, 0, 0, ""},
		{"a byte order mark", "\xef\xbb\xbf" + good, 1, 0, 0, ""},
		{"a line without a time, and one without a status", good + "\nhush\n" + good[:40] + "\n" + good, 4, 2, 2, "it has no time"},
		{"one that is cut off", good + "\n" + good[:50], 2, 1, 2, "it has no request with its status"},
		{"one that is too long", good + "\n" + good + strings.Repeat("x", 3*maxLine) + "\n" + good, 3, 1, 2, "it is longer than 64 KB"},
	} {
		r := NewReader(iotest.OneByteReader(strings.NewReader(c.text)))
		n := 0
		for {
			l, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || string(l.Target) != "/a" {
				t.Fatalf("%s: %q, %v", c.name, l.Target, err)
			}
			n++
		}
		if r.Lines != c.lines || n != c.lines-c.broken || r.Broken != c.broken || r.First.Line != c.first || r.First.Why != c.why || len(r.First.Text) > maxShown {
			t.Errorf("%s: %d of %d lines, %d broken, the first %+v", c.name, n, r.Lines, r.Broken, r.First)
		}
	}
	if _, err := NewReader(iotest.ErrReader(io.ErrUnexpectedEOF)).Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the input's error became %v", err)
	}
}
