package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tailback/tailback/internal/files"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/compare"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/pages"
	"github.com/tailback/tailback/reports/render"
)

// The comparison's names in the folder that it is left in.
const (
	ComparisonJSON = "comparison.json"
	ComparisonHTML = "comparison.html"
)

// ReadRun reads a run to compare: from its bundle, which is analysed anew, or where
// the hits are gone from its report.json, which may also be named itself.
func ReadRun(path string) (compare.Run, error) {
	info, err := os.Stat(path)
	if err != nil {
		return compare.Run{}, fmt.Errorf("compare: %w; name the folder that a run wrote", err)
	}
	switch {
	case !info.IsDir():
		r, _, err := readReport(filepath.Dir(path), filepath.Base(path))
		return compare.Reported(path, r), err
	case journal.BeingWritten(path):
		return compare.Run{}, fmt.Errorf("compare: %s: its run is still writing it; wait for its end", path)
	case !hasHits(path):
		r, _, err := readReport(path, ReportJSON)
		return compare.Reported(path, r), err
	}
	c, err := contents(path)
	if err != nil {
		return compare.Run{}, err
	}
	r, err := analysis.Contents(c)
	if err != nil {
		return compare.Run{}, fmt.Errorf("compare %s: the bundle can't be read: %w", path, err)
	}
	return compare.Read(path, c, r)
}

// RunOf is ReadRun of a bundle whose report was just made.
func RunOf(dir string, r *reports.Report) (compare.Run, error) {
	c, err := contents(dir)
	if err != nil {
		return compare.Run{}, err
	}
	return compare.Read(dir, c, r)
}

func contents(dir string) (journal.Contents, error) {
	b, err := journal.Open(dir)
	if err != nil {
		return journal.Contents{}, fmt.Errorf("compare: %w", err)
	}
	c, err := b.Contents()
	if err != nil {
		return journal.Contents{}, fmt.Errorf("compare %s: the bundle can't be read: %w", dir, err)
	}
	return c, nil
}

// ReadBaseline reads the report.json of the run that another is held against, byte
// by byte. One that was never written is made from the bundle, which keeps it.
func ReadBaseline(dir string) ([]byte, error) {
	if recorded(dir) && !exists(filepath.Join(dir, ReportJSON)) && !journal.BeingWritten(dir) {
		if _, err := WriteReports(dir); err != nil {
			return nil, fmt.Errorf("read baseline: %w", err)
		}
	}
	_, text, err := readReport(dir, ReportJSON)
	return text, err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// hasHits reports whether a folder is a bundle with its hits.
func hasHits(dir string) bool {
	return recorded(dir) && (exists(filepath.Join(dir, "hits.parquet")) || exists(filepath.Join(dir, "segments")))
}

// readReport reads the report.json of a run; anything else is refused with what to do.
func readReport(dir, name string) (*reports.Report, []byte, error) {
	path := filepath.Join(dir, name)
	text, err := files.Read(dir, name, MaxReport)
	if errors.Is(err, fs.ErrNotExist) {
		if err := unwritten(dir); err != nil {
			return nil, nil, err
		}
		return nil, nil, fmt.Errorf("read report: %s holds neither the bundle of a run nor its report.json; name the folder that a run wrote", dir)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read report: %w", err)
	}
	var kind struct {
		Schema int             `json:"schema"`
		Kind   string          `json:"kind"`
		Counts json.RawMessage `json:"fidelity"` // which a manifest has not
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, nil, fmt.Errorf("read report %s: %w; it is damaged: name another run, or write it again with: tailback report %s", path, err, dir)
	}
	switch {
	case kind.Kind == reports.KindAudit || kind.Kind == reports.KindCapacity:
		return nil, nil, fmt.Errorf("read report: %s is of %s of several runs; name one of its runs%s", path, map[string]string{reports.KindAudit: "an audit", reports.KindCapacity: "a search"}[kind.Kind], oneOf(dir))
	case kind.Schema > reports.Schema:
		return nil, nil, fmt.Errorf("read report %s: schema %d is newer than %d, the newest this tailback reads; use a newer tailback", path, kind.Schema, reports.Schema)
	case kind.Kind != "" || kind.Schema < 1 || kind.Counts == nil:
		return nil, nil, fmt.Errorf("read report: %s is not the report of a run; name the folder that a run wrote", path)
	}
	r, err := decoded[reports.Report](path, text)
	return r, text, err
}

// oneOf names one of the runs below a folder.
func oneOf(dir string) string {
	for _, runs := range []string{"*", "*/*"} {
		if found, _ := filepath.Glob(filepath.Join(dir, runs, "manifest.json")); len(found) > 0 {
			return ", such as " + filepath.Dir(found[0])
		}
	}
	return ""
}

// WriteComparison writes comparison.json and comparison.html into a folder, each if it
// can. The pictures on the page are of these two runs.
func WriteComparison(dir string, c *reports.Comparison, before, after *reports.Report) error {
	return errors.Join(
		writeReport(dir, ComparisonJSON, func(w io.Writer) error { return render.ComparisonJSON(w, c) }),
		writeReport(dir, ComparisonHTML, func(w io.Writer) error { return pages.Comparison(w, c, before, after) }))
}

// Compared is the comparison that a run left in its folder, nil when it left none.
func Compared(dir string) (*reports.Comparison, error) {
	text, err := files.Read(dir, ComparisonJSON, MaxReport)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read comparison: %w", err)
	}
	path := filepath.Join(dir, ComparisonJSON)
	c, err := decoded[reports.Comparison](path, text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w; it is damaged: make it again with: tailback compare", err)
	case c.Kind != reports.KindComparison || c.Schema < 1 || c.Schema > reports.Schema:
		return nil, fmt.Errorf("read comparison: %s is not one that this tailback reads; make it again with: tailback compare", path)
	}
	return c, nil
}
