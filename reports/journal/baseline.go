package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/tailback/tailback/internal/files"
)

// BaselineFile is the name in a bundle of a copy, byte by byte, of the report.json of
// the run that this one is held against; there is none without such a run.
const BaselineFile = "baseline.json"

// Baseline keeps the report.json of the run that this one is held against in the
// bundle, so that it alone tells what was compared. It is called before Run.
func (w *Writer) Baseline(report []byte) error {
	err := replace(w.dir, BaselineFile, func(f io.Writer) error {
		_, err := f.Write(report)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep baseline: %w", advise(err))
	}
	return nil
}

// Baseline is what a run is held against, as its bundle has it.
type Baseline struct {
	Report []byte // the report.json of that run; nil when there is none
	Why    string // why there is none, although there should be one
}

// maxReport bounds a baseline's report, in bytes: that of a run with a thousand
// phases and requests stays below it.
const maxReport = 64 << 20

// Baseline reads what the run is held against. That it can't be read spoils what is
// told of it, and nothing else of the bundle.
func (b *Bundle) Baseline() Baseline {
	report, err := files.Read(b.Dir, BaselineFile, maxReport)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Baseline{}
	case err != nil:
		return Baseline{Why: strings.ReplaceAll(err.Error(), filepath.Join(b.Dir, BaselineFile), BaselineFile)} // the same wherever the bundle lies
	}
	return Baseline{Report: report}
}
