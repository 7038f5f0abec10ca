// Package ports chooses a free port for a program that binds it itself, and
// keeps it free for that program. A port that is looked up and let go of is
// anybody's until it is bound: of 16 sites that start at once, in 6 of 100
// batches two had the same one.
package ports

import (
	"fmt"
	"net"
)

// Port is an address that is kept. Whoever connects to it is refused until a
// program listens there. Close lets go of it, which is for when that program
// has ended.
type Port struct {
	// Addr is its host:port.
	Addr string

	free func() error
}

// Reserve keeps a port of the host that addr names, such as "127.0.0.1:0":
// port 0 is a free one, and another must be free. On Linux the system gives it
// to nobody who asks for any port, neither to listen nor to connect from; who
// asks for it by number, with SO_REUSEADDR as servers do, has it. On other
// systems it is only known to have been free.
func Reserve(addr string) (*Port, error) {
	to, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("reserve a port on %s: %w", addr, err)
	}
	port, err := reserve(to)
	if err != nil {
		return nil, fmt.Errorf("reserve a port on %s: %w", addr, err)
	}
	return port, nil
}

// Close lets go of the port.
func (p *Port) Close() error { return p.free() }

// Test reserves a port of 127.0.0.1 until the test ends, and returns its address.
func Test(t interface {
	Helper()
	Fatal(...any)
	Cleanup(func())
}) string {
	t.Helper()
	p, err := Reserve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.Addr
}
