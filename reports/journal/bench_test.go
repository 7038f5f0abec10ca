package journal_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// realistic returns n hits of a dynamic site in order of Due, with Poisson
// arrivals at rate per second: lags around 60 us, log-normal service times around
// 50 ms, bodies of any of 3,000 sizes; one in 20 is a 502, one in 200 is given up
// after 30 s.
func realistic(n int, rate float64) []journal.Hit {
	r := rand.New(rand.NewPCG(1, 2))
	about := func(median, sigma float64) time.Duration {
		return time.Duration(median * math.Exp(sigma*r.NormFloat64()))
	}
	hits := make([]journal.Hit, n)
	due := 0.0
	for i := range hits {
		due += r.ExpFloat64() / rate * 1e9
		h := journal.Hit{Seq: uint64(i), Phase: int32(i * 2 / n), Request: r.Int32N(3), Due: time.Duration(due), Code: 200, BytesIn: 2000 + r.Int64N(3000)}
		h.Sent = h.Due + about(60e3, 0.8)
		h.FirstByte = h.Sent + about(50e6, 0.5)
		h.Done = h.FirstByte + about(120e3, 0.6)
		switch r.IntN(200) {
		case 0:
			h.Class, h.Code, h.BytesIn, h.FirstByte, h.Done = journal.ClassClientTimeout, 0, 0, 0, h.Sent+30*time.Second+about(50e3, 0.5)
		case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
			h.Class, h.Code, h.BytesIn, h.FirstByte = journal.ClassStatus, 502, 157, h.Sent+about(400e3, 0.4)
			h.Answerer = journal.AnswererGateway
			h.Done = h.FirstByte + about(20e3, 0.4)
		}
		hits[i] = h
	}
	return hits
}

func hitBytes(t testing.TB, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "hits.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestSixteenBytesAHit(t *testing.T) {
	const n = 100_000
	for _, rate := range []float64{60_000, 1000, 20} {
		size := float64(hitBytes(t, record(t, realistic(n, rate)))) / n
		t.Logf("Poisson, %v/s: %.2f bytes a hit", rate, size)
		if size > 16 {
			t.Errorf("%.2f bytes a hit at %v/s, want 16 at most", size, rate)
		}
	}
}

// BenchmarkHit is what recording costs the goroutines that send: the disk keeps up or they wait.
func BenchmarkHit(b *testing.B) {
	hits := realistic(1<<16, 60_000)
	w, stop := running(b, filepath.Join(b.TempDir(), "b"))
	var n atomic.Uint64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := n.Add(4099); pb.Next(); i++ {
			w.Hit(hits[i%uint64(len(hits))])
		}
	})
	b.StopTimer()
	if err := stop(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkWrite is a million hits from the first to the finished bundle.
func BenchmarkWrite(b *testing.B) {
	hits := realistic(1_000_000, 60_000)
	for b.Loop() {
		record(b, hits)
	}
	b.ReportMetric(float64(len(hits))*float64(b.N)/b.Elapsed().Seconds(), "hits/s")
}

// BenchmarkRead reads a million hits.
func BenchmarkRead(b *testing.B) {
	const n = 1_000_000
	dir := record(b, realistic(n, 1000))
	b.ReportAllocs()
	for b.Loop() {
		got := 0
		for batch, err := range open(b, dir).Hits() {
			if err != nil {
				b.Fatal(err)
			}
			got += len(batch)
		}
		if got != n {
			b.Fatalf("read %d hits of %d", got, n)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "hits/s")
	b.ReportMetric(float64(hitBytes(b, dir))/n, "bytes/hit")
}
