package history

import (
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/tailback/tailback/internal/files"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// The files by which a run is known.
const (
	reportFile     = "report.json"
	manifestFile   = "manifest.json"
	experimentFile = "experiment.yaml"
)

// deepest is how many folders below the one that was named a run may lie.
const deepest = 2

// find returns the folders that hold a report, in the order of their names, each
// as its path within dir, and those that hold a run without one.
func find(dir string) (found []string, skipped []reports.Skipped, err error) {
	return below(dir, "", deepest)
}

func below(dir, within string, depth int) (found []string, skipped []reports.Skipped, err error) {
	folders, links, err := files.Folders(dir, within)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range links {
		if at := path.Join(within, name); isRun(dir, at) { // to what is nothing of ours, nobody cares
			skipped = append(skipped, reports.Skipped{Dir: at, Why: "it is a link, which is not followed; name the folder that it leads to"})
		}
	}
	for _, name := range folders {
		at := path.Join(within, name)
		report, run := has(dir, at, reportFile), has(dir, at, manifestFile)
		switch {
		case strings.HasPrefix(name, "."):
		case report:
			found = append(found, at)
		case run:
			skipped = append(skipped, reports.Skipped{Dir: at, Why: unfinished(dir, at)})
		case depth > 1:
			more, others, err := below(dir, at, depth-1)
			if err != nil { // such as one that may not be read
				others = append(others, reports.Skipped{Dir: at, Why: err.Error()})
			}
			found, skipped = append(found, more...), append(skipped, others...)
		}
	}
	return found, skipped, nil
}

// has reports whether there is something of that name in the folder at, whatever it is.
func has(dir, at, name string) bool {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	_, err = root.Lstat(path.Join(at, name))
	return err == nil
}

// isRun reports whether a link leads to what looks like a run.
func isRun(dir, at string) bool {
	for _, name := range []string{reportFile, manifestFile} {
		if _, err := os.Lstat(path.Join(dir, at, name)); err == nil {
			return true
		}
	}
	return false
}

// unfinished says why a run has no report.
func unfinished(dir, at string) string {
	whole := path.Join(dir, at)
	if journal.BeingWritten(whole) {
		return "its run goes on"
	}
	return fmt.Sprintf("its run was killed before it could write %s; write it with: tailback report %s", reportFile, whole)
}
