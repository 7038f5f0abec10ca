package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// child is what the test binary does when a test starts it as a process of its
// own, to be killed or to meet a limit that holds for a whole process.
func child(job, dir string) int {
	jobs := map[string]func(string) error{
		"write-for-ever": writeForEver, "fill-disk-running": fillDiskRunning, "fill-disk-joining": fillDiskJoining,
		"fill-disk-with-lines": fillDiskWithLines,
		"short-run":            shortRun, "long-run": longRun}
	if err := jobs[job](dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func startChild(t *testing.T, job, dir string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "JOURNAL_TEST_CHILD="+job, "JOURNAL_TEST_DIR="+dir)
	c.Stderr = new(strings.Builder)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	return c
}

func finishChild(t *testing.T, job, dir string) {
	t.Helper()
	c := startChild(t, job, dir)
	stuck := time.AfterFunc(5*time.Minute, func() { c.Process.Kill() })
	defer stuck.Stop()
	if err := c.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", job, err, c.Stderr)
	}
}

// hit number n of a child's run: Seq, Due and the rest tell n.
func numbered(n int) journal.Hit {
	at := time.Duration(n) * time.Microsecond
	return journal.Hit{Seq: uint64(n), Due: at, Sent: at + 10, FirstByte: at + 20, Done: at + 30, Code: 200, BytesIn: int64(n % 7)}
}

// writeForEver runs until it is killed; at most 100 million hits, should nobody come.
func writeForEver(dir string) error {
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		return err
	}
	go w.Run(context.Background())
	for n := range 100_000_000 {
		if n%10_000 == 0 {
			w.Event(journal.Event{AtNS: int64(n), Kind: journal.Warning, Text: "so far"})
		}
		w.Hit(numbered(n))
	}
	return errors.New("was not killed")
}

func TestKilledRunIsReadableUpToItsLastClosedSegment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "killed")
	c := startChild(t, "write-for-ever", dir)
	deadline := time.Now().Add(time.Minute)
	for len(segments(t, dir)) < 3 {
		if time.Now().After(deadline) {
			t.Fatal("no three segments within a minute")
		}
		time.Sleep(time.Millisecond)
	}
	c.Process.Kill()
	c.Wait()

	b := open(t, dir)
	if b.Manifest.Outcome != nil {
		t.Errorf("a killed run has the outcome %+v", b.Manifest.Outcome)
	}
	hits := readHits(t, b)
	// The child fills segments to the brim unless it has waited a second for the disk.
	if least := 2 << 16; len(hits) < least {
		t.Errorf("read %d hits, want %d or more", len(hits), least)
	}
	for n, h := range hits {
		if h != numbered(n) {
			t.Fatalf("hit %d is %+v", n, h)
		}
	}
	testTornLine(t, dir)
}

// A line that the kill cut is left out; the lines before it are there.
func testTornLine(t *testing.T, dir string) {
	t.Helper()
	before, err := open(t, dir).Events()
	if err != nil || len(before) == 0 {
		t.Fatalf("%d events, %v", len(before), err)
	}
	path := filepath.Join(dir, "events.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1] // the child's own torn line, should there be one
	text = append(text, `{"at_ns":5,"kind":"warning","text":"whole"}`+"\n"+`{"at_ns":6,"kind":"warn`...)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	after, err := open(t, dir).Events()
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != len(before)+1 || after[len(before)].Text != "whole" {
		t.Errorf("read %d events, want %d and one more", len(after), len(before))
	}
}

func segments(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "segments", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// limitFiles makes writes beyond size bytes of a file fail, as on a full disk.
// The failure is the kernel's. It holds for the rest of the process.
func limitFiles(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size})
}

// unfit names a segment after the first two: a machine so slow that 2 s pass writes
// small ones before the first that does not fit.
var unfit = regexp.MustCompile(`00000[2-9]\.parquet`)

// fillDiskRunning runs into the limit with its third segment.
func fillDiskRunning(dir string) error {
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		return err
	}
	ran := make(chan error, 1)
	go func() { ran <- w.Run(context.Background()) }()
	put := func(from, to int) {
		for n := from; n < to; n++ {
			w.Hit(numbered(n))
		}
	}
	put(0, 2<<16)
	if err := waitFor(filepath.Join(dir, "segments", "000001.parquet")); err != nil {
		return err
	}
	w.Event(journal.Event{Kind: journal.Warning, Text: "before"})
	if err := limitFiles(10_000); err != nil {
		return err
	}
	put(2<<16, 10<<16) // far more than fits in memory: blocks for ever unless they are discarded
	err = <-ran
	if err == nil || !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "record run: ") || !unfit.MatchString(err.Error()) || !strings.Contains(err.Error(), "free some space") {
		return fmt.Errorf("Run returned %v", err)
	}
	w.Hit(numbered(0))
	w.Event(journal.Event{Kind: journal.FaultLifted, Fault: &journal.Fault{}})
	w.Observe(journal.Observation{})
	return w.Finish(diskFull)
}

// fillDiskWithLines runs into the limit in the middle of a line, and has room again before it finishes.
func fillDiskWithLines(dir string) error {
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: limit.Max}); err != nil {
		return err
	}
	for n := range 99 { // 50 bytes each
		w.Event(journal.Event{AtNS: int64(n), Kind: journal.Warning, Text: "so far"})
	}
	if err := w.Run(context.Background()); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("Run returned %v", err)
	}
	w.Event(journal.Event{AtNS: 99, Kind: journal.FaultLifted, Fault: &journal.Fault{}})
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	return w.Finish(diskFull)
}

var diskFull = journal.Outcome{Status: "failed", Error: "disk full"}

