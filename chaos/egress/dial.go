package egress

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// dialTimeout bounds a connect to a host, a parent's included.
const dialTimeout = 30 * time.Second

// dial connects to the host itself, or through its parent proxy: for a tunnel
// the parent is asked for one.
func (p *Proxy) dial(ctx context.Context, host string, tunnel bool) (Socket, error) {
	parent := p.parent(host)
	dialer := net.Dialer{Timeout: dialTimeout}
	if parent == nil {
		dialer.Control = p.check
		c, err := dialer.DialContext(ctx, "tcp", host)
		if err != nil {
			return nil, err
		}
		return c.(*net.TCPConn), nil
	}
	dialer.Control = p.notItself
	c, err := dialer.DialContext(ctx, "tcp", parentAddr(parent))
	if err != nil {
		return nil, fmt.Errorf("connect to the parent proxy: %w", err)
	}
	if !tunnel {
		return c.(*net.TCPConn), nil
	}
	through, err := askParent(ctx, c.(*net.TCPConn), host, authorization(parent))
	if err != nil {
		c.Close()
	}
	return through, err
}

func (p *Proxy) parent(host string) *url.URL {
	if p.Parent == nil {
		return nil
	}
	return p.Parent(host)
}

func parentAddr(parent *url.URL) string {
	port := parent.Port()
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(parent.Hostname(), port)
}

// authorization is the value of Proxy-Authorization; "" when the parent wants none.
func authorization(parent *url.URL) string {
	if parent == nil || parent.User == nil {
		return ""
	}
	password, _ := parent.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(parent.User.Username()+":"+password))
}

// check refuses the forbidden addresses, and our own, once names have been looked up.
func (p *Proxy) check(_, address string, _ syscall.RawConn) error {
	if err := p.notItself("", address, nil); err != nil {
		return err
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	for _, own := range p.Own {
		if isOf(to, own) {
			return refuse(ForbiddenHost, "whoever reaches that can break the dependencies")
		}
	}
	return forbiddenAddr(to.Addr())
}

// notItself refuses our own address, also as a parent's.
func (p *Proxy) notItself(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err == nil && isOf(to, p.own) {
		err = refuse(ForbiddenHost, "that is this proxy itself; the call would go round for ever")
	}
	return err
}

// isOf reports whether a connect to the address reaches the listener at own.
func isOf(to, own netip.AddrPort) bool {
	ip, at := to.Addr().Unmap(), own.Addr().Unmap()
	switch {
	case to.Port() != own.Port():
		return false
	case !at.IsUnspecified() || ip.IsLoopback():
		return at.IsUnspecified() || ip == at
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(ip.AsSlice()) {
			return true
		}
	}
	return false
}

// askParent asks a parent proxy for a tunnel to the host.
func askParent(ctx context.Context, c *net.TCPConn, host, authorization string) (Socket, error) {
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	c.SetDeadline(time.Now().Add(dialTimeout))
	head := "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n"
	if authorization != "" {
		head += "Proxy-Authorization: " + authorization + "\r\n"
	}
	if _, err := io.WriteString(c, head+"\r\n"); err != nil {
		return nil, fmt.Errorf("ask the parent proxy: %w", err)
	}
	in := bufio.NewReaderSize(c, mostHead)
	if _, err := peekHead(in); err != nil {
		return nil, fmt.Errorf("read the parent proxy's answer: %w", err)
	}
	answer, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, fmt.Errorf("read the parent proxy's answer: %w", err)
	}
	if answer.StatusCode/100 != 2 {
		return nil, fmt.Errorf("the parent proxy answered %s", answer.Status)
	}
	c.SetDeadline(time.Time{})
	return &conn{c, in}, nil
}
