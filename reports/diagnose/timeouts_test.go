package diagnose

import (
	"math"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
)

// Php-fpm's master looks once a second: a limit of 3 s kills after 3 to 4 s, all
// at the same moment of a second. The calls begin up to 0.1 s into the request.
func TestKilledAfterWholeSeconds(t *testing.T) {
	for _, row := range []struct {
		held     []time.Duration
		want     float64
		low, top float64
	}{
		{[]time.Duration{2950 * madeup.Millisecond, 3300 * madeup.Millisecond, 3700 * madeup.Millisecond}, 3, 2.7, 3.05}, // max - 1 and min + 0.1
		{[]time.Duration{30100 * madeup.Millisecond, 30950 * madeup.Millisecond}, 30, 29.95, 30.2},
		{[]time.Duration{3400 * madeup.Millisecond}, 3, 2.4, 3.5}, // of 2.4 to 3.5 only 3 is whole
	} {
		e := killedAfter(row.held, 100*madeup.Millisecond)
		if !near(&e.Value, row.want) || !near(&e.Low, row.low) || !near(&e.High, row.top) {
			t.Errorf("%v: got %+v, want %v (%v to %v)", row.held, e, row.want, row.low, row.top)
		}
	}
}

// The same time under a hang and under a listener that does not accept is that of the whole call.
func TestTotalTimeoutIsNoConnectTimeout(t *testing.T) {
	seen := func(fault string, s float64) reports.Timeout {
		return reports.Timeout{Dependency: "payments", Fault: fault, ObservedS: &reports.Estimate{Value: s}}
	}
	for _, row := range []struct {
		list []reports.Timeout
		want bool
	}{
		{[]reports.Timeout{seen("no_accept", 1)}, true},
		{[]reports.Timeout{seen("hang", 3), seen("no_accept", 1)}, true},
		{[]reports.Timeout{seen("hang", 1.01), seen("no_accept", 1)}, false},
	} {
		tellConnects(row.list, func(i int) (connect, whole bool) {
			return row.list[i].Fault == "no_accept", row.list[i].Fault == "hang"
		})
		if got := row.list[len(row.list)-1].Connect; got != row.want {
			t.Errorf("%+v: connect is %v, want %v", row.list, got, row.want)
		}
	}
}

func TestDensest(t *testing.T) {
	group, others := densest([]time.Duration{3 * madeup.Second, 990 * madeup.Millisecond, madeup.Second, 1010 * madeup.Millisecond, 500 * madeup.Millisecond})
	if len(group) != 3 || middleOf(group) != madeup.Second || len(others) != 2 || others[0] != 500*madeup.Millisecond {
		t.Errorf("got %v and %v, want the three around 1 s", group, others)
	}
	if group, others := densest(nil); len(group) != 0 || len(others) != 0 {
		t.Errorf("of none: %v, %v", group, others)
	}
}

func near(got *float64, want float64) bool { return math.Abs(*got-want) < 1e-9 }
