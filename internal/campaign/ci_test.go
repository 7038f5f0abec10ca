package campaign

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/ci"
)

// What CI reads follows no link, and one file that can't be written takes no other with it.
func TestWriteCI(t *testing.T) {
	dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(victim, []byte("untouched"), 0o644))
	must(t, os.Symlink(victim, filepath.Join(dir, "junit.xml")))
	must(t, os.MkdirAll(filepath.Join(dir, "summary.md", "in the way"), 0o755))
	err := WriteCI(dir, ci.OfRun(&reports.Report{Name: "x", Total: reports.Traffic{Sent: 1, OK: 1}}))
	if err == nil || !strings.Contains(err.Error(), "summary.md") || !strings.Contains(err.Error(), "tailback report "+dir+" --format junit, or markdown") {
		t.Errorf("of a folder in the place of summary.md it says %v", err)
	}
	if text, _ := os.ReadFile(victim); string(text) != "untouched" {
		t.Errorf("through a link the victim was written over: %.40q", text)
	}
	for _, name := range []string{"junit.xml", "metrics.txt", "gl-load-performance.json"} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
