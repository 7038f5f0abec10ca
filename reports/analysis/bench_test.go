package analysis

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// BenchmarkAnalyze analyses bundles of a million hits, reading included:
// 500/s for 2000 s on three pages. The one with a fault is read twice. What is
// allocated in all (B/op) bounds the memory that is needed.
func BenchmarkAnalyze(b *testing.B) {
	for _, bench := range []struct {
		name   string
		failed bool
	}{{"healthy", false}, {"hang", true}} {
		b.Run(bench.name, func(b *testing.B) {
			bundle := write(b, million(bench.failed))
			b.ReportAllocs()
			for b.Loop() {
				r, err := Analyze(bundle)
				if err != nil {
					b.Fatal(err)
				}
				if r.Fidelity.HitsSent != 1_000_000 {
					b.Fatalf("%d hits sent, want 1000000", r.Fidelity.HitsSent)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "Mhits/s")
		})
	}
}

// BenchmarkAnalyzeTenMillion analyses a run of ten million hits with a hang:
// under 10 s, and in memory that doesn't grow with the hits. With 50 workers
// of 0.1 s, 500/s, 80 hits are in the site when the hang refuses the others.
func BenchmarkAnalyzeTenMillion(b *testing.B) {
	const hits, lasts = 10_000_000, 20_000 * madeup.Second
	s := madeup.NewScenario(journal.PhaseSpan{Name: "load", EndNS: int64(lasts), Kind: "open", Hits: hits, RateFrom: 500, RateTo: 500})
	s.Fault("payments", "hang", 5000*madeup.Second, 15000*madeup.Second)
	dir := b.TempDir()
	writeHits(b, s, dir, func(yield func(journal.Hit) bool) {
		for k := range uint64(hits) {
			due := time.Duration(k) * (lasts / hits)
			h := journal.Hit{Seq: k, Due: due, Sent: due, Code: 200}
			h.Done = due + 100*madeup.Millisecond + time.Duration(k*2654435761%997)*20*time.Microsecond
			switch since := due - 5000*madeup.Second; {
			case since < 0 || since >= 10000*madeup.Second:
			case since < madeup.Second/6: // about 80 that wait for the lifting
				h.Done = 15000*madeup.Second + since
			default:
				h.Done, h.Code, h.Class = due+madeup.Millisecond, 502, journal.ClassStatus
			}
			h.FirstByte = h.Done
			if !yield(h) {
				return
			}
		}
	})
	bundle, err := journal.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.ReadMemStats(&before)
		r, err := Analyze(bundle)
		if err != nil {
			b.Fatal(err)
		}
		if r.Fidelity.HitsSent != hits || len(r.Onset) == 0 {
			b.Fatalf("%d hits sent and %d onsets, want %d and some", r.Fidelity.HitsSent, len(r.Onset), hits)
		}
		runtime.ReadMemStats(&after)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/run")
	b.ReportMetric(float64(after.Sys)/1e6, "MB-from-system")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/1e6, "MB-allocated")
}

// million is a run of a million hits whose times spread over three decades.
// When it failed, one hit in ten of the middle of the run is a 502.
func million(failed bool) *madeup.Scenario {
	s := madeup.NewScenario(journal.PhaseSpan{Name: "load", EndNS: int64(2000 * madeup.Second), Kind: "open", Hits: 1_000_000, RateFrom: 500, RateTo: 500})
	s.Requests = []string{"home", "search", "checkout"}
	s.Drive(func(h *journal.Hit) {
		h.Request = int32(h.Seq % 3)
		h.Sent += time.Duration(h.Seq*7919%500) * time.Microsecond
		h.Done = h.Sent + 5*madeup.Millisecond + time.Duration(h.Seq*h.Seq*2654435761%997*(h.Seq*40503%997))*5*time.Microsecond
		h.FirstByte = h.Done - madeup.Millisecond
		if failed && h.Due > 500*madeup.Second && h.Due < 1500*madeup.Second && h.Seq%10 == 0 {
			h.Code, h.Class = 502, journal.ClassStatus
		}
	})
	if failed {
		s.Fault("payments", "hang", 500*madeup.Second, 1500*madeup.Second)
	}
	return s
}

// write makes a bundle of the scenario, by way of the journal.
func write(tb testing.TB, s *madeup.Scenario) *journal.Bundle {
	tb.Helper()
	dir := tb.TempDir()
	writeTo(tb, s, dir)
	b, err := journal.Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func writeTo(tb testing.TB, s *madeup.Scenario, dir string) {
	tb.Helper()
	writeHits(tb, s, dir, slices.Values(s.Hits))
}

// writeHits is writeTo of hits that need not fit in memory.
func writeHits(tb testing.TB, s *madeup.Scenario, dir string, hits iter.Seq[journal.Hit]) {
	tb.Helper()
	m := s.Manifest
	m.Outcome = nil
	w, err := journal.Create(dir, m, s.Experiment)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	for h := range hits {
		w.Hit(h)
	}
	for _, e := range s.Events {
		w.Event(e)
	}
	cancel()
	if err := <-ended; err != nil {
		tb.Fatal(err)
	}
	if err := w.Finish(*s.Outcome); err != nil {
		tb.Fatal(err)
	}
}
