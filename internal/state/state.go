// Package state knows where to keep what outlives a run: who loads a target, and
// what may have to be undone.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Open opens a file of that name in the first of Dirs that can be written to, and
// makes it if there is none. Flags are added to os.O_RDWR|os.O_CREATE. What is there
// but no plain file, such as a link or a pipe, is refused.
func Open(name string, flags int) (*os.File, error) {
	var errs []error
	for _, dir := range Dirs() {
		err := os.MkdirAll(dir, 0o700)
		if err == nil {
			var f *os.File
			if f, err = open(dir, name, flags|os.O_CREATE); err == nil {
				return f, nil
			}
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("%w; set XDG_STATE_HOME to a folder that can be written to", errors.Join(errs...))
}

// OpenThere opens a file that is in one of Dirs. Flags are added to os.O_RDWR.
func OpenThere(path string, flags int) (*os.File, error) {
	return open(filepath.Dir(path), filepath.Base(path), flags)
}

func open(dir, name string, flags int) (*os.File, error) {
	if err := ours(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|flags, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("open %s: it is no plain file; remove it", path), err, f.Close())
	}
	return f, nil
}

// ours refuses the folder in that for temporary files when it is not this user's
// alone: there anybody could have made it before, with links and files in it.
func ours(dir string) error {
	if dir != temporary() {
		return nil
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || ok && int(owner.Uid) != os.Getuid() || info.Mode()&(fs.ModePerm&0o022) != 0 {
		return fmt.Errorf("open %s: it is not a folder of this user alone; remove it", dir)
	}
	return nil
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
	return append(dirs, temporary())
}

func temporary() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("tailback-%d", os.Getuid()))
}
