package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// The files of a bundle. FORMAT.md describes them.
const (
	manifestFile     = "manifest.json"
	experimentFile   = "experiment.yaml"
	hitsFile         = "hits.parquet"
	eventsFile       = "events.jsonl"
	observationsFile = "observations.jsonl"
	segmentsDir      = "segments"
	unfinished       = ".tmp" // ends the name of a file being written
	reserveFile      = "reserve" + unfinished
)

// replace puts a file at path with what write puts out. After a crash there is
// the old file or the new one, never a part of it; after an error, the old one.
func replace(path string, write func(io.Writer) error) (err error) {
	temporary := path + unfinished
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temporary) // gives the space back
		}
	}()
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(temporary, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory last through a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// advise adds to an error what a person can do about it.
func advise(err error) error {
	is := func(kinds ...error) bool {
		return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
	}
	switch {
	case is(syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG):
		return fmt.Errorf("%w; what was recorded is kept; free some space, or name another disk with --out", err)
	case is(syscall.EMFILE, syscall.ENFILE):
		return fmt.Errorf("%w; what was recorded is kept; raise the limit on open files (ulimit -n), or lower a rate or limits.in_flight", err)
	case is(fs.ErrNotExist):
		return fmt.Errorf("%w; the folder was removed, or renamed, while the run wrote to it; leave it alone until the run has ended", err)
	}
	return err
}
