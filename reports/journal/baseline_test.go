package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports/journal"
)

// What a run is held against is read as it was kept. Where it can't be, the bundle says
// why, and everything else in it can be read all the same.
func TestBaselineIsRead(t *testing.T) {
	for _, row := range []struct {
		name        string
		make        func(path string) error
		report, why string // why: holds
	}{
		{"none", func(string) error { return nil }, "", ""},
		{"a report", func(path string) error { return os.WriteFile(path, []byte("{}\n"), 0o600) }, "{}\n", ""},
		{"a link", func(path string) error { return os.Symlink("/etc/hostname", path) }, "", "baseline.json"},
		{"a folder", func(path string) error { return os.Mkdir(path, 0o700) }, "", "baseline.json"},
		{"one too large", func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 64<<20+1))
		}, "", "it holds more than 64 MB"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			w, err := journal.Create(dir, journal.Manifest{}, []byte("version: 1\n"))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Finish(journal.Outcome{Status: "complete"}); err != nil {
				t.Fatal(err)
			}
			if err := row.make(filepath.Join(dir, journal.BaselineFile)); err != nil {
				t.Fatal(err)
			}
			b, err := journal.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			c, err := b.Contents()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(c.Baseline.Why, dir) {
				t.Errorf("%q tells where the bundle lies", c.Baseline.Why)
			}
			if got := c.Baseline; string(got.Report) != row.report || (got.Why == "") != (row.why == "") || !strings.Contains(got.Why, row.why) {
				t.Errorf("read %.20q because %q, want %q because %q", got.Report, got.Why, row.report, row.why)
			}
		})
	}
}
