package measure_test

import (
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
)

// Who was answered only once a fault was lifted had nothing until then; who was
// answered as late as others were under it would have been answered anyway.
func TestStalls(t *testing.T) {
	const s, ms, applied, lifted = madeup.Second, madeup.Millisecond, 12 * madeup.Second, 17 * madeup.Second
	under := func(h *journal.Hit) bool { return h.Due >= applied && h.Due < lifted }
	takes := func(d time.Duration) func(h *journal.Hit) {
		return func(h *journal.Hit) {
			if under(h) {
				h.Done = h.Due + d
			}
		}
	}
	for _, row := range []struct {
		name   string
		kind   string
		answer func(h *journal.Hit)
		late   int64
		waited time.Duration // of the first that was due under the fault
		silent time.Duration
	}{
		{"all wait for the lifting", "hang", func(h *journal.Hit) {
			if under(h) {
				h.Done = lifted + 50*ms
			}
		}, 39, 5 * s, 4900 * ms}, // the last one had hardly waited
		{"a delay longer than the fault", "latency", takes(6 * s), 40, 5 * s, 4900 * ms},
		{"half of the connections", "hang", func(h *journal.Hit) {
			if under(h) && h.Seq%2 == 0 {
				h.Done = lifted + 50*ms
			}
		}, 20, 5 * s, 250 * ms},
		{"tries that end with the fault", "down", func(h *journal.Hit) {
			if h.Due >= applied+3*s && h.Due < lifted {
				h.Done = lifted + 50*ms
			}
		}, 15, 2 * s, 1950 * ms},
		{"a delay that answers sit out", "latency", takes(2 * s), 0, 0, 2 * s},
		{"a queue that grows", "latency", func(h *journal.Hit) {
			if under(h) {
				h.Done = h.Due + 100*ms + (h.Due-applied)/2
			}
		}, 0, 0, 100 * ms},
		{"a timeout", "hang", takes(400 * ms), 0, 0, 400 * ms},
		{"well all along", "hang", func(*journal.Hit) {}, 0, 0, 100 * ms},
		{"refused", "hang", func(h *journal.Hit) {
			if under(h) {
				madeup.Bad(h, 502)
			}
		}, 0, 0, 100 * ms},
	} {
		t.Run(row.name, func(t *testing.T) {
			sc := madeup.NewScenario(madeup.Phase("baseline", 10*s), madeup.Phase("hang", 15*s)).Drive(row.answer).Fault("payments", row.kind, applied, lifted)
			run, err := measure.Contents(sc.Contents())
			if err != nil {
				t.Fatal(err)
			}
			r, _ := run.Figures()
			f := r.Faults[0]
			waited := 0.0
			if f.LateWaitS != nil {
				waited = *f.LateWaitS
			}
			if f.Due != 40 || f.Late != row.late || (f.LateWaitS != nil) != (row.late > 0) || waited != row.waited.Seconds() {
				t.Errorf("got %d late of %d, after %v s; want %d of 40, after %v", f.Late, f.Due, waited, row.late, row.waited)
			}
			if off := *f.SilentS - row.silent.Seconds(); off > 0.1 || off < -0.1 {
				t.Errorf("silent for %v s, want %v", *f.SilentS, row.silent)
			}
		})
	}
}

// Of a fault that was not lifted nobody can say what lifting it would have done.
func TestNoStallWithoutLifting(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("hang", 10*madeup.Second)).Drive(nil).Fault("payments", "hang", 2*madeup.Second, 5*madeup.Second)
	s.Events = s.Events[:len(s.Events)-1]
	run, err := measure.Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := run.Figures(); r.Faults[0].SilentS != nil || r.Faults[0].LateWaitS != nil || r.Faults[0].Due != 0 {
		t.Errorf("got %+v", r.Faults[0])
	}
}
