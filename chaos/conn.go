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

// longDial is how long a connect may take before the report's reader is warned of it.
const longDial = time.Second

// lingerFor is how long finish goes on reading: a socket that is closed with
// unread bytes sends a RST instead of a FIN.
const lingerFor = 2 * time.Second

// socket is one side of a connection: a TCP connection, or what the egress makes of one.
type socket = egress.Socket

// conn is one connection of the site, and the connection to the dependency
// behind it.
//
// It ends in one of four ways. Whichever comes first notes who ended it
// (closedBy); shut may still follow, to close the sockets.
//
//	way       who brings it about                   the sockets                         bytes under way
//	pass on   the site or the dependency ends its   the other one gets a FIN; the       all arrive
//	          direction (sinkClosed)                other direction goes on
//	finish    close; a toxic that ends the stream;  both get a FIN, and are read until  dropped
//	          http_error behind its last answer     they close too, for lingerFor
//	reset     reset; a client's reset_peer (torn)   both get a RST                      dropped
//	shut      both directions have ended; the site  both are closed                     dropped
//	          takes no more (gone); down; the proxy
//	          is disabled or closed
//
// The last three set cut, and it stays set.
type conn struct {
	id     int64 // counts the dependency's connections from 1
	proxy  *proxy
	opened time.Time
	site   socket
	call   egress.Call        // which it carries
	cancel context.CancelFunc // ends the dial
	ctx    context.Context
	dialed chan struct{} // closed when the dial has ended; then dep is set, or nil
	dep    socket
	flows  [stream.NumDirections]flow
	cut    atomic.Bool // we have ended it: its flows drop what they still carry
	torn   atomic.Bool // a toxic of Toxiproxy's clients wants it ended by a RST
	gone   atomic.Bool // the site's socket takes no more bytes
	told   bool        // its end is recorded; belongs to recorder.mu

	mu sync.Mutex
	connState
}

func newConn(p *proxy, id int64, call egress.Call) *conn {
	c := &conn{id: id, proxy: p, opened: time.Now(), site: call.Site, call: call, dialed: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(p.ctx)
	for dir := range c.flows {
		f := &c.flows[dir]
		f.conn, f.dir, f.done = c, stream.Direction(dir), make(chan struct{})
		f.queue, f.more = make(chan *stream.StreamChunk, room), make(chan struct{}, 1)
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
	c.end(byDependency) // unless somebody has ended it before
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

// each calls f on the site's socket, and on the dependency's if that has been dialled.
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

// shut closes both sockets at once. Every read, write and dial on them returns.
func (c *conn) shut() {
	c.cut.Store(true)
	c.cancel()
	c.each(func(s socket) { s.Close() })
}

// finish ends both sides with a FIN, and goes on reading until they have closed
// too, for lingerFor at most.
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
			c.cancel() // it never heard that the host was reached
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault != nil && c.fault.counts == countEnds && c.closedBy == "" && c.requests > 0 {
		c.hold(c.fault)
	}
}

// sinkFailed notes that the socket which the flow writes to is gone. When the
// site's is gone, and its requests are all passed on, the dependency's is closed too.
func (c *conn) sinkFailed(f *flow) {
	if f.dir == up {
		return // the site has still to read what the dependency sent before it left
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
	case !f.eof.Load() || f.limited() || c.torn.Load(): // a toxic has ended the stream
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
