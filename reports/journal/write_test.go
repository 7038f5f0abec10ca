package journal_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

func TestCreateRefusesFolderInUse(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := journal.Create(dir, manifest, experiment)
	if want := fmt.Sprintf("create bundle: %s is not empty; name another with --out", dir); err == nil || err.Error() != want {
		t.Errorf("Create returned %v, want %s", err, want)
	}
	_, err = journal.Create(filepath.Join(dir, "notes.txt"), manifest, experiment)
	if err == nil || !strings.Contains(err.Error(), "notes.txt: not a directory") {
		t.Errorf("Create on a file returned %v", err)
	}
}

func TestConcurrentCallersLoseNothing(t *testing.T) {
	const callers, each = 8, 20_000 // 160,000 hits: more than two buffers
	dir := filepath.Join(t.TempDir(), "b")
	w, stop := running(t, dir)
	var wait sync.WaitGroup
	for c := range callers {
		wait.Go(func() {
			for n := range each {
				w.Hit(numbered(c*each + n))
				if n%100 == 0 {
					w.Event(journal.Event{AtNS: int64(n), Kind: journal.ConnClosed, Connection: &journal.Connection{ID: int64(c)}})
					w.Observe(journal.Observation{AtNS: int64(n), Source: journal.Source(fmt.Sprint(c))})
				}
			}
		})
	}
	wait.Wait()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(journal.Outcome{Status: "complete"}); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	hits := readHits(t, b)
	if len(hits) != callers*each {
		t.Fatalf("read %d hits, want %d", len(hits), callers*each)
	}
	for n, h := range hits {
		if h != numbered(n) {
			t.Fatalf("hit %d is %+v", n, h)
		}
	}
	events, err := b.Events()
	observations, err2 := b.Observations()
	if want := callers * each / 100; err != nil || err2 != nil || len(events) != want || len(observations) != want {
		t.Errorf("read %d events, %v, and %d observations, %v; want %d of each", len(events), err, len(observations), err2, want)
	}
}

// While the run goes on, the bundle on disk is behind by a second of hits and
// lines at most, and by no fault.
func TestWhatIsOnDiskWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "b")
		w, stop := running(t, dir)
		synctest.Wait()
		connection := journal.Event{Kind: journal.ConnClosed, Connection: &journal.Connection{}}
		fault := journal.Event{Kind: journal.FaultApplied, Fault: &journal.Fault{}}
		expect := func(when string, hits, events, observations int) {
			t.Helper()
			synctest.Wait()
			b := open(t, dir)
			e, _ := b.Events()
			o, _ := b.Observations()
			if h := readHits(t, b); len(h) != hits || len(e) != events || len(o) != observations {
				t.Errorf("%s: %d hits, %d events, %d observations on disk; want %d, %d, %d", when, len(h), len(e), len(o), hits, events, observations)
			}
		}
		w.Hit(journal.Hit{})
		w.Event(journal.Event{Kind: journal.Waited, Wait: &journal.Wait{}})
		w.Event(connection)
		w.Observe(journal.Observation{})
		expect("at once", 0, 0, 0)
		time.Sleep(time.Second)
		expect("after a second", 1, 2, 1)
		w.Event(connection)
		w.Event(fault)
		expect("at once after a fault", 1, 4, 1)
		for n := range 1 << 16 {
			w.Hit(numbered(n))
		}
		expect("at once after a full segment", 1+1<<16, 4, 1)
		w.Hit(journal.Hit{})
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		w.Hit(journal.Hit{})
		expect("when the run has ended", 2+1<<16, 4, 1)
		if err := w.Finish(journal.Outcome{}); err != nil {
			t.Fatal(err)
		}
		expect("when it is finished", 2+1<<16, 4, 1)
	})
}

// A run that failed before Run began keeps its warnings all the same.
func TestFinishWithoutRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		t.Fatal(err)
	}
	w.Event(journal.Event{Kind: journal.Warning, Text: "target unreachable"})
	if err := w.Finish(journal.Outcome{Status: "failed"}); err != nil {
		t.Fatal(err)
	}
	events, err := open(t, dir).Events()
	if err != nil || len(events) != 1 {
		t.Errorf("read %+v, %v", events, err)
	}
}

// A second Finish is a mistake, which must not cost the record.
func TestSecondFinishDestroysNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	w, stop := running(t, dir)
	w.Hit(journal.Hit{Seq: 7})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(journal.Outcome{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(journal.Outcome{}); err == nil {
		t.Error("the second Finish returned nil")
	}
	if hits := readHits(t, open(t, dir)); len(hits) != 1 || hits[0].Seq != 7 {
		t.Errorf("read %+v", hits)
	}
}

// Stragglers make segments overlap: hits that took 30 s lie in segments of 30 s
// later. They come in order from the segments of a killed run as from a joined file.
func TestHitsAreInOrderFromOverlappingSegments(t *testing.T) {
	hits := realistic(40_000, 1000) // 40 s at 1000/s, one in 200 given up after 30 s
	done := slices.Clone(hits)
	slices.SortFunc(done, func(a, b journal.Hit) int { return cmp.Compare(a.Done, b.Done) })
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "b")
		w, stop := running(t, dir)
		began := time.Now()
		for _, h := range done {
			time.Sleep(h.Done - time.Since(began))
			w.Hit(h)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		// The last hit given up was due after 39 s: 69 s are 69 segments, or one less, and the end.
		if n := len(segments(t, dir)); n < 68 || n > 70 {
			t.Errorf("%d segments", n)
		}
		if got := readHits(t, open(t, dir)); !slices.Equal(got, hits) {
			t.Errorf("%d hits from the segments are not the %d written, in order", len(got), len(hits))
		}
		if err := w.Finish(journal.Outcome{}); err != nil {
			t.Fatal(err)
		}
		if got := readHits(t, open(t, dir)); !slices.Equal(got, hits) {
			t.Errorf("%d hits from the joined file are not the %d written, in order", len(got), len(hits))
		}
	})
}

// A segment that was damaged on the disk is told of, and no file that looks whole is
// made of the others.
func TestADamagedSegmentIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "b")
		w, stop := running(t, dir)
		began := time.Now()
		for _, h := range realistic(3000, 1000) {
			time.Sleep(max(h.Due-time.Since(began), 0))
			w.Hit(h)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		all := segments(t, dir)
		text, err := os.ReadFile(all[1])
		if err != nil {
			t.Fatal(err)
		}
		for i := len(text) / 4; i < len(text)/2; i++ { // in its pages, which have checksums
			text[i] ^= 0xff
		}
		if err := os.WriteFile(all[1], text, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := w.Finish(journal.Outcome{}); err == nil {
			t.Error("a damaged segment was joined without a word")
		}
		if _, err := os.Stat(filepath.Join(dir, "hits.parquet")); err == nil {
			t.Error("a file was made of what was left")
		}
	})
}
