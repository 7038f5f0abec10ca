package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The disk fills up in mid-run: a small one of its own, in a mount namespace.
func TestDrillDiskFull(t *testing.T) {
	unshare := []string{"unshare", "--mount"}
	if os.Getuid() != 0 {
		unshare = append(unshare, "--map-root-user")
	}
	if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("not run: a disk of its own needs a mount namespace: %v: %s", err, out)
	}
	d := newDrill(t)
	d.start(slowed, `
		mkdir "$1.disk"
		mount -t tmpfs -o size=128k tailback "$1.disk"
		code=0; tailback run "$0" --out "$1.disk/out" || code=$?
		cp -r "$1.disk/out" "$1" # out of the namespace
		exit $code`, unshare...)
	d.exits(exitFailed, "no space left on device", "what was recorded is kept; free some space, or name another disk with --out")
	d.faultless()
	d.lifted(false)
	d.keeps(2 * time.Second)
	if printed := d.read("stdout"); !strings.Contains(printed, "drill  INCONCLUSIVE") {
		t.Errorf("it printed %q, want the report", printed)
	}
	d.warns(d.report(exitFailed), "free some space")
}

// Somebody removes the folder in mid-run: what was recorded is gone, but nothing else is lost with it.
func TestDrillOutRemoved(t *testing.T) {
	d := newDrill(t)
	d.start(slowed, inShell)
	d.served(100)
	if err := os.RemoveAll(d.out); err != nil {
		t.Fatal(err)
	}
	d.exits(exitFailed, "the folder was removed, or renamed, while the run wrote to it")
	d.faultless()
	if _, err := os.Stat(d.out); err == nil {
		t.Errorf("%s is there again", d.out)
	}
}
