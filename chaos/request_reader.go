package chaos

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// maxHead bounds the headers of a request, as Go's own server does.
const maxHead = 1 << 20

// requestReader reads HTTP requests from the site's bytes. It can give back the
// bytes of a request that is not to be answered, and they go on to the dependency.
type requestReader struct {
	stub   *toxics.ToxicStub
	conn   *conn
	buf    *bufio.Reader
	lifted <-chan struct{} // ends reading
	kept   []byte          // the bytes of the request being read that buf was given
	keep   bool
	rest   []byte // the bytes of the latest chunk that buf was not given yet
	ended  error  // why reading ended: io.EOF, errLifted or errLong
}

var (
	errLifted = errors.New("the fault was lifted")
	errLong   = errors.New("the headers are too long")
)

func newRequestReader(stub *toxics.ToxicStub) *requestReader {
	in := &requestReader{stub: stub, conn: stub.State.(*flow).conn, lifted: stub.Interrupt}
	in.buf = bufio.NewReader(in)
	return in
}

// skip passes on the rest of the request that was under way when the fault came,
// and reports whether another has begun.
func (in *requestReader) skip() bool {
	for in.chunk() {
		if !in.conn.midRequest() {
			return true
		}
		in.giveBack()
	}
	return false
}

// midRequest reports whether the latest request was under way when the fault came.
func (c *conn) midRequest() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.midway != 0 && c.requests == c.midway
}

// chunk waits for the next bytes of the site.
func (in *requestReader) chunk() bool {
	select {
	case <-in.lifted:
		in.ended = errLifted
	case c := <-in.stub.Input:
		if c != nil {
			in.rest = c.Data
			return true
		}
		in.ended = io.EOF
	}
	return false
}

// Read is for buf.
func (in *requestReader) Read(p []byte) (int, error) {
	if in.keep && len(in.kept) > maxHead {
		in.ended = errLong
	}
	if in.ended != nil || len(in.rest) == 0 && !in.chunk() {
		return 0, in.ended
	}
	n := copy(p, in.rest)
	in.rest = in.rest[n:]
	if in.keep {
		in.kept = append(in.kept, p[:n]...)
	}
	return n, nil
}

// request reads the headers of the next request. If the bytes are no request,
// foreign says what they are; with neither, reading ended before.
func (in *requestReader) request() (req *http.Request, foreign string) {
	in.lifted, in.keep = in.stub.Interrupt, true
	ahead, _ := in.buf.Peek(in.buf.Buffered())
	in.kept = append(in.kept[:0], ahead...)
	if !in.method() {
		return nil, in.foreign()
	}
	req, err := http.ReadRequest(in.buf)
	if err != nil || req.ProtoMajor != 1 {
		return nil, in.foreign()
	}
	return req, ""
}

// method looks for a word in capitals and a space: a binary protocol may never
// send the line's end that reading a request waits for.
func (in *requestReader) method() bool {
	for n := 1; ; n++ {
		head, err := in.buf.Peek(n)
		if err != nil {
			return false
		}
		b := head[n-1]
		if b == ' ' && n > 1 {
			return true
		}
		if b != '-' && (b < 'A' || b > 'Z') || n > 32 {
			return false
		}
	}
}

// foreign says what the bytes are that are no request of HTTP/1, or returns "" if
// they may yet become one.
func (in *requestReader) foreign() string {
	switch k := in.kept; {
	case in.ended == errLong:
		in.ended = nil
		return "HTTP with more than 1 MB of headers"
	case in.ended != nil:
		return ""
	case len(k) > 1 && k[0] >= 0x14 && k[0] <= 0x17 && k[1] == 3: // a record of TLS (RFC 8446, 5.1)
		return "TLS"
	case len(k) > 14 && string(k[:14]) == "PRI * HTTP/2.0":
		return "HTTP/2"
	}
	return "something other than HTTP"
}

// forget lets go of a request that is going to be answered; its body is read to
// the end even if the fault is lifted meanwhile.
func (in *requestReader) forget() { in.lifted, in.keep, in.kept = nil, false, nil }

// giveBack passes on the bytes of the latest request and the bytes behind them.
func (in *requestReader) giveBack() {
	if data := append(in.kept, in.rest...); len(data) > 0 {
		in.stub.Output <- &stream.StreamChunk{Data: data, Timestamp: time.Now()}
	}
	in.kept, in.rest = nil, nil
}
