package journal_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tailback/tailback/reports/journal"
)

func TestMain(m *testing.M) {
	if job := os.Getenv("JOURNAL_TEST_CHILD"); job != "" {
		os.Exit(child(job, os.Getenv("JOURNAL_TEST_DIR")))
	}
	goleak.VerifyTestMain(m)
}

var manifest = journal.Manifest{
	ToolVersion: "test", Name: "checkout <&> hang", Target: "http://127.0.0.1:8081", Seed: 1<<64 - 1, Arrivals: "poisson",
	T0:       time.Date(2026, 11, 22, 10, 30, 0, 123456789, time.UTC),
	Phases:   []journal.PhaseSpan{{Name: "baseline", EndNS: 10e9, Kind: "open", Hits: 80, RateFrom: 8, RateTo: 8}, {Name: "hang", StartNS: 10e9, EndNS: 25e9, Kind: "closed"}},
	Requests: []string{"checkout", "home", "search"}, Dependencies: []journal.Dependency{{Name: "payments", Listen: "127.0.0.1:9901"}}, Objectives: []string{"baseline: p99 < 300ms"},
}

var experiment = []byte("version: 1\nname: checkout-payments-hang\n")

// running begins a bundle and runs its writer; stop ends the run and returns its error.
func running(t testing.TB, dir string) (w *journal.Writer, stop func() error) {
	t.Helper()
	w, err := journal.Create(dir, manifest, experiment)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()
	stop = func() error { cancel(); return <-ran }
	return w, stop
}

// record writes a whole bundle of the hits and returns its folder.
func record(t testing.TB, hits []journal.Hit) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	w, stop := running(t, dir)
	for _, h := range hits {
		w.Hit(h)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(journal.Outcome{Status: "complete", Undone: true}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t testing.TB, dir string) *journal.Bundle {
	t.Helper()
	b, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readHits(t testing.TB, b *journal.Bundle) []journal.Hit {
	t.Helper()
	var all []journal.Hit
	for batch, err := range b.Hits() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	return all
}

// randomHit has any value in every field that the bundle allows; its Seq is n.
func randomHit(r *rand.Rand, n int) journal.Hit {
	any := func() time.Duration { return time.Duration(r.Uint64()>>r.IntN(64)) % (40 * 24 * time.Hour) }
	size := func() int64 { return r.Int64N(1<<50) >> r.IntN(50) }
	due, span := any(), func() time.Duration { return any().Abs() }
	sent := due + span()
	first := sent + span()
	h := journal.Hit{
		Seq: uint64(n) + r.Uint64N(4)*journal.SeqStride, Phase: r.Int32N(2), Request: r.Int32N(3),
		Due: due, Sent: sent, FirstByte: first, Done: first + span(), Code: r.Int32N(1000), Class: journal.Class(r.IntN(17)),
		BytesIn: size(), BytesOut: size(), Degraded: r.IntN(2) == 0,
		Answerer: journal.Answerer(r.IntN(4)), Leads: journal.Leads(r.IntN(3)),
		Visit: r.Uint64N(3) * r.Uint64N(1<<50), Step: r.Int32N(5), Session: r.Int32N(3),
	}
	if r.IntN(3) == 0 || h.FirstByte == h.Sent { // no time at all cannot be told from none
		h.FirstByte = 0
	}
	return h
}

func byDueThenSeq(a, b journal.Hit) int {
	return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Seq, b.Seq))
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whatever is handed over comes back, in order of Due and then Seq.
func TestHitsRoundTrip(t *testing.T) {
	// 140,000 make three segments and two row groups.
	for seed, n := range []int{0, 1, 2, 31, 1000, 140_000} {
		t.Run(fmt.Sprint(n, " hits"), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			want := make([]journal.Hit, n)
			for i := range want {
				want[i] = randomHit(r, i)
			}
			dir := record(t, want)
			slices.SortFunc(want, byDueThenSeq)
			if got := readHits(t, open(t, dir)); !slices.Equal(got, want) {
				t.Fatalf("read %d hits that differ from the %d written", len(got), len(want))
			}
		})
	}
}

