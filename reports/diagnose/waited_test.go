package diagnose

import (
	"testing"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/poolmodel"
)

// A request makes three calls over one connection, which the first has lost after its
// timeout of 1 s: the request takes 1 s longer, not 3. Where it does take 3, or was not
// seen to take 1, each of them counts.
func TestCallsThatAreWaitedForInTurn(t *testing.T) {
	second := &reports.Estimate{Value: 1, Low: 1, High: 1}
	for _, row := range []struct {
		what         string
		calls, heldS float64
		known        bool
		want, most   float64 // calls waited for; and the longest timeout, of 4 workers at 8/s, (4/8 - 0.05)/calls
	}{
		{"lost with the first", 3, 1.02, true, 1, 0.45},
		{"each waited for", 3, 3.05, true, 0, 0.15},
		{"not seen", 3, 0, true, 0, 0.15},
		{"perhaps several tries", 3, 1.02, false, 0, 0.15},
		{"a single call", 1, 1.02, true, 0, 0.45},
	} {
		d := &reports.Dependency{CallsPerHit: &row.calls, HeldMeanS: new(0.0)}
		seen := &reports.Timeout{Verdict: reports.ByApp, ObservedS: second, RetriesKnown: row.known}
		var held *reports.Estimate
		if row.heldS > 0 {
			held = &reports.Estimate{Value: row.heldS}
		}
		if seen.CallsWaited = waitedInTurn(held, seen, d); seen.CallsWaited != row.want {
			t.Errorf("%s: %v calls, want %v", row.what, seen.CallsWaited, row.want)
		}
		b := budget(poolmodel.Site{ServiceS: 0.05, Share: row.calls}, 4, 8, "db", seen)
		if b.MaxTimeoutS == nil || reports.Distance(*b.MaxTimeoutS, row.most) > 1e-6 {
			t.Errorf("%s: at most %v s, want %v", row.what, b.MaxTimeoutS, row.most)
		}
	}
}
