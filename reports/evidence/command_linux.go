package evidence

import "syscall"

// ownGroup gives a command a process group of its own, and has the kernel end
// it should this process be killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
