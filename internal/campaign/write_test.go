package campaign

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tailback/tailback/reports"
)

// laid lays the files of a bundle out beside a victim.
func laid(t *testing.T) (dir, victim string) {
	t.Helper()
	top := t.TempDir()
	dir, victim = filepath.Join(top, "bundle"), filepath.Join(top, "victim")
	must(t, os.Mkdir(dir, 0o755))
	must(t, os.WriteFile(victim, []byte("untouched"), 0o644))
	for name, text := range filesOf(t, filepath.Join("..", "..", "reports", "analysis", "testdata", "hang")) {
		must(t, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	return dir, victim
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The reports of a bundle from elsewhere are written into it and nowhere else,
// whatever links it holds; nor is anything elsewhere read into them.
func TestReportsFollowNoLink(t *testing.T) {
	for _, name := range []string{ReportHTML, ReportJSON, ReportCard, ReportHTML + ".partial", ReportJSON + ".partial"} {
		dir, victim := laid(t)
		must(t, os.Symlink("../victim", filepath.Join(dir, name)))
		if _, err := WriteReports(dir); err != nil {
			t.Errorf("%s is a link: %v", name, err)
		}
		if text, _ := os.ReadFile(victim); string(text) != "untouched" {
			t.Errorf("through %s the victim was written over: %.40q", name, text)
		}
		for _, written := range []string{ReportHTML, ReportJSON, ReportCard} {
			if info, err := os.Lstat(filepath.Join(dir, written)); err != nil || !info.Mode().IsRegular() {
				t.Errorf("with %s as a link, %s is %v, %v", name, written, info, err)
			}
		}
	}
	for _, name := range []string{"manifest.json", "experiment.yaml", "events.jsonl", "observations.jsonl", "hits.parquet"} {
		dir, victim := laid(t)
		must(t, os.Rename(filepath.Join(dir, name), victim))
		must(t, os.Symlink("../victim", filepath.Join(dir, name)))
		if _, err := WriteReports(dir); err == nil || !strings.Contains(err.Error(), name+": it is a link") {
			t.Errorf("%s is a link: %v", name, err)
		}
	}
}

// The same of the folder of an audit, of which report.json is read.
func TestRewriteFollowsNoLink(t *testing.T) {
	dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	must(t, leaveAudit(dir, &reports.Audit{Campaign: reports.Campaign{Kind: reports.KindAudit, Experiment: "version: 1\n"}}))
	for _, name := range []string{ReportHTML, experimentFile, ReportHTML + ".partial", ReportJSON + ".partial"} {
		must(t, os.WriteFile(victim, []byte("untouched"), 0o644))
		os.Remove(filepath.Join(dir, name))
		must(t, os.Symlink(victim, filepath.Join(dir, name)))
		if a, _, err := Rewrite(dir); a == nil || err != nil {
			t.Errorf("%s is a link: %v, %v", name, a, err)
		}
		if text, _ := os.ReadFile(victim); string(text) != "untouched" {
			t.Errorf("through %s the victim was written over: %.40q", name, text)
		}
	}
	path := filepath.Join(dir, ReportJSON)
	for what, put := range map[string]func() error{
		"a pipe": func() error { return syscall.Mkfifo(path, 0o644) },
		"a link": func() error { return os.Symlink("/dev/zero", path) },
	} {
		must(t, os.Remove(path))
		must(t, put())
		if _, _, err := Rewrite(dir); err == nil || !strings.Contains(err.Error(), "it is "+what) {
			t.Errorf("report.json is %s: %v", what, err)
		}
	}
}
