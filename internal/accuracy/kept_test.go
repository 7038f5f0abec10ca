package accuracy

import (
	"math"
	"testing"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports"
)

// TestKeptConnections: real workers that keep their connection to the dependency
// through an 8 s hang, and what is told of them is as with a connection for each
// call, although theirs live on behind the lifting, until the run ends.
//
// 4 workers and 17 slots at 8/s, S0 = 0.1 s. Without a timeout the first call
// begins within 1/8 + 0.1 s of the hang and waits to its end, so that at least
// 7.7 s are watched; the pool is full after 2.6 s; and a timeout that holds 8/s
// is at most 4/8 - 0.1 = 0.4 s. With one of 1 s the workers carry 4/1.1 = 3.6/s.
func TestKeptConnections(t *testing.T) {
	for _, row := range []struct {
		name    string
		start   startSite
		page    string
		verdict string
		value   float64 // seconds; 0 is none
	}{
		{"pfsockopen", phpfpm.Start, "external?ms=100&kept=1", reports.ByNobody, 0},
		{"pfsockopen, 1 s", phpfpm.Start, "external?ms=100&kept=1&timeout_ms=1000", reports.ByApp, 1},
		{"http.client", gunicorn.Start, "external?ms=100&kept=1", reports.ByNobody, 0},
		{"http.client, 1 s", gunicorn.Start, "external?ms=100&kept=1&timeout_ms=1000", reports.ByApp, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := trusted(t, func() *reports.Report {
				return hung(t, row.start, staging.Options{Workers: 4, Backlog: 16}, row.page, 8, 60e9, "hang: {}")
			})
			t.Log(r.Summary)
			got := r.Timeouts[0]
			if len(r.Timeouts) != 1 || got.Verdict != row.verdict || row.value == 0 && (got.ObservedS != nil || got.HorizonS < 7.7 || got.HorizonS > 8.1) {
				t.Errorf("got %+v, want one entry, of verdict %q and, if nobody ended it, 7.7 to 8 s watched", r.Timeouts, row.verdict)
			}
			if e := got.ObservedS; row.value > 0 && (e == nil || math.Abs(e.Value-row.value) > 0.05 || e.Low > row.value || e.High < row.value) {
				t.Errorf("got a timeout of %v, want %v s", e, row.value)
			}
			if w := r.Pool.Workers; w == nil || w.Low > 4 || w.High < 4 || math.Round(w.Value) != 4 {
				t.Errorf("got %v workers, want 4", w)
			}
			if q := r.Pool.QueueSlots; q == nil || q.Low > 17 || q.High < 17 {
				t.Errorf("got %v queue slots, want 17", q)
			}
			if len(r.Budget) != 1 || r.Budget[0].MaxTimeoutS == nil || math.Abs(*r.Budget[0].MaxTimeoutS-0.4) > 0.03 {
				t.Errorf("got budget %+v, want 0.4 s", r.Budget)
			}
			if len(r.Advice) == 0 {
				t.Error("no advice")
			}
			kept(t, r)
		})
	}
}

// kept checks that the calls did share connections: one of each worker's, and
// another for each that gave up on its own.
func kept(t *testing.T, r *reports.Report) {
	t.Helper()
	f, gaveUp := r.Faults[0], r.Timeouts[0].N
	if f.Connections == nil || *f.Connections < 4 || *f.Connections > 4+gaveUp {
		t.Errorf("the fault was on %v connections, want those of 4 workers and at most %d more", f.Connections, gaveUp)
	}
	if f.PeakConnections == nil || *f.PeakConnections != 4 {
		t.Errorf("%v connections at once, want 4", f.PeakConnections)
	}
	if d := r.Dependencies[0]; d.PeakOpen > 4 || d.PeakWaiting != 4 {
		t.Errorf("%d open and %d waiting at once, want at most 4 and 4", d.PeakOpen, d.PeakWaiting)
	}
}
