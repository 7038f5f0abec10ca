package journal

import (
	"fmt"
	"io"
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
