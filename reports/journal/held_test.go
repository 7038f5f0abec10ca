package journal

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A bundle is being written from Create until Finish, and not after a Create that failed.
func TestBeingWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if BeingWritten(dir) {
		t.Error("before it is there")
	}
	w, err := Create(dir, Manifest{Name: "x"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !BeingWritten(dir) || !BeingWritten(dir+"/.") {
		t.Error("not while it is written")
	}
	if _, err := Create(dir, Manifest{}, nil); err == nil || !BeingWritten(dir) {
		t.Errorf("a second writer has taken the lock away, %v", err)
	}
	if err := w.Finish(Outcome{Status: "complete"}); err != nil {
		t.Fatal(err)
	}
	if BeingWritten(dir) {
		t.Error("after its end")
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if BeingWritten(fifo) {
		t.Error("a FIFO")
	}
}
