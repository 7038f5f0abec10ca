//go:build !linux

package chaos

import "errors"

// refuse makes connects fail by closing the listener: another program may take the port meanwhile.
func (d *door) refuse() error {
	d.pause()
	return d.listener.Close()
}

// restore listens on the port again.
func (d *door) restore() error { return d.relisten() }

const canStall = false

func (d *door) stall() error { return errors.ErrUnsupported }

func (d *door) unstall() (int, error) { return 0, errors.ErrUnsupported }
