package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mountNamespace is what a command is run by that may have disks of its own.
func mountNamespace(t *testing.T) []string {
	t.Helper()
	unshare := []string{"unshare", "--mount"}
	if os.Getuid() != 0 {
		unshare = append(unshare, "--map-root-user")
	}
	if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("not run: a disk of its own needs a mount namespace: %v: %s", err, out)
	}
	return unshare
}

// The disk fills up in mid-run: a small one of its own, in a mount namespace.
func TestDrillDiskFull(t *testing.T) {
	unshare := mountNamespace(t)
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

// fullLog has the site's access log, 50 lines a second as many as its requests, on a
// disk of its own, of four pages: after 4 s it is full, and what would be logged is lost.
const fullLog = `
	mkdir "$1.disk"
	mount -t tmpfs -o size=16k tailback "$1.disk"
	log() {
		now=$(date -u '+%d/%b/%Y:%H:%M:%S +0000')
		for i in 1 2 3 4 5; do
			printf '127.0.0.1 - - [%s] "GET /external HTTP/1.1" 200 2 "-" "tailback"\n' "$now" || :
		done
	}
	while sleep 0.1; do log; done >> "$1.disk/access.log" 2> "$1.full" &
	code=0; tailback run "$0" --out "$1" || code=$?
	kill $!
	exit $code`

// The disk of the site's log fills up in mid-run: the log says nothing from then on,
// which is no evidence.
func TestDrillLogDiskFull(t *testing.T) {
	unshare := mountNamespace(t)
	d := newDrill(t)
	d.vars["LOG"] = d.out + ".disk/access.log"
	d.start(watched(`nginx_access_log: {file: "$LOG"}`, 9), fullLog, unshare...)
	r := d.completes()
	d.faultless()
	d.lifted(false)
	if full := d.read("out.full"); !strings.Contains(full, "I/O error") {
		t.Errorf("the log was written until the end: the drill is no drill: %q", full)
	}
	d.warns(r, "nginx_access_log says nothing after ")
	d.warns(r, "site.nginx_access_log: its last line is cut off: the disk that it is on may be full")
}

// fullDisk makes a disk that is full, in $1.full.
const fullDisk = `
	mkdir "$1.full"
	mount -t tmpfs -o size=4k tailback "$1.full"
	head -c 8192 /dev/zero > "$1.full/ballast" 2> /dev/null || :
`

// The disk of the proxy's host is full, and so is all that it would write to: it
// plays faults as ever, and lifts those of a run that was killed.
func TestDrillProxyDiskFull(t *testing.T) {
	t.Parallel()
	unshare := mountNamespace(t)
	p := newProxied(t)
	p.proxy.Process.Kill()
	p.proxy.Wait()
	script := fullDisk + `
		export XDG_STATE_HOME="$1.full" TMPDIR="$1.full"
		! echo > "$1.full/proof" || exit 9
		exec tailback proxy "$0" > "$1.full/said" 2>&1`
	proxy := exec.Command(unshare[0], append(unshare[1:], "sh", "-ec", script, p.file, filepath.Join(t.TempDir(), "disk"))...)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Process.Kill(); proxy.Wait() })
	within(t, drillSoon, "the proxy", p.passes)
	run := startTailback(t, "run", p.file, "--out", "out")
	within(t, drillSoon, "the hang", func() bool { return !p.passesWithin(2 * time.Second) })
	run.Process.Kill()
	if took := within(t, drillSoon, "the lifting", p.passes); took > 10*time.Second { // promised are 3 s, on a machine with nothing else to do
		t.Errorf("the fault of a killed run was lifted after %v", took)
	}
}

// The disk that the lock is kept on is full: the target is locked all the same.
func TestDrillLockDiskFull(t *testing.T) {
	unshare := mountNamespace(t)
	d := newDrill(t)
	d.start(short, fullDisk+`
		export XDG_STATE_HOME="$1.full" TMPDIR="$1.full"
		tailback run "$0" --out "$1.first" & first=$!
		while ! test -s "$1.first/events.jsonl"; do sleep 0.05; done
		if tailback run "$0" --out "$1.second" 2> "$1.refused"; then exit 9; fi
		wait $first
		mv "$1.first" "$1"`, unshare...)
	d.completes()
	d.faultless()
	if refused := d.read("out.refused"); !strings.Contains(refused, "another run of tailback loads it; wait until it has ended, or end it") {
		t.Errorf("the second run says %q", refused)
	}
}

// short is slowed for two seconds.
var short = strings.Replace(slowed, "duration: 1h", "duration: 2s", 1)
