package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

const (
	// retired is how long a file that was rotated away is read on after its
	// last line: its writer goes on until it is told to open the new one.
	retired = 10 * time.Second
	// tornAfter is how long a line may be without its end before it is taken for one
	// that was cut off: logs are written by whole lines, unless their disk is full.
	tornAfter = 3 * time.Second
	// keptOpen bounds the files that are rotated away and still read.
	keptOpen = 4
	// pollBytes bounds what one poll reads of one file.
	pollBytes = 16 << 20
	// headBytes are compared to see that a file was not truncated and filled
	// again between two polls: its first line has another time then.
	headBytes = 128
)

// file is a log that is followed by its path, through rotation (renamed or
// removed, and made anew) and truncation.
type file struct {
	path   string
	open   []*openFile // the last is the one at path; those before it were rotated away
	buffer []byte
	gone   time.Time // since when there has been none at path
	said   string    // the last trouble told
}

type openFile struct {
	f     *os.File
	at    int64  // what was read of it
	head  []byte // its first bytes
	lines splitter
	last  time.Time // when something was read of it last
}

// followable says why a path can't be followed, or returns nil.
func followable(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; start the site first, or correct the path", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; let this user read it, or follow it with a command, such as sudo tail -n0 -F", err)
	case err != nil:
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file, so it can't be followed; give a command whose output is the log, such as docker logs -f --tail 0", path)
	}
	return err
}

// followFile begins at the end of the file: what it holds already is not wanted.
func followFile(path string) *file {
	f := &file{path: path, buffer: make([]byte, 64<<10)}
	if o, err := openAt(path); err == nil {
		o.toEnd()
		f.open = append(f.open, o)
	}
	return f
}

func openAt(path string) (*openFile, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, fmt.Errorf("%s is no regular file", path))
	}
	return &openFile{f: f, last: time.Now()}, nil
}

// toEnd skips what is there, and the rest of a line that is being written.
func (o *openFile) toEnd() {
	info, err := o.f.Stat()
	if err != nil || info.Size() == 0 {
		return
	}
	o.at = info.Size()
	o.head = o.first(headBytes)
	last := make([]byte, 1)
	if n, _ := o.f.ReadAt(last, o.at-1); n == 1 {
		o.lines.skip = last[0] != '\n'
	}
}

// poll gives each line that was written since the last poll. trouble is what a
// reader of the report should know, told once.
func (f *file) poll(line func([]byte)) (trouble string) {
	for _, o := range f.open {
		trouble = max(trouble, o.read(f.buffer, line))
	}
	trouble = max(trouble, f.renew(line), f.torn())
	f.retire()
	if trouble == f.said {
		return ""
	}
	f.said = max(trouble, f.said)
	return trouble
}

// torn says that the last line that was written was cut off.
func (f *file) torn() string {
	for _, o := range f.open {
		if len(o.lines.rest) > 0 && time.Since(o.last) > tornAfter {
			return "its last line is cut off: the disk that it is on may be full, and lines are missing"
		}
	}
	return ""
}

// renew opens the file at path if it is another than the one that is read.
func (f *file) renew(line func([]byte)) (trouble string) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		if f.gone.IsZero() {
			f.gone = time.Now()
		}
		if time.Since(f.gone) > retired {
			return "the file is gone, and none has come in its place"
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	f.gone = time.Time{}
	if n := len(f.open); n > 0 {
		if current, err := f.open[n-1].f.Stat(); err == nil && os.SameFile(info, current) {
			return ""
		}
	}
	o, err := openAt(f.path)
	if err != nil {
		return err.Error()
	}
	f.open = append(f.open, o)
	return o.read(f.buffer, line)
}

// retire closes the files that were rotated away and are written no longer.
func (f *file) retire() {
	for len(f.open) > 1 && (len(f.open) > keptOpen || time.Since(f.open[0].last) > retired) {
		f.open[0].f.Close()
		f.open = f.open[1:]
	}
}

func (f *file) close() {
	for _, o := range f.open {
		o.f.Close()
	}
	f.open = nil
}

// read gives the lines that were added. When the file is not what it was it
// begins again at its start.
func (o *openFile) read(buffer []byte, line func([]byte)) (trouble string) {
	info, err := o.f.Stat()
	if err != nil {
		return err.Error()
	}
	if info.Size() < o.at || info.Size() > o.at && !bytes.Equal(o.first(len(o.head)), o.head) {
		o.at, o.head = 0, nil
		o.lines.reset()
		trouble = fmt.Sprintf("the file was truncated: lines of the last %v before it may be missing", pollEvery)
	}
	for total := 0; total < pollBytes; {
		n, err := o.f.ReadAt(buffer, o.at)
		if n > 0 {
			o.at += int64(n)
			o.last = time.Now()
			o.lines.add(buffer[:n], line)
			total += n
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				trouble = err.Error()
			}
			break
		}
	}
	if len(o.head) < headBytes && int64(len(o.head)) < o.at {
		o.head = o.first(headBytes)
	}
	return trouble
}

// first reads the first n bytes of what was read of the file.
func (o *openFile) first(n int) []byte {
	head := make([]byte, min(int64(n), o.at))
	n, _ = o.f.ReadAt(head, 0)
	return head[:n]
}