func TestFinishedBundleHoldsFiveFiles(t *testing.T) {
	dir := record(t, []journal.Hit{{Seq: 7}})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{"events.jsonl", "experiment.yaml", "hits.parquet", "manifest.json", "observations.jsonl"}
	if !slices.Equal(names, want) {
		t.Fatalf("the bundle holds %q, want %q", names, want)
	}
}

func TestManifestEventsAndObservationsRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet", "there")
	w, stop := running(t, dir)
	n, yes := int64(3), true
	events := []journal.Event{
		{AtNS: 12e9, Kind: journal.FaultApplied, Fault: &journal.Fault{Phase: "hang", Dependency: "payments", Kind: "hang", Share: 1}},
		{AtNS: 13e9, Kind: journal.Waited, Wait: &journal.Wait{Dependency: "payments", Connection: 4, Fault: 1, BeganNS: 12e9, EndedNS: 13e9, EndedBy: "answer"}},
		{AtNS: 13e9, Kind: journal.ConnClosed, Connection: &journal.Connection{ID: 4, Dependency: "payments", ClosedBy: "site", LaterFaults: []int{1}, HeldNS: &n}},
		{AtNS: 22e9, Kind: journal.FaultLifted, Fault: &journal.Fault{Kind: "hang", Connections: &n, UndoConfirmed: &yes}},
		{AtNS: 23e9, Kind: journal.Warning, Text: "two\nlines and a \x00 <b>"},
	}
	observation := journal.Observation{AtNS: 1, ErrorNS: 5e8, Source: "nginx_error_log", Kind: "queue_full", Text: "connect() to unix:/x failed"}
	for _, e := range events {
		w.Event(e)
	}
	w.Observe(observation)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	outcome := journal.Outcome{EndNS: 35e9, Status: "failed", Error: "disk full", Undone: true}
	if err := w.Finish(outcome); err != nil {
		t.Fatal(err)
	}

	b := open(t, dir)
	want := manifest
	want.Schema, want.Outcome = journal.Schema, &outcome
	if got, want := asJSON(t, b.Manifest), asJSON(t, want); got != want {
		t.Errorf("manifest read:\n%s\nwritten:\n%s", got, want)
	}
	if !bytes.Equal(b.Experiment, experiment) {
		t.Errorf("experiment read: %q", b.Experiment)
	}
	gotEvents, err := b.Events()
	if err != nil || asJSON(t, gotEvents) != asJSON(t, events) {
		t.Errorf("events read: %s, %v", asJSON(t, gotEvents), err)
	}
	gotObservations, err := b.Observations()
	if err != nil || !slices.Equal(gotObservations, []journal.Observation{observation}) {
		t.Errorf("observations read: %+v, %v", gotObservations, err)
	}
}

// An event that JSON cannot hold is not lost in silence.
func TestEventWithoutJSONFormBecomesWarning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	w, stop := running(t, dir)
	zero := 0.0
	w.Event(journal.Event{AtNS: 5, Kind: journal.FaultStepped, Fault: &journal.Fault{SizeS: 1 / zero}})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	events, err := open(t, dir).Events()
	if err != nil || len(events) != 1 || events[0].Kind != journal.Warning || events[0].AtNS != 5 || !strings.Contains(events[0].Text, "fault_stepped") {
		t.Fatalf("read %+v, %v", events, err)
	}
}

// What a run is held against is in its bundle from the beginning, byte by byte.
func TestBaselineIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := journal.Create(dir, journal.Manifest{}, []byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	const report = "{\"schema\":1}\r\n\x00"
	if err := w.Baseline([]byte(report)); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, journal.BaselineFile)); string(text) != report {
		t.Errorf("%s holds %q, %v", journal.BaselineFile, text, err)
	}
	if err := w.Finish(journal.Outcome{Status: "failed"}); err != nil { // as of a run that could not begin
		t.Fatal(err)
	}
	if _, err := journal.Open(dir); err != nil {
		t.Error(err)
	}
}
