package chaos

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const backlog = 1<<16 - 1 // the kernel lowers it to net.core.somaxconn, as it does for Go's own listeners

// control runs f on the listening socket.
func (l *listener) control(f func(fd int) error) error {
	raw, err := l.tcp.SyscallConn()
	if err != nil {
		return err
	}
	var ferr error
	if err := raw.Control(func(fd uintptr) { ferr = f(int(fd)) }); err != nil {
		return err
	}
	return ferr
}

// refuse makes connects fail. Linux takes a listening socket that is shut down
// for reading back to one that is merely bound: the port stays ours, and the
// connections that waited to be accepted are reset. No other program can bind
// the port while SO_REUSEADDR is off.
func (l *listener) refuse() error {
	l.pause()
	return l.control(func(fd int) error {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 0)
		return os.NewSyscallError("shutdown", unix.Shutdown(fd, unix.SHUT_RD))
	})
}

// restore makes the bound socket listen again; accepting is the caller's to resume.
func (l *listener) restore() error {
	err := l.control(func(fd int) error {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		return os.NewSyscallError("listen", unix.Listen(fd, backlog))
	})
	if err != nil {
		return l.relisten()
	}
	return nil
}

const canStall = true

// stall lets no connect complete any more: it stops accepting, shrinks the
// accept queue and fills it with connections of our own. The kernel then drops
// each further SYN.
func (l *listener) stall() error {
	l.pause()
	if err := l.control(func(fd int) error { return os.NewSyscallError("listen", unix.Listen(fd, 0)) }); err != nil {
		return err
	}
	for range 64 {
		queued, room, err := l.queue()
		if err != nil {
			return err
		}
		if queued > room { // a queue of n takes n+1
			return nil
		}
		filler, err := l.own.dial(l.tcp.Addr(), 500*time.Millisecond, nil)
		if isTimeout(err) {
			return nil // also full
		}
		if err != nil {
			return fmt.Errorf("fill the accept queue: %w", err)
		}
		l.fillers = append(l.fillers, filler)
	}
	return errors.New("fill the accept queue: connects still complete")
}

// unstall undoes stall and returns how many connections of the site had got
// into the queue; accepting is the caller's to resume.
func (l *listener) unstall() (waiting int, err error) {
	queued, _, err := l.queue()
	waiting = max(0, queued-len(l.fillers))
	for _, f := range l.fillers {
		f.Close()
	}
	l.fillers = nil
	return waiting, errors.Join(err, l.control(func(fd int) error {
		return os.NewSyscallError("listen", unix.Listen(fd, backlog))
	}))
}

// queue returns how many connections wait to be accepted, and the backlog. For
// a listening socket tcp_info's unacked and sacked are these two (Linux, tcp_get_info).
func (l *listener) queue() (queued, room int, err error) {
	err = l.control(func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return os.NewSyscallError("getsockopt tcp_info", err)
		}
		queued, room = int(info.Unacked), int(info.Sacked)
		return nil
	})
	return queued, room, err
}
