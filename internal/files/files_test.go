package files

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// trap is a folder from elsewhere, with a victim beside it.
type trap struct {
	*testing.T
	dir, victim string
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	top := t.TempDir()
	tr := &trap{t, filepath.Join(top, "bundle"), filepath.Join(top, "victim")}
	tr.must(os.MkdirAll(filepath.Join(tr.dir, "sub"), 0o755))
	tr.must(os.WriteFile(tr.victim, []byte("untouched"), 0o644))
	tr.must(os.WriteFile(filepath.Join(tr.dir, "sub", "plain"), []byte("text"), 0o644))
	return tr
}

func (t *trap) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (t *trap) path(name string) string { return filepath.Join(t.dir, name) }

// holds checks what a file holds, and that it is a plain one.
func (t *trap) holds(path, want string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if info, e := os.Lstat(path); err != nil || e != nil || string(text) != want || !info.Mode().IsRegular() {
		t.Errorf("%s holds %q (%v, %v), want a plain file with %q", path, text, err, e, want)
	}
}

// oddities are what may be there in the place of a file, and how the errors call them.
func (t *trap) oddities() map[string]func(path string) error {
	all := map[string]func(path string) error{
		"a link":   func(path string) error { return os.Symlink(t.victim, path) },
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o755) },
		"a socket": func(path string) error {
			l, err := net.Listen("unix", path)
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		},
	}
	if os.Getuid() == 0 { // only root can make one
		all["a device"] = func(path string) error { return syscall.Mknod(path, syscall.S_IFCHR|0o644, 1<<8|5) } // /dev/zero
	}
	return all
}

// Only plain files are read: what waits, never ends or lies elsewhere is named.
func TestOpenRefuses(t *testing.T) {
	tr := newTrap(t)
	for what, put := range tr.oddities() {
		name := strings.ReplaceAll(what, " ", "-")
		tr.must(put(tr.path(name)))
		_, err := Read(tr.dir, name, 100)
		if err == nil || !strings.Contains(err.Error(), tr.path(name)+": it is "+what+",") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for name, to := range map[string]string{"inside": "sub/plain", "nowhere": "none", "itself": "itself", "/dev": "/dev/zero"} {
		tr.must(os.Symlink(to, tr.path("to-"+filepath.Base(name))))
		if _, err := Open(tr.dir, "to-"+filepath.Base(name)); err == nil || !strings.Contains(err.Error(), "it is a link") {
			t.Errorf("link to %s: %v", to, err)
		}
	}
	if _, err := Open(tr.dir, "absent"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), tr.path("absent")) {
		t.Errorf("an absent file: %v", err)
	}
	if _, err := Open(tr.path("none"), "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent folder: %v", err)
	}
}

func TestReadBounds(t *testing.T) {
	tr := newTrap(t)
	if text, err := Read(tr.dir, "sub/plain", 4); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := Read(tr.dir, "sub/plain", 3); err == nil || !strings.Contains(err.Error(), "holds more than") {
		t.Errorf("beyond the limit: %v", err)
	}
}

// A folder on the way down may be no link either; the one that was named may.
func TestLinkedFolders(t *testing.T) {
	tr := newTrap(t)
	tr.must(os.Symlink("sub", tr.path("linked")))
	if _, err := Open(tr.dir, "linked/plain"); err == nil || !strings.Contains(err.Error(), tr.path("linked")+": it is a link") {
		t.Errorf("through a link: %v", err)
	}
	if _, err := Names(tr.dir, "linked"); err == nil {
		t.Error("a linked folder was listed")
	}
	if _, err := Create(tr.dir, "linked/new"); err == nil {
		t.Error("a file was made through a link")
	}
	top := filepath.Join(t.TempDir(), "top")
	tr.must(os.Symlink(tr.dir, top))
	if names, err := Names(top, "sub"); err != nil || strings.Join(names, " ") != "plain" {
		t.Errorf("%q, %v", names, err)
	}
	if err := put(top, "sub/plain", "new"); err != nil {
		t.Errorf("into a folder that was named by a link: %v", err)
	}
	tr.holds(tr.path("sub/plain"), "new")
}

