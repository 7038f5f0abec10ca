package campaign

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// What is no run is said, with what to do about it.
func TestReadRunRefuses(t *testing.T) {
	put := func(name, text string) string {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		return dir
	}
	audit := t.TempDir()
	must(t, leaveAudit(audit, &reports.Audit{Campaign: reports.Campaign{Kind: reports.KindAudit, Experiment: "version: 1\n"}}))
	must(t, os.MkdirAll(filepath.Join(audit, "payments"), 0o755))
	must(t, os.WriteFile(filepath.Join(audit, "payments", "manifest.json"), []byte("{}"), 0o644))
	damaged, _ := laid(t)
	must(t, os.Truncate(filepath.Join(damaged, "hits.parquet"), 100))
	newer, _ := laid(t)
	must(t, os.WriteFile(filepath.Join(newer, "manifest.json"), []byte(`{"schema": 99}`), 0o644))
	for _, c := range []struct{ what, dir, want string }{
		{"nothing there", filepath.Join(t.TempDir(), "gone"), "name the folder that a run wrote"},
		{"an empty folder", t.TempDir(), "holds neither the bundle of a run nor its report.json"},
		{"an audit", audit, "is of an audit of several runs; name one of its runs, such as " + filepath.Join(audit, "payments")},
		{"a damaged bundle", damaged, "the bundle can't be read"},
		{"a newer bundle", newer, "use a newer tailback"},
		{"a newer report", put(ReportJSON, `{"schema": 99, "phases": []}`), "schema 99 is newer than 1"},
		{"a report that was cut off", put(ReportJSON, `{"schema": 1, "pha`), "it is damaged"},
		{"another JSON", put(ReportJSON, `{"schema": 1, "kind": "comparison", "figures": []}`), "is not the report of a run"},
		{"a manifest in its place", put(ReportJSON, `{"schema": 1, "phases": []}`), "is not the report of a run"},
		{"a list", put(ReportJSON, `[]`), "it is damaged"},
	} {
		if _, err := ReadRun(c.dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
		if _, err := ReadBaseline(c.dir); c.what != "a damaged bundle" && c.what != "a newer bundle" && err == nil {
			t.Errorf("%s is a baseline", c.what)
		}
	}
}

// A bundle is analysed anew; without its hits its report is read, and so is a report
// that is named itself. A baseline is the report byte by byte.
func TestReadRun(t *testing.T) {
	dir, _ := laid(t)
	text, err := ReadBaseline(dir) // written, since it was not there
	must(t, err)
	if kept, err := os.ReadFile(filepath.Join(dir, ReportJSON)); err != nil || !bytes.Equal(kept, text) {
		t.Errorf("the baseline is not the report's bytes: %v", err)
	}
	whole, err := ReadRun(dir)
	must(t, err)
	must(t, os.Remove(filepath.Join(dir, "hits.parquet")))
	for _, path := range []string{dir, filepath.Join(dir, ReportJSON)} {
		left, err := ReadRun(path)
		must(t, err)
		if left.Report.Summary != whole.Report.Summary || left.Dir != path {
			t.Errorf("%s: %q of %q", path, left.Report.Summary, left.Dir)
		}
	}
}
