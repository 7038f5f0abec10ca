//go:build unix

package chaos

import "syscall"

// hasLeft reports whether the other side has ended the stream, and everything
// before the end has been read. It takes nothing and never waits.
func hasLeft(s socket) bool {
	conn, ok := s.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	left := false
	raw.Control(func(fd uintptr) {
		n, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		left = n == 0 && err == nil
	})
	return left
}