func put(dir, name, text string) error {
	return Replace(dir, name, ".part", func(f *os.File) error { _, err := f.WriteString(text); return err })
}

// Whatever stands in the place of a file, or of its temporary one, is replaced: nothing
// is written elsewhere, and nothing blocks.
func TestReplace(t *testing.T) {
	for _, suffix := range []string{"", ".part"} {
		tr := newTrap(t)
		for what, odd := range tr.oddities() {
			name := strings.ReplaceAll(what, " ", "-")
			tr.must(odd(tr.path(name + suffix)))
			switch err := put(tr.dir, name, "new"); {
			case err == nil:
				tr.holds(tr.path(name), "new")
				if _, err := os.Lstat(tr.path(name + ".part")); err == nil {
					t.Errorf("%s: the temporary file is there still", what)
				}
			case what != "a folder" || suffix != "" || !strings.Contains(err.Error(), "it is a folder"):
				t.Errorf("%s in the place of %s: %v", what, name+suffix, err)
			}
		}
		tr.must(os.Link(tr.victim, tr.path("hard"+suffix)))
		tr.must(put(tr.dir, "hard", "new"))
		tr.holds(tr.path("hard"), "new")
		tr.holds(tr.victim, "untouched")
	}
}

func TestReplaceKeepsTheOldOneAfterAnError(t *testing.T) {
	tr := newTrap(t)
	full := errors.New("full")
	err := Replace(tr.dir, "sub/plain", ".part", func(f *os.File) error { f.WriteString("half"); return full })
	if !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
	tr.holds(tr.path("sub/plain"), "text")
	if names, _ := Names(tr.dir, "sub"); len(names) != 1 {
		t.Errorf("%q are left", names)
	}
}

// A file that is made new takes the place of nothing, not even of a link to nowhere.
func TestCreate(t *testing.T) {
	tr := newTrap(t)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	tr.must(os.Symlink(elsewhere, tr.path("nowhere")))
	for _, name := range []string{"sub/plain", "nowhere", "sub"} {
		if f, err := Create(tr.dir, name); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	if _, err := os.Lstat(elsewhere); err == nil {
		t.Error("the link was followed")
	}
	f, err := Create(tr.dir, "sub/new")
	tr.must(err)
	tr.must(f.Close())
}

// Folders are told from links, and what is neither is not named. Removing takes a
// folder with the links in it, and never what they lead to.
func TestFoldersAndTheirRemoval(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	precious := filepath.Join(elsewhere, "precious")
	for _, err := range []error{
		os.WriteFile(precious, nil, 0o644),
		os.MkdirAll(filepath.Join(dir, "a", "in"), 0o755), os.Mkdir(filepath.Join(dir, "b"), 0o755),
		os.WriteFile(filepath.Join(dir, "file"), nil, 0o644),
		os.Symlink(elsewhere, filepath.Join(dir, "link")), os.Symlink(elsewhere, filepath.Join(dir, "a", "in", "link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	folders, links, err := Folders(dir, "")
	if err != nil || !slices.Equal(folders, []string{"a", "b"}) || !slices.Equal(links, []string{"link"}) {
		t.Errorf("folders %q, links %q, %v", folders, links, err)
	}
	if _, _, err := Folders(dir, "link"); err == nil || !strings.Contains(err.Error(), "it is a link") {
		t.Errorf("folders of a link: %v", err)
	}
	for name, want := range map[string]string{"link": "it is a link", "file": "it is a file", "link/x": "it is a link", "none": "no such file"} {
		if err := RemoveFolder(dir, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("remove %s: %v, want %q", name, err, want)
		}
	}
	if err := RemoveFolder(dir, "a"); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "a")); err == nil {
		t.Error("a is still there")
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
}
