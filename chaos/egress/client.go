package egress

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// conn is a TCP connection of which something was read ahead.
type conn struct {
	*net.TCPConn
	in *bufio.Reader // nil once all of it is taken
}

// Read reads what was read ahead, and then the connection.
func (c *conn) Read(b []byte) (int, error) {
	if c.in != nil {
		if n := c.in.Buffered(); n > 0 {
			return c.in.Read(b[:min(n, len(b))])
		}
		c.in = nil
	}
	return c.TCPConn.Read(b)
}

// WriteTo hides the TCP connection's, which would pass over the bytes that were read ahead.
func (c *conn) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{c}) }

// client is the connection of a client, the site.
type client struct {
	conn
	proxy *Proxy
	once  sync.Once
}

func newClient(p *Proxy, c *net.TCPConn) *client {
	return &client{conn: conn{c, bufio.NewReaderSize(c, cmp.Or(p.head, mostHead))}, proxy: p}
}

// Close ends the connection and makes room for another client.
func (c *client) Close() error {
	c.once.Do(func() { c.proxy.leave(c) })
	return c.TCPConn.Close()
}

// readHead reads the next request's head. Between two requests a client may be
// idle for as long as the host lets it; then, and from connecting on, the
// head must come within its time. The error is a *Refusal, or that the client has left.
func (c *client) readHead(idle bool) (*head, error) {
	if idle {
		if _, err := c.in.Peek(1); err != nil {
			return nil, err
		}
	}
	c.SetReadDeadline(time.Now().Add(cmp.Or(c.proxy.patience, headWithin)))
	defer c.SetReadDeadline(time.Time{})
	h, err := readHead(c.in)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = refuse(TooSlow, "the request's head was not whole within %v", cmp.Or(c.proxy.patience, headWithin))
	}
	return h, err
}
