package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"

	"github.com/tailback/tailback/chaos/egress"
	"github.com/tailback/tailback/configs"
)

// proxy stands in front of one dependency.
//
// Locks are taken in the order recorder.mu, proxy.mu, conn.mu, usage.mu, and none
// is held while a socket is read, written or dialled.
type proxy struct {
	ctx     context.Context // ends dials
	dep     configs.Dependency
	addr    string
	host    string                                // as the site names it to the egress; "" when it calls addr
	self    atomic.Bool                           // that is the site itself
	dial    func(context.Context) (socket, error) // to the upstream address; nil where the egress knows the way
	rec     *recorder
	buffers sync.Pool
	usage   usage

	listener

	mu      sync.Mutex
	conns   map[*conn]struct{}
	count   int64
	used    time.Time // when the site last connected
	fault   *fault    // in force, or nil
	clients [stream.NumDirections][]*clientToxic
	off     bool // a client of Toxiproxy's has disabled it
	closing bool
	running sync.WaitGroup // the goroutines of all connections
}

// newProxy makes a proxy that listens nowhere: connections are handed to it.
func newProxy(ctx context.Context, d configs.Dependency, rec *recorder) *proxy {
	p := &proxy{ctx: ctx, dep: d, rec: rec, conns: map[*conn]struct{}{}}
	p.buffers.New = func() any { return new([32 << 10]byte) }
	return p
}

// openProxy makes a proxy that listens.
func openProxy(ctx context.Context, d configs.Dependency, rec *recorder) (*proxy, error) {
	p := newProxy(ctx, d, rec)
	if err := p.listener.listen(d.Listen); err != nil {
		return nil, fmt.Errorf("listen for dependency %s on %s: %w (free the port, or give the dependency another listen address)",
			d.Name, d.Listen, bare(err))
	}
	p.addr, p.dial = p.tcp.Addr().String(), dialTCP(d.Upstream)
	p.resume()
	return p, nil
}

// listens reports whether the site connects to the proxy itself, and not through the egress.
func (p *proxy) listens() bool { return p.tcp != nil }

// bare strips the address that net puts into its errors: ours name it themselves.
func bare(err error) error {
	if op := new(net.OpError); errors.As(err, &op) {
		return op.Err
	}
	return err
}

// resume accepts connections until pause.
func (p *proxy) resume() {
	ended := make(chan struct{})
	p.ended = ended
	go func() {
		defer close(ended)
		p.accept()
	}()
}

// accept serves connections until its deadline is set to the past or the listener is closed.
func (p *proxy) accept() {
	for {
		site, err := p.tcp.AcceptTCP()
		switch {
		case err == nil:
			p.receive(site)
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
			return
		default: // such as no descriptors left: let some connections end
			p.warn("accept a connection", err)
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// receive takes a connection: of the site's, or one of our own.
func (p *proxy) receive(site *net.TCPConn) {
	found, ours := p.own.take(site.RemoteAddr())
	switch {
	case !ours:
		p.admit(egress.Call{Host: p.dep.Upstream, Site: site, Dial: p.dial})
	case found == nil:
		site.Close()
	default:
		p.running.Go(func() {
			defer site.Close()
			found <- p.reach()
		})
	}
}

// reach connects to the dependency, sends nothing, and returns why it could not connect.
func (p *proxy) reach() error {
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	dep, err := p.dial(ctx)
	if err != nil {
		return err
	}
	return dep.Close()
}

// warn records once what the proxy could not do, lest the site be blamed for it.
func (p *proxy) warn(what string, err error) {
	text := fmt.Sprintf("the proxy of %s could not %s: %v", p.dep.Name, what, bare(err))
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		text += ": raise ulimit -n; these failures are not the site's"
	}
	p.rec.warn(text)
}

// admit takes a connection of the site under the fault in force, if any, and serves it.
func (p *proxy) admit(call egress.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		call.Site.Close()
		return
	}
	p.count++
	p.used = time.Now()
	p.usage.opened()
	c := newConn(p, p.count, call)
	p.conns[c] = struct{}{}
	if p.fault != nil {
		p.fault.routed.Store(true)
		c.enter(p.fault, true)
	}
	p.running.Go(c.serve)
}

// apply puts the fault in force on the dependency. On an error it is not.
func (p *proxy) apply(f *fault) error {
	if f.shut != nil {
		if err := f.shut(p, f); err != nil {
			return errors.Join(err, f.open(p, f))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	f.routed.Store(len(p.conns) > 0 || time.Since(p.used) < justNow)
	for c := range p.conns {
		c.enter(f, false)
	}
	return nil
}

// lift ends the fault in force and reports whether every flow was seen to pass again.
func (p *proxy) lift() (undone bool) {
	p.mu.Lock()
	f := p.fault
	p.fault = nil
	undone = true
	for c := range p.conns {
		c.leave(f)
		undone = undone && c.passes()
	}
	p.mu.Unlock()
	if f != nil && f.open != nil {
		undone = f.open(p, f) == nil && undone
	}
	return undone
}

// confirmed reports whether the way to the dependency is open again: a
// connection of our own gets through the listener. A dependency that can't be
// reached itself is not the fault's doing any more, and is a warning. A second
// connection is tried when the first does not get through in time: connects are
// lost now and then on a busy machine, or to an old connection in TIME_WAIT.
func (p *proxy) confirmed() bool {
	if !p.listens() {
		return true
	}
	taken, err := p.confirm()
	if !taken {
		taken, err = p.confirm()
	}
	if err != nil {
		p.warn("connect to "+p.dep.Upstream+" after a fault was lifted", err)
	}
	return taken
}

// unanswered tells usage how long the calls without an answer have waited, and
// how long the answered calls over TLS took.
func (p *proxy) unanswered(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.mu.Lock()
		c.settle()
		if c.calling {
			p.usage.unanswered(now.Sub(c.began))
		}
		c.mu.Unlock()
	}
}

// forget drops a connection that has ended and been recorded.
func (p *proxy) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// close lifts, closes and waits.
func (p *proxy) close() error {
	p.lift()
	for dir := range p.clients {
		p.setToxics(stream.Direction(dir), nil)
	}
	var err error
	if p.listens() {
		p.pause()
		err = p.tcp.Close()
	}
	p.mu.Lock()
	p.closing = true
	for c := range p.conns {
		c.mu.Lock()
		c.endedBy(byEnd) // unrecorded: nothing is played any more
		c.mu.Unlock()
		c.shut()
	}
	p.mu.Unlock()
	p.running.Wait()
	if errors.Is(err, net.ErrClosed) { // its port was lost
		return nil
	}
	return err
}
