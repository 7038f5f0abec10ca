// Package files reads and writes the files of a folder that may come from
// anybody, as an unpacked bundle does. It follows no link inside of the folder,
// opens no pipe and no device, and reads no more than it is asked to.
//
// The folder itself is the user's word, and may be reached by links. A name is
// that of a file in it, with slashes where it lies deeper.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// Open opens a plain file for reading. Anything else is refused, without being opened.
func Open(dir, name string) (*os.File, error) {
	root, base, err := within(dir, name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := lstat(root, base)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, odd("open", root, base, info)
	}
	// Should it be exchanged just now: not to block on a pipe, and told by what was opened.
	f, err := root.OpenFile(base, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, named(root, base, err)
	}
	if opened, err := f.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, errors.Join(fmt.Errorf("open %s: it was exchanged meanwhile", f.Name()), err, f.Close())
	}
	return f, nil
}

// Read returns what a plain file holds, if that is not more than limit bytes.
func Read(dir, name string, limit int64) ([]byte, error) {
	f, err := Open(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("read %s: it holds more than %d MB, beyond what such a file can hold", f.Name(), limit>>20)
	}
	return text, err
}

// Create makes a file that must not be there yet.
func Create(dir, name string) (*os.File, error) {
	root, base, err := within(dir, name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(base, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	return f, named(root, base, err)
}

// Replace puts a file in the place of what has the name, if there is anything.
// write puts out what it holds, first under the name with suffix: there is the old
// file or the new one, never a part of it, and after an error the old one. A link
// that has one of the two names is replaced, and not followed.
func Replace(dir, name, suffix string, write func(*os.File) error) (err error) {
	root, base, err := within(dir, name)
	if err != nil {
		return err
	}
	defer root.Close()
	if info, err := root.Lstat(base); err == nil && info.IsDir() {
		return odd("replace", root, base, info)
	}
	temporary := base + suffix
	root.Remove(temporary) // what a killed process left, or a link
	f, err := root.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return named(root, temporary, err)
	}
	if err = errors.Join(write(f), f.Close()); err == nil {
		err = named(root, base, root.Rename(temporary, base))
	}
	if err != nil {
		root.Remove(temporary) // gives the space back
	}
	return err
}

// Names returns the names in a folder of dir, in order.
func Names(dir, name string) ([]string, error) {
	root, _, err := within(dir, name+"/")
	if err != nil {
		return nil, err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// within opens the folder that a name is in, following no link on the way down
// from dir. base is the name in it.
func within(dir, name string) (root *os.Root, base string, err error) {
	if root, err = os.OpenRoot(dir); err != nil {
		return nil, "", err
	}
	down, base := path.Split(name)
	for part := range strings.SplitSeq(strings.Trim(down, "/"), "/") {
		if part == "" {
			break
		}
		next, err := enter(root, part)
		root.Close()
		if err != nil {
			return nil, "", err
		}
		root = next
	}
	return root, base, nil
}

// enter opens a folder in root that is one itself, and no link to one.
func enter(root *os.Root, name string) (*os.Root, error) {
	info, err := lstat(root, name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, odd("open", root, name, info)
	}
	next, err := root.OpenRoot(name)
	if err != nil {
		return nil, named(root, name, err)
	}
	if opened, err := next.Stat("."); err != nil || !os.SameFile(info, opened) {
		return nil, errors.Join(fmt.Errorf("open %s: it was exchanged meanwhile", next.Name()), err, next.Close())
	}
	return next, nil
}

func lstat(root *os.Root, name string) (fs.FileInfo, error) {
	info, err := root.Lstat(name)
	return info, named(root, name, err)
}

// named has an error of a root name the whole path.
func named(root *os.Root, name string, err error) error {
	path := filepath.Join(root.Name(), name)
	switch err := err.(type) {
	case *fs.PathError:
		return &fs.PathError{Op: strings.TrimSuffix(err.Op, "at"), Path: path, Err: err.Err}
	case *os.LinkError:
		return &fs.PathError{Op: "rename", Path: path, Err: err.Err}
	}
	return err
}

// odd says what is there in the place of a plain file or a folder.
func odd(verb string, root *os.Root, name string, info fs.FileInfo) error {
	what := "a file"
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		what = "a link"
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	}
	return fmt.Errorf("%s %s: it is %s, which no run has put there; remove it, or take another copy of the folder", verb, filepath.Join(root.Name(), name), what)
}

// Folders returns the names of the folders in a folder of dir, and those of links
// to whatever, in order.
func Folders(dir, name string) (folders, links []string, err error) {
	root, _, err := within(dir, name+"/")
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		switch {
		case e.IsDir():
			folders = append(folders, e.Name())
		case e.Type()&fs.ModeSymlink != 0:
			links = append(links, e.Name())
		}
	}
	return folders, links, named(root, ".", err)
}

// RemoveFolder removes a folder of dir with all that is in it. Of links in it, it
// removes the links.
func RemoveFolder(dir, name string) error {
	root, base, err := within(dir, name)
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := lstat(root, base)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return odd("remove", root, base, info)
	}
	return named(root, base, root.RemoveAll(base))
}
