package zoo

import (
	"path/filepath"
	"strconv"
	"testing"
)

// BenchmarkSimulate is a run of each kind in turn, with its truth.
func BenchmarkSimulate(b *testing.B) {
	kinds, hits := Kinds(), 0
	for i := 0; b.Loop(); i++ {
		site, plan := kinds[i%len(kinds)].Draw(uint64(i))
		r, _ := Simulate(site, plan, uint64(i))
		hits += len(r.Hits)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()*60, "runs/min")
	b.ReportMetric(float64(hits)/b.Elapsed().Seconds(), "hits/s")
}

// BenchmarkWrite is the same, written to disk.
func BenchmarkWrite(b *testing.B) {
	kinds, dir := Kinds(), b.TempDir()
	for i := 0; b.Loop(); i++ {
		site, plan := kinds[i%len(kinds)].Draw(uint64(i))
		r, _ := Simulate(site, plan, uint64(i))
		if err := r.Write(filepath.Join(dir, strconv.Itoa(i))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()*60, "runs/min")
}
