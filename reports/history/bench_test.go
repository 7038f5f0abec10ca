package history

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/tailback/tailback/reports"
)

// large is the report of a run of half an hour, which has a chart of 1,800 seconds: some 300 KB.
func large(night int) *reports.Report {
	r := report(night)
	for i := range 1800 {
		t := &r.Timeline
		at := float64(i)
		t.StartS, t.AskedHz, t.SentHz, t.OKHz = append(t.StartS, at), append(t.AskedHz, 20), append(t.SentHz, 20.123), append(t.OKHz, 19.75)
		t.Degraded, t.OtherHz, t.InFlight = append(t.Degraded, 0.25), append(t.OtherHz, 0), append(t.InFlight, 7)
		t.P50S, t.P95S, t.MaxS = append(t.P50S, new(0.122421247)), append(t.P95S, new(0.123994111)), append(t.MaxS, new(0.131833722))
		r.Prediction.Series = append(r.Prediction.Series, reports.Moment{AtS: at, OKHz: 19.999, BadHz: 0.125, InFlight: 7, Busy: 2.44})
	}
	return r
}

// Of each of 200 reports of 300 KB some 15 KB are taken, for its figures; the rest lies
// in a buffer for each processor, which is used again: 1,000 take what their figures do.
func TestMemoryDoesNotGrowWithReports(t *testing.T) {
	dir := t.TempDir()
	for night := range 200 {
		put(t, dir, fmt.Sprintf("n%03d", night), large(night))
	}
	read(t, dir) // warms up
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	h := read(t, dir)
	runtime.ReadMemStats(&after)
	taken := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(h.Nights))
	if t.Logf("%.1f KB a night", taken/1e3); taken > 40e3 {
		t.Errorf("%.1f KB are taken a night, want 40 at most", taken/1e3)
	}
}

func BenchmarkRead1000(b *testing.B) {
	dir := b.TempDir()
	for night := range 1000 {
		put(b, dir, fmt.Sprintf("n%04d", night), large(night))
	}
	for b.Loop() {
		read(b, dir)
	}
}
