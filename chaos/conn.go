package chaos

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"

	"github.com/tailback/tailback/chaos/egress"
)

const (
	up   = stream.Upstream   // from the site to the dependency
	down = stream.Downstream // from the dependency to the site
)

// dialTimeout bounds a connect to a dependency. It waits in its connection's own goroutine.
const dialTimeout = 30 * time.Second

// longDial is when the reader of the report is told that connecting takes long.
const longDial = time.Second

// lingerFor is how long a closed connection still takes what the other side
// sends: closing a socket with unread bytes would send a RST instead of a FIN.
const lingerFor = 2 * time.Second

// socket is one side of a connection: of TCP, or what the egress makes of one.
type socket = egress.Socket

// conn is one connection of the site and the one to the dependency that carries it.
type conn struct {
	id     int64 // counts the dependency's connections from 1
	proxy  *proxy
	opened time.Time
	site   socket
	call   egress.Call        // what it was made from
	cancel context.CancelFunc // ends the dial
	ctx    context.Context
	dialed chan struct{} // closed when the dial has ended; then dep is set, or nil
	dep    socket
	flows  [stream.NumDirections]flow
	cut    atomic.Bool // ended by us: what is still under way is dropped
	torn   atomic.Bool // a toxic of Toxiproxy's clients ends it with a RST
	gone   atomic.Bool // the site's socket takes no more bytes
	told   bool        // recorded, as ended; belongs to recorder.mu

	mu sync.Mutex
	connState
}

func newConn(p *proxy, id int64, call egress.Call) *conn {
	c := &conn{id: id, proxy: p, opened: time.Now(), site: call.Site, call: call, dialed: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(p.ctx)
	for dir := range c.flows {
		f := &c.flows[dir]
		f.conn, f.dir, f.done, f.queue = c, stream.Direction(dir), make(chan struct{}), make(chan *stream.StreamChunk, room)
		f.change(pass, p.drawn(f.dir, id))
	}
	return c
}

// serve carries the connection until both directions have ended. The site is
// read while the dependency is still being dialled, so that its bytes are
// counted and its leaving is seen.
func (c *conn) serve() {
	for dir := range c.flows {
		c.proxy.running.Go(c.flows[dir].read)
		c.proxy.running.Go(c.flows[dir].carry)
	}
	c.dial()
	<-c.flows[up].done
	<-c.flows[down].done
	c.end(byDependency) // unless somebody was before
	c.shut()
	c.proxy.forget(c)
}

func (c *conn) dial() {
	defer c.cancel()
	dep, err := c.connect()
	if err == nil {
		c.dep = dep
	}
	if c.call.Opened != nil {
		c.tellOpened(err)
	}
	close(c.dialed)
	if err == nil && c.ctx.Err() != nil { // shut meanwhile, by someone who may not have seen dep
		c.dep.SetLinger(0)
		c.dep.Close()
	}
}

// connect dials the dependency, once the fault in force lets it.
func (c *conn) connect() (socket, error) {
	if err := c.hinder(); err != nil {
		c.end(byFault)
		return nil, err
	}
	slow := time.AfterFunc(longDial, func() {
		c.proxy.warn("connect to "+c.call.Host, fmt.Errorf("no answer for %v; what the site waits for is not only the fault", longDial))
	})
	defer slow.Stop()
	dep, err := c.call.Dial(c.ctx)
	if err != nil && c.ctx.Err() == nil {
		c.proxy.warn("connect to "+c.call.Host, err)
	}
	return dep, err
}

// dialTCP is the Dial of a dependency that is listened for.
func dialTCP(address string) func(context.Context) (socket, error) {
	return func(ctx context.Context) (socket, error) {
		c, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		return c.(*net.TCPConn), nil
	}
}

// socket returns the site's socket, or the dependency's once the dial has ended: nil if it failed.
func (c *conn) socket(site bool) socket {
	if site {
		return c.site
	}
	<-c.dialed
	return c.dep
}

// each calls f on the sockets there are, without waiting for the dial.
func (c *conn) each(f func(socket)) {
	f(c.site)
	select {
	case <-c.dialed:
		if c.dep != nil {
			f(c.dep)
		}
	default:
	}
}

// shut closes both sockets, whatever is under way, and frees whoever waits on them.
func (c *conn) shut() {
	c.cut.Store(true)
	c.cancel()
	c.each(func(s socket) { s.Close() })
}

// finish ends both sides with a FIN and takes what they still send until they
// have closed as well, for a bounded time.
func (c *conn) finish() {
	c.cut.Store(true)
	c.cancel()
	c.each(func(s socket) { s.CloseWrite() })
	time.AfterFunc(lingerFor, c.shut)
}

// reset ends both sides with a RST.
func (c *conn) reset() {
	c.cut.Store(true)
	c.cancel()
	c.each(func(s socket) {
		s.SetLinger(0)
		s.Close()
	})
}

// sourceEnded notes that no more bytes come in on the flow.
func (c *conn) sourceEnded(f *flow) {
	f.eof.Store(true)
	if f.dir == up {
		c.end(bySite)
		if c.call.Opened != nil && !isClosed(c.dialed) {
			c.cancel() // it has not even been told that the host was reached
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault != nil && c.fault.counts == countEnds && c.closedBy == "" && c.requests > 0 {
		c.hold(c.fault)
	}
}

// sinkFailed notes that the socket the flow writes to is gone. If it is the
// site's and nothing more is on its way to the dependency, that one is closed too.
func (c *conn) sinkFailed(f *flow) {
	if f.dir == up {
		return // what the dependency sent before it left is still to be read
	}
	c.gone.Store(true)
	if isClosed(c.flows[up].done) {
		c.shut()
	}
}

// sinkClosed notes that all bytes of the flow are out.
func (c *conn) sinkClosed(f *flow) {
	defer func() {
		close(f.done)
		if f.dir == up && c.gone.Load() {
			c.shut()
		}
	}()
	switch {
	case c.cut.Load():
	case !f.eof.Load() || f.limited() || c.torn.Load(): // the toxic ended it
		c.mu.Lock()
		if c.fault != nil {
			c.hold(c.fault)
		}
		c.mu.Unlock()
		c.end(byFault)
		if c.torn.Load() {
			c.reset()
			return
		}
		c.finish()
	case f.dir == down:
		c.end(byDependency)
		c.site.CloseWrite()
		if c.socket(false) == nil { // there never was a dependency
			c.finish()
		}
	default:
		if dep := c.socket(false); dep != nil {
			dep.CloseWrite()
		}
	}
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
