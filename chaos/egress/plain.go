package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// plain carries a client's requests in absolute form, beginning with h, as long
// as they are for one host, and returns the first that is for another, or nil. A
// client that does not pipeline sends that only when it has the whole last
// answer, so answers need no reading.
func (p *Proxy) plain(c *client, h *head) *head {
	parent := p.parent(h.host)
	l := &leg{client: c, host: h.host, parent: parent != nil, authorization: authorization(parent), over: make(chan struct{})}
	l.begin(h)
	p.Carry(Call{Host: h.host, Site: l, Dial: func(ctx context.Context) (Socket, error) {
		s, err := p.dial(ctx, l.host, false)
		if why := new(Refusal); errors.As(err, &why) {
			p.Refused(why.Class)
		}
		return s, err
	}})
	<-l.over
	return l.next
}

// leg is the part of a client's plain connection that goes to one host. To its
// carrier it is a socket: it gives the requests as the host wants them, and is
// closed, as net.ErrClosed tells, when the client turns to another host.
type leg struct {
	client        *client
	host          string
	parent        bool // the requests go to a parent proxy
	authorization string

	out      []byte    // to be read before anything else
	body     io.Reader // of the request under way; nil between two
	request  *http.Request
	chunked  bool
	answered atomic.Bool // something of the latest request's answer has come

	once sync.Once     // ends the leg: the client turns to another host, or is closed
	left atomic.Bool   // it has turned
	next *head         // and this is its request
	over chan struct{} // closed when the leg is
}

// begin goes on with a request.
func (l *leg) begin(h *head) {
	l.out = h.write(l.out[:0], l.parent, l.authorization)
	l.body, l.request, l.chunked = h.req.Body, h.req, len(h.req.TransferEncoding) > 0
	l.answered.Store(false)
}

// Read gives the requests' bytes, the end when the client has left, and net.ErrClosed
// when it has turned to another host: it takes no more answers of this one.
func (l *leg) Read(b []byte) (int, error) {
	for {
		if len(l.out) > 0 {
			n := copy(b, l.out)
			l.out = l.out[n:]
			return n, nil
		}
		if l.body == nil {
			if err := l.follow(); err != nil {
				return 0, err
			}
			continue
		}
		if l.chunked {
			if err := l.chunk(); err != nil {
				return 0, l.fail(err)
			}
			continue
		}
		n, err := l.body.Read(b)
		if err == io.EOF {
			l.body, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// chunk writes the next chunk of the body anew, so that it has only one reading.
func (l *leg) chunk() error {
	var data [8 << 10]byte
	n, err := l.body.Read(data[:])
	l.out = l.out[:0]
	if n > 0 {
		l.out = fmt.Appendf(l.out, "%x\r\n%s\r\n", n, data[:n])
	}
	switch {
	case err != io.EOF && n > 0:
		return nil // the error comes again
	case err != io.EOF:
		return err
	}
	l.out = append(l.out, "0\r\n"...)
	for name, values := range l.request.Trailer {
		if !mayTrail(name) {
			continue
		}
		for _, v := range values {
			l.out = fmt.Appendf(l.out, "%s: %s\r\n", name, v)
		}
	}
	l.out, l.body = append(l.out, "\r\n"...), nil
	return nil
}

// mayTrail reports whether a header may stand behind a body. One that says how to
// frame or route a request, or who sends it, may not (RFC 9110, 6.5.1): a host
// that puts trailers among the headers would take it for one.
func mayTrail(name string) bool {
	name = strings.ToLower(name)
	return !strings.HasPrefix(name, "proxy-") && !slices.Contains(notTrailing, name)
}

var notTrailing = []string{"content-length", "transfer-encoding", "host", "connection", "keep-alive", "te", "trailer", "upgrade", "http2-settings",
	"authorization", "cookie", "content-encoding", "content-type", "content-range", "expect", "range", "cache-control", "max-forwards"}

// follow reads the head of the next request, once the client sends one.
func (l *leg) follow() error {
	h, err := l.client.readHead(true)
	switch {
	case err != nil:
		return l.fail(err)
	case h.host == l.host && !h.tunnel:
		l.begin(h)
		return nil
	case !l.answered.Load():
		return l.fail(refuse(Pipelined, "a request for another host came before the last was answered"))
	}
	l.once.Do(func() {
		l.next = h
		l.left.Store(true)
		close(l.over)
	})
	return net.ErrClosed
}

// fail ends the client's connection after a failure that can't be answered any
// more: an answer may be under way. A client that has left is no failure.
func (l *leg) fail(err error) error {
	why := new(Refusal)
	if !errors.As(err, &why) {
		if _, broken := errors.AsType[*net.OpError](err); broken || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return io.EOF
		}
		why = refuse(Malformed, "%v", err) // such as of a chunk
	}
	l.client.proxy.Refused(why.Class)
	l.client.Close()
	return why
}

// Write writes an answer's bytes, unless the client has turned to another host.
func (l *leg) Write(b []byte) (int, error) {
	if l.left.Load() {
		return 0, net.ErrClosed
	}
	l.answered.Store(true)
	return l.client.Write(b)
}

// Close ends the client's connection, unless it has turned to another host.
func (l *leg) Close() (err error) {
	l.once.Do(func() {
		err = l.client.Close()
		close(l.over)
	})
	return err
}

// CloseWrite passes the end of the answers on.
func (l *leg) CloseWrite() error {
	if l.left.Load() {
		return nil
	}
	return l.client.CloseWrite()
}

// SetLinger has Close reset the connection.
func (l *leg) SetLinger(seconds int) error {
	if l.left.Load() {
		return nil
	}
	return l.client.SetLinger(seconds)
}

// RemoteAddr is the client's.
func (l *leg) RemoteAddr() net.Addr { return l.client.RemoteAddr() }
