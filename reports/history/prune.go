package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/tailback/tailback/internal/files"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// MayGo are the folders of the nights before the newest keep of each experiment,
// the oldest first. keep is at least 1: the newest never goes. What could not be
// read, or is a copy, is no night, and stays.
func MayGo(h *reports.History, keep int) []string {
	kept := map[string]int{}
	may := []string{}
	for _, n := range slices.Backward(h.Nights) {
		if kept[n.Name]++; kept[n.Name] > keep {
			may = append(may, n.Dir)
		}
	}
	slices.Reverse(may)
	return may
}

// Prune removes folders of dir that MayGo named, and returns those that are gone.
// It removes nothing but the whole folders of runs, audits and searches: one that
// lacks their files, holds another run, or is being written stays, and the error says why.
func Prune(dir string, folders []string) (removed []string, err error) {
	removed = []string{}
	for _, at := range folders {
		wrong := ours(dir, at)
		if wrong == nil {
			wrong = files.RemoveFolder(dir, at)
		}
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("remove %s: %w", filepath.Join(dir, at), wrong))
			continue
		}
		removed = append(removed, at)
	}
	return removed, err
}

// ours refuses a folder that is not, as a whole, that of a run, an audit or a search.
func ours(dir, at string) error {
	campaign := !has(dir, at, manifestFile)
	for _, name := range []string{reportFile, experimentFile} {
		f, err := openPlain(dir, path.Join(at, name))
		if err != nil {
			return fmt.Errorf("it stays, since its %s can't be read: %w", name, err)
		}
		f.Close()
	}
	return fs.WalkDir(os.DirFS(filepath.Join(dir, at)), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("it stays, since not all of it can be read: %w", err)
		case d.IsDir() && journal.BeingWritten(filepath.Join(dir, at, name)):
			return errors.New("it stays, since a run is being written in it")
		case !campaign && name != manifestFile && d.Name() == manifestFile:
			return fmt.Errorf("it stays, since another run lies in it, in %s", path.Dir(name))
		}
		return nil
	})
}
