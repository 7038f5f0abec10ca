//go:build !linux

package staging

import "syscall"

// ownGroup keeps Ctrl-C from the child, whose end is Close's business.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
