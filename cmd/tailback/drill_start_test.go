package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports/journal"
)

// Of twenty runs on one target that are begun at once, one runs: the others say who
// does, and leave nothing.
func TestDrillLockRace(t *testing.T) {
	const starts = 20
	d := newDrill(t)
	d.start(slowed, `: > "$1.out"
		for i in $(seq 20); do
			(code=0; tailback run "$0" --out "$1-$i" 2> "$1-$i.said" || code=$?; echo $i $code >> "$1.out") &
		done
		wait`)
	ended := func() []string { return strings.Split(strings.TrimSpace(d.read("out.out")), "\n") }
	d.await("the end of all but one", func() bool { return len(ended()) == starts-1 && ended()[0] != "" })
	var begun []string
	d.await("the one that runs", func() bool { begun, _ = filepath.Glob(d.out + "-*/manifest.json"); return len(begun) > 0 })
	if len(begun) != 1 {
		t.Fatalf("%d runs were begun, want one: %q", len(begun), begun)
	}
	for _, line := range ended() {
		var i, code int
		fmt.Sscan(line, &i, &code)
		said := d.read(fmt.Sprintf("out-%d.said", i))
		if code != exitFailed || !strings.Contains(said, "another run") || !strings.Contains(said, "wait until it has ended, or end it") {
			t.Errorf("run %d exits with %d and says %q", i, code, said)
		}
		if exists(fmt.Sprintf("%s-%d", d.out, i)) {
			t.Errorf("run %d left a folder", i)
		}
	}
	d.out = filepath.Dir(begun[0])
	d.event(journal.FaultApplied)
	if err := os.WriteFile(filepath.Join(d.out, stopName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.ends()
	d.faultless()
	d.lifted(false)
	if r := d.reported(); r.Outcome != "interrupted" {
		t.Errorf("the one that ran was %s", r.Outcome)
	}
}

// The folder of the lock can't be written to: the one for temporary files is taken,
// and where there is none either, nothing is begun.
func TestDrillLockFolder(t *testing.T) {
	t.Parallel()
	unshare := mountNamespace(t)
	for _, row := range []struct {
		name, temporary string
		code            int
		says            string
	}{
		{"unwritable", "$1.tmp", exitOK, ""},
		{"both unwritable", "$1.ro", exitFailed, "read-only file system; set XDG_STATE_HOME to a folder that can be written to"},
		{"a file", "$0", exitFailed, "not a directory; set XDG_STATE_HOME to a folder that can be written to"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDrill(t)
			d.start(short, `mkdir "$1.ro" "$1.tmp"
				mount -t tmpfs -o ro tailback "$1.ro"
				export XDG_STATE_HOME="$1.ro" TMPDIR="`+row.temporary+`"
				exec tailback run "$0" --out "$1"`, unshare...)
			if row.code == exitOK {
				d.completes()
				d.lifted(false)
				if locks, _ := filepath.Glob(filepath.Join(d.dir, "out.tmp", "tailback-*", "*.lock")); len(locks) != 1 {
					t.Errorf("the locks are %q, want one", locks)
				}
			} else {
				d.exits(row.code, "lock target: ", row.says)
				if exists(d.out) {
					t.Error("a bundle was begun")
				}
			}
			d.faultless()
		})
	}
}

// --out is a link: to an empty folder it is as good as that; to anything else nothing is begun.
func TestDrillOutLinked(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		to   func(d *drill, real string) error
		says string
	}{
		{"to an empty folder", func(d *drill, real string) error { return os.Mkdir(real, 0o755) }, ""},
		{"to a folder that is not empty", func(d *drill, real string) error { return os.MkdirAll(filepath.Join(real, "theirs"), 0o755) }, "is not empty; name another with --out"},
		{"to nothing", func(d *drill, real string) error { return nil }, "is a link that leads to no folder; make that, or name another with --out"},
		{"to itself", func(d *drill, real string) error { return os.Symlink(real, real) }, "is a link that leads to no folder; make that, or name another with --out"},
		{"to a file", func(d *drill, real string) error { return os.WriteFile(real, []byte("theirs"), 0o644) }, "not a directory"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDrill(t)
			real := filepath.Join(d.dir, "real")
			if err := row.to(d, real); err != nil {
				t.Fatal(err)
			}
			was := listed(real)
			if err := os.Symlink(real, d.out); err != nil {
				t.Fatal(err)
			}
			d.start(short, inShell)
			if row.says != "" {
				d.exits(exitFailed, "create bundle: ", row.says)
				if now := listed(real); !slices.Equal(now, was) {
					t.Errorf("%s held %q, and now %q", real, was, now)
				}
			} else {
				d.completes()
				d.lifted(false)
				if now := listed(real); !slices.Contains(now, "manifest.json") || !slices.Contains(now, "report.html") {
					t.Errorf("%s holds %q, want the bundle", real, now)
				}
			}
			d.faultless()
		})
	}
}

// listed are the names in a folder, if it is one.
func listed(dir string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
