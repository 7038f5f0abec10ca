package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A file lies in the first folder that can be written to.
func TestOpen(t *testing.T) {
	home, tmp := t.TempDir(), t.TempDir()
	t.Setenv("XDG_STATE_HOME", home)
	t.Setenv("TMPDIR", tmp)
	f, err := Open("a.lock", 0)
	must(t, err)
	defer f.Close()
	if want := filepath.Join(home, "tailback", "a.lock"); f.Name() != want {
		t.Errorf("it is %s, want %s", f.Name(), want)
	}
	t.Setenv("XDG_STATE_HOME", f.Name()) // a file
	g, err := Open("a.lock", 0)
	must(t, err)
	defer g.Close()
	if filepath.Dir(filepath.Dir(g.Name())) != tmp {
		t.Errorf("it is %s, want it in %s", g.Name(), tmp)
	}
	if again, err := OpenThere(g.Name(), os.O_APPEND); err != nil {
		t.Error(err)
	} else {
		again.Close()
	}
	if _, err := OpenThere(g.Name()+"-absent", 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file: %v", err)
	}
}

// Nobody makes us write elsewhere, or wait: neither by what lies in the place of a
// file, nor by a folder for temporary files that is theirs.
func TestOpenRefuses(t *testing.T) {
	tmp, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	t.Setenv("TMPDIR", tmp)
	t.Setenv("XDG_STATE_HOME", victim) // a file: only the temporary folder is left
	must(t, os.WriteFile(victim, []byte("untouched"), 0o600))
	dir := temporary()
	all := map[string]func() error{
		"a pipe":             func() error { return errors.Join(os.Mkdir(dir, 0o700), syscall.Mkfifo(filepath.Join(dir, "a"), 0o600)) },
		"a link":             func() error { return errors.Join(os.Mkdir(dir, 0o700), os.Symlink(victim, filepath.Join(dir, "a"))) },
		"a linked folder":    func() error { return os.Symlink(t.TempDir(), dir) },
		"a folder of theirs": func() error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777)) },
	}
	if os.Getuid() == 0 { // only root can give a folder away
		all["a folder of another"] = func() error { return errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, 12345, -1)) }
	}
	for name, put := range all {
		must(t, put())
		if f, err := Open("a", 0); err == nil || !strings.Contains(err.Error(), "set XDG_STATE_HOME") {
			t.Errorf("%s: %v, %v", name, f, err)
		}
		if f, err := OpenThere(filepath.Join(dir, "a"), 0); err == nil {
			t.Errorf("%s: %s was opened", name, f.Name())
		}
		must(t, os.RemoveAll(dir))
	}
	if text, _ := os.ReadFile(victim); string(text) != "untouched" {
		t.Errorf("the victim holds %q", text)
	}
}
