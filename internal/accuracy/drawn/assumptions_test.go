package drawn

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports"
)

// Each of these runs contradicts by itself what figures silently assume, and was read:
// the figure is taken back with the reason, widened, or right.
func TestRunsThatContradictAnAssumption(t *testing.T) {
	unknown := func(key, why string) func(r *reports.Report) bool {
		return func(r *reports.Report) bool { return strings.Contains(r.Pool.Unknown[key], why) }
	}
	for _, row := range []struct {
		kind  string
		seed  uint64
		about string
		right func(r *reports.Report) bool
	}{
		// Pages that fetch a page of their own site wait 0.45 s where others wait 0.3 s.
		{"itself", 76, "what is served is the work of all workers", unknown("workers", "whole waited longer, or less evenly")},
		{"itself", 76, "a request takes one worker", func(r *reports.Report) bool { return r.Pool.CapacityHz == nil }},
		{"deadlock_elsewhere", 78, "a budget reckons with one worker a request", func(r *reports.Report) bool { return r.BudgetOf("payments").MaxTimeoutS == nil }},
		{"deadlock_elsewhere", 277, "as many as were served at once are the workers", func(r *reports.Report) bool { return r.Pool.Workers == nil }},
		// php-fpm's page: pm = dynamic, 9 processes, not yet as many as it may start.
		{"dynamic", 13, "a pool has all its workers", unknown("workers", "pm = dynamic")},
		// 23 of this run were in the site; by the logs a fifth of its requests are others'.
		{"others", 1007, "nobody else is inside", func(r *reports.Report) bool { return r.Pool.QueueSlots.Low <= 24 && r.Pool.QueueSlots.High >= 24 }},
		// 7 of the 8 calls that waited had ended when the run was killed.
		{"killed_run", 96, "all calls are in the record", func(r *reports.Report) bool { return r.Pool.Workers.Value == 8 }},
		// One 504 after 14 s: 2 s of it were spent on connecting, and 12 s are the gateway's.
		{"all", 255, "connecting takes no time", func(r *reports.Report) bool { g := r.Pool.GatewayTimeoutS; return g.Low <= 12 && 12 <= g.High }},
		// Each of two requests has its line in the gateway's log: it tried none twice.
		{"deadlock_elsewhere", 242, "two lines are two tries", func(r *reports.Report) bool { return r.Pool.GatewayTimeoutS.Value > 19 }},
		// 8 workers took the calls that came first, 0.88 s each; most answers queued for as long again.
		{"connect_timeout", 52, "the usual time is the timeout", func(r *reports.Report) bool { o := r.Timeouts[0].ObservedS; return o.Low <= 0.879 && 0.879 <= o.High }},
		// Every answer was good, and the slowest took five times as long as a call is held.
		{"fallback", 1018, "a timeout held when all were answered", func(r *reports.Report) bool { return r.Timeouts[0].HeldHz == nil }},
		// Its circuit breaker let 14 calls through.
		{"breaker", 1018, "each page calls", func(r *reports.Report) bool { w := r.Pool.Workers; return w == nil || w.Low <= 11 && 11 <= w.High }},
	} {
		k, err := zoo.KindNamed(row.kind)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Draw(k, row.seed)
		if err != nil {
			t.Fatal(err)
		}
		if !row.right(d.Report) {
			p := d.Report.Pool
			t.Errorf("%s %d, where it is not so that %s: workers %s, slots %s, capacity %s, gateway %s, %v", row.kind, row.seed, row.about, p.Workers, p.QueueSlots, p.CapacityHz, p.GatewayTimeoutS, p.Unknown)
		}
	}
}
