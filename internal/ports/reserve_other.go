//go:build !linux

package ports

import "net"

// reserve finds a free port and lets go of it: other systems keep a bound port
// from the program that it is meant for as well.
func reserve(to *net.TCPAddr) (*Port, error) {
	l, err := net.ListenTCP("tcp", to)
	if err != nil {
		return nil, err
	}
	return &Port{l.Addr().String(), func() error { return nil }}, l.Close()
}
