// Package egress is a forward proxy for a site's outgoing calls: plain HTTP in
// absolute form, and CONNECT, so that a site is wired in by http_proxy and
// https_proxy alone. It reads request heads and nothing else: the bytes of a
// tunnel stay untouched, TLS from end to end, and so do answers. It knows nothing
// of faults; its user carries each call.
//
// It is no open relay: it serves loopback and the networks it is told, and
// forbidden lists the hosts that it never connects to.
package egress

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// Socket is one side of a connection. *net.TCPConn is one.
type Socket interface {
	io.ReadWriteCloser
	CloseWrite() error
	SetLinger(seconds int) error
	RemoteAddr() net.Addr
}

// Call is a connection of the site to one host. Its carrier closes Site.
type Call struct {
	Host string // as HostPort writes it
	Site Socket
	// Dial connects to the host, or to the parent proxy that reaches it.
	Dial func(context.Context) (Socket, error)
	// Opened tells the client of a tunnel that the host was reached, or why not.
	// It is to be called once, before any byte is written to Site. Nil for plain HTTP.
	Opened func(error)
}

// Proxy is the forward proxy. Its fields are set before Run.
type Proxy struct {
	Allow   []netip.Prefix             // networks of clients; loopback is always served
	Own     []netip.AddrPort           // listeners of ours besides the proxy's, which no call may reach
	Parent  func(host string) *url.URL // the proxy through which a host is reached; nil for none
	Carry   func(Call)                 // takes the call over; does not wait
	Refused func(Class)                // is told of each refusal

	head     int           // most bytes of a request's head; 0 is mostHead
	patience time.Duration // for a request's head; 0 is headWithin
	most     int           // most clients; 0 is mostClients

	own     netip.AddrPort // listened on
	mu      sync.Mutex
	clients map[*client]struct{}
	serving sync.WaitGroup
}

// The bounds of what clients may take.
const (
	mostHead    = 32 << 10         // bytes of a request's head
	headWithin  = 10 * time.Second // for a head, from connecting or from its first byte
	mostClients = 4096             // connections at once
)

// Run serves until ctx ends, closes the listener and every client's connection,
// and returns nil once their carriers have let go. An error is the listener's.
func (p *Proxy) Run(ctx context.Context, l *net.TCPListener) error {
	p.own = l.Addr().(*net.TCPAddr).AddrPort()
	p.clients = map[*client]struct{}{}
	defer p.serving.Wait()
	defer context.AfterFunc(ctx, func() {
		l.Close()
		p.closeAll()
	})()
	for {
		conn, err := l.AcceptTCP()
		switch {
		case err == nil:
			p.admit(conn)
		case ctx.Err() != nil:
			p.closeAll() // also the connections accepted meanwhile
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default: // such as no descriptors left: let some connections end
			p.Refused(TooMany)
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// admit serves a client, if it may be served.
func (p *Proxy) admit(conn *net.TCPConn) {
	c := newClient(p, conn)
	switch {
	case !p.allows(conn.RemoteAddr()):
		p.turnAway(c, refuse(ForbiddenClient, "your address is not in chaos.egress.allow"))
	case !p.enter(c):
		p.turnAway(c, refuse(TooMany, "too many connections at once"))
	default:
		p.serving.Go(func() { p.serve(c) })
	}
}

// turnAway answers a client that is not served, without waiting for its request.
func (p *Proxy) turnAway(c *client, why *Refusal) {
	p.Refused(why.Class)
	c.SetWriteDeadline(time.Now().Add(time.Second))
	c.Write(why.answer())
	c.TCPConn.Close()
}

func (p *Proxy) allows(address net.Addr) bool {
	ip := address.(*net.TCPAddr).AddrPort().Addr().Unmap()
	if ip.IsLoopback() {
		return true
	}
	for _, network := range p.Allow {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// enter counts a client in, and reports whether there was room.
func (p *Proxy) enter(c *client) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := mostClients
	if p.most > 0 {
		most = p.most
	}
	if len(p.clients) >= most {
		return false
	}
	p.clients[c] = struct{}{}
	return true
}

func (p *Proxy) leave(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.clients, c)
}

func (p *Proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.clients {
		c.TCPConn.Close()
	}
}

// serve reads a client's first request and carries it and what follows.
func (p *Proxy) serve(c *client) {
	h, err := c.readHead(false)
	if err != nil {
		p.refuse(c, err)
		return
	}
	for h != nil && !h.tunnel {
		h = p.plain(c, h)
	}
	if h != nil {
		p.Carry(p.tunnel(c, h.host))
	}
}

// refuse answers a client that nothing was sent to yet, and ends its connection.
// A client that has just left is not refused.
func (p *Proxy) refuse(c *client, err error) {
	defer c.Close()
	if why := new(Refusal); errors.As(err, &why) {
		p.Refused(why.Class)
		c.SetDeadline(time.Now().Add(time.Second))
		c.Write(why.answer())
		c.CloseWrite()
		io.CopyN(io.Discard, c.TCPConn, mostHead) // or the answer would be lost to a reset
	}
}
