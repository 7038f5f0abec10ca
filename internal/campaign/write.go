package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/render"
)

// The reports' names in a bundle.
const (
	ReportHTML = "report.html"
	ReportJSON = "report.json"
)

// WriteReports analyses the bundle in dir and writes its report.json and
// report.html there. When
// they can't be written, since the disk is full, the report comes with the error.
func WriteReports(dir string) (*reports.Report, error) {
	bundle, err := journal.Open(dir)
	if err != nil {
		return nil, err
	}
	r, err := analysis.Analyze(bundle)
	if err != nil {
		return nil, err
	}
	var errs []error
	for name, render := range map[string]func(io.Writer, *reports.Report) error{ReportJSON: render.JSON, ReportHTML: render.HTML} {
		if err := writeReport(filepath.Join(dir, name), r, render); err != nil {
			errs = append(errs, err)
		}
	}
	return r, errors.Join(errs...)
}

// writeReport writes one report whole, or not at all.
func writeReport(path string, r *reports.Report, render func(io.Writer, *reports.Report) error) error {
	var b bytes.Buffer
	if err := render(&b, r); err != nil {
		return fmt.Errorf("render %s: %w", path, err)
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, b.Bytes(), 0o644); err != nil {
		os.Remove(partial) // gives the space back
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.Rename(partial, path); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
