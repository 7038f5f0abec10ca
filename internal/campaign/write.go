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

// The reports' names in a bundle, and in the folder of an audit or a search.
const (
	ReportHTML = "report.html"
	ReportJSON = "report.json"
)

// WriteReports analyses the bundle in dir and writes its report.json and
// report.html there. When they can't be written, since the disk is full, the
// report comes with the error.
func WriteReports(dir string) (*reports.Report, error) {
	bundle, err := journal.Open(dir)
	if err != nil {
		return nil, err
	}
	r, err := analysis.Analyze(bundle)
	if err != nil {
		return nil, err
	}
	return r, writeBoth(dir, r, render.JSON, render.HTML)
}

// writeBoth writes report.json and report.html into dir, each if it can.
func writeBoth[T any](dir string, r T, json, html func(io.Writer, T) error) error {
	return errors.Join(
		writeReport(filepath.Join(dir, ReportJSON), func(w io.Writer) error { return json(w, r) }),
		writeReport(filepath.Join(dir, ReportHTML), func(w io.Writer) error { return html(w, r) }))
}

// writeReport writes one report whole, or not at all.
func writeReport(path string, render func(io.Writer) error) error {
	var b bytes.Buffer
	if err := render(&b); err != nil {
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
