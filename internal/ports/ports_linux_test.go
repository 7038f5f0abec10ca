package ports

import (
	"errors"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
)

// Asked for any port out of a range of one, Linux gives that one when it is
// free, to listen or to connect from, and none when it is reserved.
func TestAReservedPortIsGivenToNobody(t *testing.T) {
	port, err := Reserve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	listen := func() (net.Addr, error) {
		l, err := (&net.ListenConfig{Control: only(port.Addr)}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		return l.Addr(), nil
	}
	connect := func() (net.Addr, error) {
		c, err := (&net.Dialer{Control: only(port.Addr)}).Dial("tcp", server.Addr().String())
		if err != nil {
			return nil, err
		}
		defer c.Close()
		c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT, which would keep the port too
		return c.LocalAddr(), nil
	}
	for range 3 {
		if addr, err := listen(); errors.Is(err, syscall.ENOPROTOOPT) && os.Getenv("CI") != "true" {
			t.Skip("not run: this kernel lets no socket have its own range of ports (Linux 6.3)")
		} else if !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("listen on any port: got %v, %v; want none free", addr, err)
		}
		if addr, err := connect(); !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("connect from any port: got %v, %v; want none free", addr, err)
		}
	}
	port.Close()
	for what, get := range map[string]func() (net.Addr, error){"listen": listen, "connect": connect} {
		if addr, err := get(); err != nil || addr.String() != port.Addr {
			t.Errorf("%s when it is let go of: got %v, %v, want %s", what, addr, err, port.Addr)
		}
	}
}

// only limits the ports that a socket may be given to that of addr.
func only(addr string) func(string, string, syscall.RawConn) error {
	const ipLocalPortRange = 51 // IP_LOCAL_PORT_RANGE: low in the lower half, high in the upper
	return func(_, _ string, raw syscall.RawConn) error {
		_, text, err := net.SplitHostPort(addr)
		if err != nil {
			return err
		}
		port, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		var failed error
		err = raw.Control(func(fd uintptr) {
			failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, ipLocalPortRange, port<<16|port)
		})
		return errors.Join(err, failed)
	}
}
