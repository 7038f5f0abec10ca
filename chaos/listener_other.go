//go:build !linux

package chaos

import "errors"

// refuse makes connects fail by closing the listener: another program may take the port meanwhile.
func (l *listener) refuse() error {
	l.pause()
	return l.tcp.Close()
}

// restore listens on the port again.
func (l *listener) restore() error { return l.relisten() }

const canStall = false

func (l *listener) stall() error { return errors.ErrUnsupported }

func (l *listener) unstall() (int, error) { return 0, errors.ErrUnsupported }
