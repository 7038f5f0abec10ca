package campaign

import (
	"errors"
	"fmt"
	"io"

	"github.com/tailback/tailback/reports/ci"
)

// WriteCI writes what CI reads of s into dir, beside report.json, each file if it
// can. The runs that an audit or a search is made of have none of their own: CI that
// gathers every junit.xml would count trials that were to break.
func WriteCI(dir string, s *ci.Suite) error {
	var failed []error
	for _, f := range ci.Files(s) {
		err := writeReport(dir, f.Name, func(w io.Writer) error { return f.Write(w, s) })
		if err != nil {
			failed = append(failed, fmt.Errorf("%w; remove what is in its place, free some space, or print it: tailback report %s --format junit, or markdown", err, dir))
		}
	}
	return errors.Join(failed...)
}
