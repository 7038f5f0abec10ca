package chaos

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// The timeline is that of the events that a Play emits, in its order, and at
// its times.
func TestTimelineIsThatOfAPlay(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	exp := &configs.Experiment{
		Dependencies: []configs.Dependency{{Name: "payments", Listen: "127.0.0.1:0", Upstream: "127.0.0.1:1"}, {Name: "search", Listen: "127.0.0.1:0", Upstream: "127.0.0.1:1"}},
		Phases: []configs.Phase{
			{Name: "one", Duration: 300 * ms, Faults: []configs.Fault{
				{Dependency: "payments", After: 50 * ms, For: 250 * ms, Share: 1, Latency: &configs.Latency{Delay: configs.Dose{From: 10 * ms, To: 30 * ms, Step: 10 * ms, Every: 80 * ms}, Direction: configs.Downstream}},
				{Dependency: "search", After: 100 * ms, For: 100 * ms, Share: 0.5, Reset: &configs.Reset{}}}},
			{Name: "two", Duration: 200 * ms, Faults: []configs.Fault{{Dependency: "payments", For: 200 * ms, Share: 1, Hang: &configs.Hang{}}}},
		},
	}
	want, err := Timeline(exp)
	if err != nil {
		t.Fatal(err)
	}
	// payments: 50 applied, 130 and 210 stepped, 300 lifted; search: 100, 200; payments: 300, 500.
	if len(want) != 8 {
		t.Fatalf("%d events, want 8: %+v", len(want), want)
	}
	ps, err := Listen(exp)
	if err != nil {
		t.Fatal(err)
	}
	defer ps.Close()
	var got []journal.Event
	if err := ps.Play(t.Context(), time.Now().Add(50*ms), func(e journal.Event) {
		if slices.Contains([]journal.EventKind{journal.FaultApplied, journal.FaultStepped, journal.FaultLifted}, e.Kind) {
			got = append(got, e)
		}
	}); err != nil {
		t.Fatal(err)
	}
	words := func(e journal.Event) string {
		return fmt.Sprint(e.Kind, e.Fault.Index, e.Fault.Phase, e.Fault.Dependency, e.Fault.Kind, e.Fault.Share, e.Fault.SizeS)
	}
	for i := range want {
		if i >= len(got) || words(got[i]) != words(want[i]) || got[i].AtNS < want[i].AtNS || got[i].AtNS > want[i].AtNS+int64(2*time.Second) {
			t.Fatalf("event %d of %d: want %s at %v, got %+v", i, len(got), words(want[i]), time.Duration(want[i].AtNS), got)
		}
	}
}
