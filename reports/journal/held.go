package journal

import (
	"errors"
	"os"
	"syscall"
)

// A run keeps the folder of its bundle locked while it writes it, and an audit or a
// search the folder of its runs. The kernel frees the lock with the process, however
// that ends.

// Hold locks the folder until what it returns is closed; nil, which may be closed
// too, where that can't be, as on some network drives. Nobody is kept from reading.
func Hold(dir string) *os.File {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		f.Close()
		return nil
	}
	return f
}

// BeingWritten reports whether a run on this machine is writing the bundle in dir
// now, or an audit or a search its runs. It is false where that can't be known.
func BeingWritten(dir string) bool {
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
