package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tailback/tailback/reports/journal"
)

// readAll reads everything that a bundle holds.
func readAll(dir string) error {
	b, err := journal.Open(dir)
	if err != nil {
		return err
	}
	var errs []error
	for batch, err := range b.Hits() {
		errs = append(errs, err)
		for _, h := range batch { // as an analysis does
			_ = b.Manifest.Phases[h.Phase].Name + b.Manifest.Requests[h.Request] + h.Class.String()
		}
	}
	events, err := b.Events()
	errs = append(errs, err)
	for _, e := range events {
		if e.Kind == journal.FaultLifted {
			_ = e.Fault.Dependency
		}
	}
	_, err = b.Observations()
	return errors.Join(append(errs, err)...)
}

// small records a bundle with something of everything.
func small(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "small")
	w, stop := running(t, dir)
	for _, h := range realistic(300, 100) {
		w.Hit(h)
	}
	w.Event(journal.Event{Kind: journal.FaultLifted, Fault: &journal.Fault{}})
	w.Event(journal.Event{Kind: journal.ConnClosed, Connection: &journal.Connection{}})
	w.Observe(journal.Observation{})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(journal.Outcome{Status: "complete"}); err != nil {
		t.Fatal(err)
	}
	if err := readAll(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDamagedBundleIsNamedInTheError(t *testing.T) {
	put := func(text string) func([]byte) []byte { return func([]byte) []byte { return []byte(text) } }
	half := func(b []byte) []byte { return b[:len(b)/2] }
	tests := []struct {
		name, file string
		change     func([]byte) []byte
		want       string
	}{
		{"manifest of a newer schema", "manifest.json", put(`{"schema": 2, "phases": "not what we know"}`), "manifest.json: schema 2 is newer than 1, the newest this tailback reads; use a newer tailback"},
		{"manifest without a schema", "manifest.json", put(`{}`), "manifest.json: schema is 0, not that of a bundle"},
		{"manifest cut in half", "manifest.json", half, "manifest.json: unexpected end of JSON input"},
		{"empty manifest", "manifest.json", put(""), "manifest.json: unexpected end of JSON input"},
		{"manifest of another shape", "manifest.json", put(`{"schema": 1, "phases": 3}`), "manifest.json: json: cannot unmarshal number"},
		{"manifest that names fewer phases than the hits", "manifest.json", put(`{"schema": 1, "requests": ["a", "b", "c"]}`), "manifest.json names 0 phases and 3 requests"},
		{"no manifest", "manifest.json", nil, "small holds no manifest.json; name the folder that a run wrote"},
		{"no experiment", "experiment.yaml", nil, "experiment.yaml: no such file"},
		{"hits cut in half", "hits.parquet", half, "hits.parquet: "},
		{"empty hits", "hits.parquet", put(""), "hits.parquet: "},
		{"hits that are no Parquet", "hits.parquet", put(strings.Repeat("seq,phase\n", 100)), "hits.parquet: "},
		{"a bit flipped in the hits", "hits.parquet", func(b []byte) []byte { b[bytes.Index(b, []byte("client_timeout"))] ^= 8; return b }, "hits.parquet: "},
		{"neither hits nor segments", "hits.parquet", nil, "segments: no such file"},
		{"an event that is no JSON", "events.jsonl", put("{}\n{\"at_ns\n{}\n"), "events.jsonl:2: unexpected end of JSON input"},
		{"a fault event without the fault", "events.jsonl", put(`{"kind":"fault_lifted"}` + "\n"), `events.jsonl:1: event "fault_lifted" without its fault`},
		{"a wait event without the wait", "events.jsonl", put(`{"kind":"wait"}` + "\n"), `events.jsonl:1: event "wait" without its fault, connection, wait, usage or request`},
		{"no events", "events.jsonl", nil, "events.jsonl: no such file"},
		{"an observation of another shape", "observations.jsonl", put("[]\n"), "observations.jsonl:1: json: cannot unmarshal array"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := small(t)
			path := filepath.Join(dir, test.file)
			text, err := os.ReadFile(path)
			if err == nil && test.change == nil {
				err = os.Remove(path)
			} else if err == nil {
				err = os.WriteFile(path, test.change(text), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := readAll(dir); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("reading gives %v, want %q in it", err, test.want)
			}
		})
	}
}

// The record of a run that was killed while Finish removed the segments, or
// while a file was being written.
func TestLeftoversAreIgnored(t *testing.T) {
	dir := small(t)
	want := len(readHits(t, open(t, dir)))
	hits, err := os.ReadFile(filepath.Join(dir, "hits.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"segments/000000.parquet": hits, "segments/000001.parquet.tmp": hits[:99], "hits.parquet.tmp": hits[:99]} {
		os.Mkdir(filepath.Join(dir, "segments"), 0o755)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(readHits(t, open(t, dir))); got != want {
		t.Errorf("read %d hits beside leftovers, want %d", got, want)
	}
	if err := os.Remove(filepath.Join(dir, "hits.parquet")); err != nil {
		t.Fatal(err)
	}
	if got := len(readHits(t, open(t, dir))); got != want {
		t.Errorf("read %d hits from the segments, want %d", got, want)
	}
}

// Stopping early leaves no file open.
func TestHitsStopsWhenAsked(t *testing.T) {
	b := open(t, record(t, realistic(10_000, 1000)))
	before := openFiles(t)
	for range b.Hits() {
		break
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d files open, %d before", after, before)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// FuzzOpen: whatever the files hold, reading ends, without a panic, and an error names the bundle.
func FuzzOpen(f *testing.F) {
	dir := small(f)
	var files [3][]byte
	for i, name := range []string{"manifest.json", "hits.parquet", "events.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		files[i] = text
	}
	f.Add(files[0], files[1], files[2])
	f.Add(files[0], files[1][:len(files[1])-100], files[2][:10])
	f.Fuzz(func(t *testing.T, manifest, hits, events []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{"manifest.json": manifest, "hits.parquet": hits, "events.jsonl": events, "experiment.yaml": nil, "observations.jsonl": nil} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := readAll(dir); err != nil && !strings.Contains(err.Error(), dir) {
			t.Errorf("an error that names no file: %v", err)
		}
	})
}

// A bit flipped in every eleventh byte in turn: mostly an error, never a panic.
func TestBitsFlippedAllOverHits(t *testing.T) {
	dir := small(t)
	path := filepath.Join(dir, "hits.parquet")
	hits, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := 0; i < len(hits); i += 11 {
		hits[i] ^= 1 << (i % 8)
		if err := os.WriteFile(path, hits, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := readAll(dir); err != nil {
			refused++
			if !strings.Contains(err.Error(), "hits.parquet") {
				t.Fatalf("bit %d of byte %d: %v", i%8, i, err)
			}
		}
		hits[i] ^= 1 << (i % 8)
	}
	// Pages, most of the file, have checksums; statistics and names in the footer do not matter.
	if tried := (len(hits) + 10) / 11; refused < tried/2 {
		t.Errorf("%d of %d damaged files were refused, want half of them or more", refused, tried)
	}
}

// A small file may claim to hold very much: it is refused before anything is decoded.
func TestHugeRowGroups(t *testing.T) {
	dir := small(t)
	var b bytes.Buffer
	w := parquet.NewGenericWriter[struct {
		Degraded bool `parquet:"degraded"`
	}](&b, parquet.MaxRowsPerRowGroup(1<<23), parquet.PageBufferSize(1<<23))
	if _, err := w.Write(make([]struct {
		Degraded bool `parquet:"degraded"`
	}, 1<<22+1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hits.parquet"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := readAll(dir); err == nil || !strings.Contains(err.Error(), "hits.parquet: row group 0 has 4194305 hits, and can only have 4194304") {
		t.Errorf("a row group beyond all bounds: %v", err)
	}
}
