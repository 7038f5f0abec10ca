package chaos

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// listener is a proxy's listening socket. Besides the accept loop only Play and
// Close use it, and never at once.
type listener struct {
	tcp     *net.TCPListener
	ended   chan struct{} // closed when the accept loop has ended
	own     ownConns
	fillers []net.Conn // no_accept: what fills the accept queue
}

// listen binds and listens. A port of 0 is found first and then asked for by
// number, because Linux keeps only such a port bound while a fault has the
// socket not listening.
func (l *listener) listen(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		at := addr
		if port == "0" {
			free, err := net.Listen("tcp", addr)
			if err != nil {
				return err
			}
			_, number, _ := net.SplitHostPort(free.Addr().String())
			at = net.JoinHostPort(host, number)
			free.Close()
		}
		bound, err := net.Listen("tcp", at)
		if err == nil {
			l.tcp = bound.(*net.TCPListener)
			return nil
		}
		if port != "0" || try == 10 {
			return err
		}
	}
}

// relisten closes the listener and takes its port anew, for up to two seconds.
func (l *listener) relisten() error {
	addr := l.tcp.Addr().String()
	l.tcp.Close()
	var err error
	for range 20 {
		if err = l.listen(addr); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("listen on %s again: %w", addr, bare(err))
}

// pause stops accepting; what the kernel has accepted stays in its queue.
func (l *listener) pause() {
	l.tcp.SetDeadline(time.Unix(1, 0))
	<-l.ended
	l.tcp.SetDeadline(time.Time{})
}

// confirm connects to the listener, as the site does. It reports whether the
// accept loop took the connection, and why it could not connect on to the
// dependency, if it could not.
func (l *listener) confirm() (taken bool, unreached error) {
	found := make(chan error, 1)
	probe, err := l.own.dial(l.tcp.Addr(), time.Second, found)
	if err != nil {
		return false, nil
	}
	defer probe.Close()
	select {
	case err := <-found:
		return true, err
	case <-time.After(2 * time.Second):
		l.own.take(probe.LocalAddr()) // no more
		return false, nil
	}
}

// ownConns knows the connections that we make to our own listener. They are not the site's.
type ownConns struct {
	mu    sync.Mutex
	addrs map[string]chan error // by local address; a probe's channel is told whether the dependency was reached
}

// dial connects to our listener. take waits for it, so that it knows every
// connection of ours.
func (o *ownConns) dial(to net.Addr, timeout time.Duration, found chan error) (net.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, err := net.DialTimeout("tcp", to.String(), timeout)
	if err != nil {
		return nil, err
	}
	if o.addrs == nil {
		o.addrs = map[string]chan error{}
	}
	o.addrs[c.LocalAddr().String()] = found
	return c, nil
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// take reports, once, whether the connection from that address is ours. found,
// unless it is nil, wants to be told whether the dependency was reached.
func (o *ownConns) take(from net.Addr) (found chan error, ours bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ours = o.addrs[from.String()]
	delete(o.addrs, from.String())
	return found, ours
}
