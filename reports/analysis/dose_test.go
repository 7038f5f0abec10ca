package analysis

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/diagnose"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// stepped is a delay of 0, 0.5, 1 and 1.5 s, 5 s each from 10 s on.
func stepped(answer func(h *journal.Hit)) *madeup.Scenario {
	s := madeup.NewScenario(madeup.Phase("baseline", 10*madeup.Second), madeup.Phase("dose", 20*madeup.Second), madeup.Phase("recovery", 5*madeup.Second)).Drive(answer).Fault("payments", "latency", 10*madeup.Second, 30*madeup.Second)
	s.Events[0].Fault.SizeS, s.Events[1].Fault.SizeS = 0, 1.5
	for i := range 3 {
		f := *s.Events[0].Fault
		f.SizeS = 0.5 * float64(i+1)
		s.Events = append(s.Events, journal.Event{AtNS: int64(time.Duration(15+5*i) * madeup.Second), Kind: journal.FaultStepped, Fault: &f})
	}
	slices.SortFunc(s.Events, func(x, y journal.Event) int { return cmp.Compare(x.AtNS, y.AtNS) })
	return s
}

// 40 hits are due in each step. In that of 1 s two fail, 5%; in that of 1.5 s
// all do, after 2 s. In that of 0.5 s one does, 2.5%.
func TestDose(t *testing.T) {
	r := reportOf(stepped(func(h *journal.Hit) {
		switch {
		case h.Due >= 25*madeup.Second && h.Due < 30*madeup.Second:
			madeup.Bad(h, 502)
		case h.Due == 15*madeup.Second, h.Due == 20*madeup.Second, h.Due == 24*madeup.Second:
			h.Done, h.Class, h.Code = h.Due+2*madeup.Second, journal.ClassClientTimeout, 0
		case h.Due >= 15*madeup.Second && h.Due < 30*madeup.Second:
			h.Done = h.Due + 600*madeup.Millisecond
		}
	}), t)
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
	if want := "The site first broke (no answer in time) with payments delayed by 1 s"; !strings.HasPrefix(d.Text, want) || !strings.Contains(r.Summary, d.Text) {
		t.Errorf("the dose reads %q, in %q, want it to begin with %q", d.Text, r.Summary, want)
	}
	for i, want := range []reports.DoseStep{{SizeS: 0, FromS: 10, ToS: 15, Sent: 40, OKRatio: new(1.0), P95S: new(0.1)}, {SizeS: 0.5, FromS: 15, ToS: 20, Sent: 40, OKRatio: new(0.975), P95S: new(0.6)}, {SizeS: 1, FromS: 20, ToS: 25, Sent: 40, OKRatio: new(0.95), P95S: new(0.6)}, {SizeS: 1.5, FromS: 25, ToS: 30, Sent: 40, OKRatio: new(0.0), P95S: nil}} {
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
		took := 100 * madeup.Millisecond
		if h.Due >= 15*madeup.Second && h.Due < 30*madeup.Second {
			took += (h.Due/(5*madeup.Second) - 2) * 500 * madeup.Millisecond
		}
		slices.Sort(busy[:])
		h.Done = max(h.Due, busy[0]) + took
		if h.Done > h.Due+4*madeup.Second {
			h.Done = h.Due + madeup.Millisecond
			madeup.Bad(h, 502)
			return
		}
		busy[0] = h.Done
	})
	for workers, want := range map[float64]*float64{4: new(0.5), 40: nil} {
		run, err := measure.Contents(r.Contents())
		if err != nil {
			t.Fatal(err)
		}
		got := diagnose.Doses(run, &reports.Estimate{Value: workers, Low: workers, High: workers})[0]
		if show(got.QueuedS) != show(want) || !near(got.SizeS, 1) {
			t.Errorf("with %v workers: piled up from %s, broke at %s; want %s and 1", workers, show(got.QueuedS), show(got.SizeS), show(want))
		}
	}
}

func TestDoseThatHolds(t *testing.T) {
	r := reportOf(stepped(nil), t)
	if len(r.Dose) != 1 || r.Dose[0].SizeS != nil || r.Dose[0].Broke != "" || r.Dose[0].MaxS != 1.5 {
		t.Errorf("got %+v, want one that held up to 1.5 s", r.Dose)
	}
	if r := reportOf(madeup.Hang(), t); len(r.Dose) != 0 {
		t.Errorf("got %+v of a fault without steps", r.Dose)
	}
}
