package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tailback/tailback/internal/files"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/render"
)

// The reports' names in a bundle, and in the folder of an audit or a search.
const (
	ReportHTML = "report.html"
	ReportJSON = "report.json"
	ReportCard = "card.svg" // of a run only
)

// WriteReports analyses the bundle in dir and writes its report.json, report.html
// and card.svg there. When they can't be written, since the disk is full, the
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
	return r, errors.Join(
		writeBoth(dir, r, render.JSON, render.HTML),
		writeReport(dir, ReportCard, func(w io.Writer) error { return render.Card(w, r) }))
}

// writeBoth writes report.json and report.html into dir, each if it can.
func writeBoth[T any](dir string, r T, json, html func(io.Writer, T) error) error {
	return errors.Join(
		writeReport(dir, ReportJSON, func(w io.Writer) error { return json(w, r) }),
		writeReport(dir, ReportHTML, func(w io.Writer) error { return html(w, r) }))
}

// writeReport writes one report whole, or not at all.
func writeReport(dir, name string, render func(io.Writer) error) error {
	var b bytes.Buffer
	if err := render(&b); err != nil {
		return fmt.Errorf("render %s: %w", filepath.Join(dir, name), err)
	}
	err := files.Replace(dir, name, ".partial", func(f *os.File) error {
		_, err := f.Write(b.Bytes())
		return err
	})
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
