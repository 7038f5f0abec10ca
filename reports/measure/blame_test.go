package measure

import (
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// met is a call that the fault of an index kept waiting in [from, to).
func met(fault int, from, to time.Duration) journal.Event {
	held := int64(to - from)
	return journal.Event{Kind: journal.ConnClosed, Connection: &journal.Connection{OpenedNS: int64(from), ClosedNS: int64(to), HeldNS: &held, Fault: &fault}}
}

func playedFrom(index int, kind string, from, to time.Duration) *Fault {
	f := &Fault{Fault: journal.Fault{Index: index, Kind: kind}, Applied: from, Lifted: &to}
	f.kind, f.known = configs.KindOf(kind)
	return f
}

// Fault 0 is in force from 10 to 20 s, fault 1 from 12 to 16 s; fault 2, which
// refuses on the listening address, leaves no trace.
func TestEras(t *testing.T) {
	first, second, down := playedFrom(0, "hang", 10*madeup.Second, 20*madeup.Second), playedFrom(1, "latency", 12*madeup.Second, 16*madeup.Second), playedFrom(2, "no_accept", 12*madeup.Second, 16*madeup.Second)
	many, few := []journal.Event{met(0, 11*madeup.Second, 20*madeup.Second), met(1, 13*madeup.Second, 14*madeup.Second)}, []journal.Event{met(1, 13*madeup.Second, 14*madeup.Second)}
	for _, row := range []struct {
		name   string
		faults []*Fault
		events []journal.Event
		at     time.Duration
		want   era
	}{
		{"before any", []*Fault{first, second}, many, 9 * madeup.Second, era{fault: -1}},
		{"one in force", []*Fault{first, second}, many, 10 * madeup.Second, era{fault: 0}},
		{"of two the one that calls waited for longest", []*Fault{first, second}, many, 15 * madeup.Second, era{fault: 0}},
		{"which may be the second", []*Fault{first, second}, few, 15 * madeup.Second, era{fault: 1}},
		{"the one applied last, where nothing tells", []*Fault{first, second}, nil, 15 * madeup.Second, era{fault: 1}},
		{"or where one leaves no trace", []*Fault{first, down}, many, 15 * madeup.Second, era{fault: 1}},
		{"the first again", []*Fault{first, second}, few, 17 * madeup.Second, era{fault: 0}},
		{"the one lifted last", []*Fault{first, second}, few, 21 * madeup.Second, era{fault: 0, after: true}},
		{"for a minute", []*Fault{first, second}, few, 80*madeup.Second - 1, era{fault: 0, after: true}},
		{"and no longer", []*Fault{first, second}, few, 80 * madeup.Second, era{fault: 0, after: true, late: true}},
	} {
		got := newBlamed(indexEvents(row.events), row.faults).at(row.at)
		got.from = 0
		if got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
}

// The site is well from 30 s on.
func TestOfSorts(t *testing.T) {
	b := newBlamed(indexEvents(nil), []*Fault{playedFrom(0, "hang", 10*madeup.Second, 20*madeup.Second)})
	b.well[0] = 30 * madeup.Second
	for _, row := range []struct {
		due, done time.Duration
		want      sort
	}{
		{9 * madeup.Second, 9500 * madeup.Millisecond, sort{-1, -1}},
		{9 * madeup.Second, 11 * madeup.Second, sort{0, -1}},
		{29 * madeup.Second, 35 * madeup.Second, sort{0, -1}}, // asked before
		{30 * madeup.Second, 30 * madeup.Second, sort{-1, 0}},
		{29 * madeup.Second, 81 * madeup.Second, sort{-1, 0}},
	} {
		if got := b.of(row.due, row.done); got != row.want {
			t.Errorf("due %v, done %v: %+v, want %+v", row.due, row.done, got, row.want)
		}
	}
}

// Calls of 4 s and 2 s; of these 1 s and 2 s are in [3, 6).
func TestHeldIn(t *testing.T) {
	x := indexEvents([]journal.Event{met(0, 0, 4*madeup.Second), met(0, 4*madeup.Second, 6*madeup.Second), met(1, 3*madeup.Second, 6*madeup.Second)})
	if got := heldIn(x.met[0], 3*madeup.Second, 6*madeup.Second); got != 3*madeup.Second {
		t.Errorf("%v, want 3 s", got)
	}
	if got := heldIn(x.met[0], 7*madeup.Second, 8*madeup.Second); got != 0 {
		t.Errorf("%v after all had ended, want none", got)
	}
}

// Five are sent in cell 10, which starts with 2 inside; 6 are inside after it.
func TestFound(t *testing.T) {
	for _, row := range []struct{ sent, want int32 }{{4, 2}, {5, 6}} {
		g := &Cells{Width: time.Second / 512, InSystem: make([]int32, 40), Flow: Flow{Sent: make([]int32, 40)}}
		for c := range g.InSystem {
			g.InSystem[c] = 2
			if c > 10 {
				g.InSystem[c] = 6
			}
		}
		g.Flow.Sent[10] = row.sent
		if got := g.found(10); got != row.want {
			t.Errorf("of %d sent at once the last found %d, want %d", row.sent, got, row.want)
		}
	}
}

// At 8/s until 10 s, then at 60/s; the onset comes 0.5 s later, when 30 of these
// and 4 before were due within a second.
func TestTheRateThatWasAsked(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("low", 10*madeup.Second), madeup.Phase("high", 10*madeup.Second))
	s.Phases[1].RateFrom, s.Phases[1].RateTo = 60, 60
	run := &Run{Manifest: s.Manifest}
	for at, want := range map[time.Duration]float64{10500 * madeup.Millisecond: 60, 11500 * madeup.Millisecond: 34, 500 * madeup.Millisecond: 8, 1 * madeup.Millisecond: 8} {
		o := &Onset{FirstError: FirstError{At: at}, offered: 34}
		if got := run.rateBefore(o); got == nil || *got != want {
			t.Errorf("at %v: %v, want %v", at, got, want)
		}
	}
	// Where the rate rises it is counted, over no less than a quarter of a second.
	s.Phases[0].RateTo = 16
	for at, want := range map[time.Duration]float64{500 * madeup.Millisecond: 68, 250 * madeup.Millisecond: 136, 249 * madeup.Millisecond: 0} {
		got := (&Run{Manifest: s.Manifest}).rateBefore(&Onset{FirstError: FirstError{At: at}, offered: 34})
		if (got == nil) != (want == 0) || got != nil && *got != want {
			t.Errorf("at %v, while it rises: %v, want %v", at, got, want)
		}
	}
	s.Phases[1].RateTo = 80
	if got := (&Run{Manifest: s.Manifest}).rateBefore(&Onset{FirstError: FirstError{At: 10500 * madeup.Millisecond}, offered: 34}); *got != 34 {
		t.Errorf("of a ramp %v, want what was offered", *got)
	}
}
