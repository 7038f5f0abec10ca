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

	"github.com/tailback/tailback/internal/files"
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

// replace puts a file into dir with what write puts out. After a crash there is
// the old file or the new one, never a part of it; after an error, the old one.
func replace(dir, name string, write func(io.Writer) error) error {
	err := files.Replace(dir, name, unfinished, func(f *os.File) error {
		return errors.Join(write(f), f.Sync())
	})
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(filepath.Join(dir, name)))
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
