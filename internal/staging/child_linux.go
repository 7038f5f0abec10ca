package staging

import "syscall"

// ownGroup keeps Ctrl-C from the child, whose end is Close's business, and has
// the kernel end it should this process be killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
