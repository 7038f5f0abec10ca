// Package state knows where to keep what outlives a run: who loads a target, and
// what may have to be undone.
package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Open opens a file of that name in the first of Dirs that can be written to, and
// makes it if there is none. Flags are added to os.O_RDWR|os.O_CREATE.
func Open(name string, flags int) (*os.File, error) {
	var errs []error
	for _, dir := range Dirs() {
		err := os.MkdirAll(dir, 0o700)
		if err == nil {
			var f *os.File
			if f, err = os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|flags, 0o600); err == nil {
				return f, nil
			}
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("%w; set XDG_STATE_HOME to a folder that can be written to", errors.Join(errs...))
}

// Dirs are the folders for it, the best first (XDG Base Directory Specification
// 0.8): where there is no home, it is the folder for temporary files.
func Dirs() []string {
	var dirs []string
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		dirs = append(dirs, filepath.Join(state, "tailback"))
	} else if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".local", "state", "tailback"))
	}
	return append(dirs, filepath.Join(os.TempDir(), fmt.Sprintf("tailback-%d", os.Getuid())))
}