// fillDiskJoining runs into the limit when its segments are joined.
func fillDiskJoining(dir string) error {
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for n := range 1 << 16 {
		w.Hit(numbered(n))
	}
	if err := w.Run(ctx); err != nil {
		return err
	}
	if err := limitFiles(10_000); err != nil {
		return err
	}
	err = w.Finish(diskFull)
	if err == nil || !strings.Contains(err.Error(), "finish bundle: ") || !strings.Contains(err.Error(), "hits.parquet") {
		return fmt.Errorf("Finish returned %v", err)
	}
	return nil
}

func waitFor(path string) error {
	for range 60_000 {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("%s did not appear within a minute", path)
}

func TestFullDiskKeepsWhatWasRecorded(t *testing.T) {
	tests := []struct {
		name, job          string
		hits, most, events int
	}{
		{"a segment that does not fit loses no earlier one, and no later line", "fill-disk-running", 2 << 16, 3 << 16, 2}, // small segments of a slow machine fit
		{"segments that cannot be joined stay", "fill-disk-joining", 1 << 16, 1 << 16, 0},
		{"lines that did not fit are written when they do", "fill-disk-with-lines", 0, 0, 100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "full")
			finishChild(t, test.job, dir)
			b := open(t, dir)
			if b.Manifest.Outcome == nil || b.Manifest.Outcome.Error != "disk full" {
				t.Errorf("the outcome, which did fit, is %+v", b.Manifest.Outcome)
			}
			hits := readHits(t, b)
			if len(hits) < test.hits || len(hits) > test.most {
				t.Fatalf("read %d hits, want %d to %d", len(hits), test.hits, test.most)
			}
			for n, h := range hits {
				if h != numbered(n) {
					t.Fatalf("hit %d is %+v", n, h)
				}
			}
			if events, err := b.Events(); err != nil || len(events) != test.events {
				t.Errorf("read %d events, %v; want %d", len(events), err, test.events)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
				t.Errorf("%q still takes space", left)
			}
		})
	}
}

// A failed write of lines is an error too, and what follows is discarded.
func TestFullDeviceUnderEvents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	journal.SetEventsFile(w, full)
	w.Event(journal.Event{Kind: journal.Warning, Text: "x"})
	err = w.Run(t.Context())
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free some space") {
		t.Fatalf("Run returned %v", err)
	}
	for n := range 3 << 16 {
		w.Hit(numbered(n))
	}
}

// What could not be written for a while, as when descriptors have run out, is written at the end.
func TestSegmentIsTriedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		t.Fatal(err)
	}
	const hits = 1 << 16 // a segment is written at once when it is full
	for n := range hits {
		w.Hit(numbered(n))
	}
	segments, away := filepath.Join(dir, "segments"), filepath.Join(dir, "away")
	if err := os.Rename(segments, away); err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("Run returned %v, want that there is no folder", err)
	}
	if err := os.Rename(away, segments); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(journal.Outcome{Status: "failed"}); err != nil {
		t.Fatal(err)
	}
	if got := len(readHits(t, open(t, dir))); got != hits {
		t.Errorf("%d hits are kept, want %d", got, hits)
	}
}

// A panic while hits are written blocks nobody, and what there was before can be finished.
func TestPanicWhileWriting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		t.Fatal(err)
	}
	journal.BreakHits(w)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("Run did not panic")
			}
		}()
		for n := range 1 << 16 {
			w.Hit(numbered(n))
		}
		w.Run(t.Context())
	}()
	for n := range 3 << 16 {
		w.Hit(numbered(n))
	}
	w.Event(journal.Event{Kind: journal.FaultLifted, Fault: &journal.Fault{}})
	if err := w.Finish(journal.Outcome{Status: "failed", Error: "panic"}); err != nil {
		t.Error(err)
	}
	events, err := open(t, dir).Events()
	if err != nil || len(events) != 1 || len(readHits(t, open(t, dir))) != 0 {
		t.Errorf("read %+v, %v, and %d hits", events, err, len(readHits(t, open(t, dir))))
	}
}

// shortRun and longRun record, join and read, and write down the most memory it took, in kB.
func shortRun(dir string) error { return recordAndRead(dir, 3<<16) }
func longRun(dir string) error  { return recordAndRead(dir, 13<<16) }

func recordAndRead(dir string, n int) error {
	debug.SetGCPercent(25) // little garbage: what is counted is mostly what is in use
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()
	for i := range n {
		w.Hit(numbered(i))
	}
	cancel()
	if err := errors.Join(<-ran, w.Finish(journal.Outcome{}), readAll(dir)); err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status") // getrusage would count the parent's memory too
	if err != nil {
		return err
	}
	_, most, _ := strings.Cut(string(status), "VmHWM:")
	return os.WriteFile(dir+".kb", []byte(most), 0o644)
}

// The long run has 655,360 hits more, 52 MB of memory as such (80 bytes each). Half
// of that is allowed for garbage not yet collected and the race detector's own.
func TestMemoryIsFlatInTheLengthOfTheRun(t *testing.T) {
	most := func(job string) (kb int) {
		dir := filepath.Join(t.TempDir(), job)
		finishChild(t, job, dir)
		text, err := os.ReadFile(dir + ".kb")
		if err == nil {
			_, err = fmt.Sscan(string(text), &kb)
		}
		if err != nil {
			t.Fatal(err)
		}
		return kb
	}
	short, long := most("short-run"), most("long-run")
	t.Logf("%d MB for 196,608 hits, %d MB for 851,968", short>>10, long>>10)
	if long > short+26<<10 {
		t.Errorf("%d MB for 196,608 hits, %d MB for 851,968", short>>10, long>>10)
	}
}
