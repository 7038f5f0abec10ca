package reports

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// stepped is a delay of 0, 0.5, 1 and 1.5 s, 5 s each from 10 s on.
func stepped(answer func(h *journal.Hit)) *scenario {
	s := newScenario(phase("baseline", 10*second), phase("dose", 20*second), phase("recovery", 5*second)).drive(answer).fault("payments", "latency", 10*second, 30*second)
	s.events[0].Fault.SizeS, s.events[1].Fault.SizeS = 0, 1.5
	for i := range 3 {
		f := *s.events[0].Fault
		f.SizeS = 0.5 * float64(i+1)
		s.events = append(s.events, journal.Event{AtNS: int64(time.Duration(15+5*i) * second), Kind: journal.FaultStepped, Fault: &f})
	}
	slices.SortFunc(s.events, func(x, y journal.Event) int { return cmp.Compare(x.AtNS, y.AtNS) })
	return s
}

// 40 hits are due in each step. In that of 1 s two fail, 5%; in that of 1.5 s
// all do, after 2 s. In that of 0.5 s one does, 2.5%.
func TestDose(t *testing.T) {
	r := stepped(func(h *journal.Hit) {
		switch {
		case h.Due >= 25*second && h.Due < 30*second:
			bad(h, 502)
		case h.Due == 15*second, h.Due == 20*second, h.Due == 24*second:
			h.Done, h.Class, h.Code = h.Due+2*second, journal.ClassClientTimeout, 0
		case h.Due >= 15*second && h.Due < 30*second:
			h.Done = h.Due + 600*milli
		}
	}).report(t)
	if len(r.Dose) != 1 || len(r.Dose[0].Steps) != 4 {
		t.Fatalf("got %+v, want one of four steps", r.Dose)
	}
	if c := r.Prediction.CapacityHz; c != nil || !strings.Contains(r.Summary, "payments slower in steps") {
		t.Errorf("%v/s under the fault, %q; want no one capacity, and a fault in steps", *c, r.Summary)
	}
	d := r.Dose[0]
	if !near(d.SizeS, 1) || d.Broke != "client_timeout" || d.MaxS != 1.5 || d.Dependency != "payments" || d.Kind != "latency" {
		t.Errorf("got %+v (%v s), want client_timeout at 1 s of 1.5 s", d, show(d.SizeS))
	}
	for i, want := range []DoseStep{{0, 10, 15, 40, new(1.0), new(0.1)}, {0.5, 15, 20, 40, new(0.975), new(0.6)}, {1, 20, 25, 40, new(0.95), new(0.6)}, {1.5, 25, 30, 40, new(0.0), nil}} {
		got := d.Steps[i]
		if got.SizeS != want.SizeS || got.FromS != want.FromS || got.ToS != want.ToS || got.Sent != want.Sent || !near(got.OKRatio, *want.OKRatio) || (got.P95S == nil) != (want.P95S == nil) || got.P95S != nil && (*got.P95S < 0.99**want.P95S || *got.P95S > 1.01**want.P95S) {
			t.Errorf("step %d: got %+v (ok %v, p95 %v), want %+v (%v, %v)", i, got, show(got.OKRatio), show(got.P95S), want, show(want.OKRatio), show(want.P95S))
		}
	}
}

// Four workers take 0.1 s a request and the delay: 0.5 s more serves 4 / 0.6 s =
// 6.7/s of 8/s, and the 17 slots fill only under 1 s.
func TestDoseThatQueues(t *testing.T) {
	var busy [4]time.Duration
	r := stepped(func(h *journal.Hit) {
		took := 100 * milli
		if h.Due >= 15*second && h.Due < 30*second {
			took += (h.Due/(5*second) - 2) * 500 * milli
		}
		slices.Sort(busy[:])
		h.Done = max(h.Due, busy[0]) + took
		if h.Done > h.Due+4*second {
			h.Done = h.Due + milli
			bad(h, 502)
			return
		}
		busy[0] = h.Done
	})
	for workers, want := range map[float64]*float64{4: new(0.5), 40: nil} {
		a, err := measureContents(r.contents())
		if err != nil {
			t.Fatal(err)
		}
		got := a.doseFigures(&Estimate{Value: workers, Low: workers, High: workers})[0]
		if show(got.QueuedS) != show(want) || !near(got.SizeS, 1) {
			t.Errorf("with %v workers: piled up from %s, broke at %s; want %s and 1", workers, show(got.QueuedS), show(got.SizeS), show(want))
		}
	}
}

func TestDoseThatHolds(t *testing.T) {
	r := stepped(nil).report(t)
	if len(r.Dose) != 1 || r.Dose[0].SizeS != nil || r.Dose[0].Broke != "" || r.Dose[0].MaxS != 1.5 {
		t.Errorf("got %+v, want one that held up to 1.5 s", r.Dose)
	}
	if r := hang().report(t); len(r.Dose) != 0 {
		t.Errorf("got %+v of a fault without steps", r.Dose)
	}
}
