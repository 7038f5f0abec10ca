package measure

import (
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports/journal"
)

// keptConnections are four workers' that live from 1 s on to the end of the run
// at 38 s, and met the hang from 15 to 25 s. Each had a call caught, one every
// 125 ms; three were answered at the lifting, the fourth was given up after 2 s.
// With told each wait has an event of its own.
func keptConnections(s *madeup.Scenario, told bool) *madeup.Scenario {
	fault := 0
	add := func(c journal.Connection, waits ...journal.Wait) {
		c.Dependency, c.OpenedNS, c.Fault = "payments", int64(madeup.Second), &fault
		for _, w := range waits {
			w.Dependency, w.Connection = "payments", c.ID
			c.HeldNS = new(max(w.EndedNS-w.BeganNS, 0))
			if told {
				s.Events = append(s.Events, journal.Event{AtNS: w.EndedNS, Kind: journal.Waited, Wait: &w})
			}
		}
		s.Events = append(s.Events, journal.Event{AtNS: c.ClosedNS, Kind: journal.ConnClosed, Connection: &c})
	}
	for i := range int64(3) {
		began := int64(15*madeup.Second) + i*int64(125*madeup.Millisecond)
		add(journal.Connection{ID: i, ClosedNS: int64(38 * madeup.Second), ClosedBy: "end"},
			journal.Wait{BeganNS: began, EndedNS: int64(25 * madeup.Second), EndedBy: "answer"})
	}
	began := int64(15*madeup.Second + 375*madeup.Millisecond)
	add(journal.Connection{ID: 3, ClosedNS: began + int64(2*madeup.Second), ClosedBy: "site", Waiting: true},
		journal.Wait{BeganNS: began, EndedNS: began + int64(2*madeup.Second), EndedBy: "site"})
	return s
}

// Told or, in an older bundle, not: the waits are those of the calls, not of the
// connections.
func TestWaitsOfKeptConnections(t *testing.T) {
	for name, told := range map[string]bool{"told": true, "an older bundle": false} {
		run, err := Contents(keptConnections(madeup.Hang(), told).Contents())
		if err != nil {
			t.Fatal(err)
		}
		w := run.Windows[0]
		if len(w.Waits) != 4 || len(w.Given) != 1 || w.Given[0].Ended-w.Given[0].Began != 2*madeup.Second {
			t.Fatalf("%s: %d waits, given up %+v; want 4, and one of 2 s", name, len(w.Waits), w.Given)
		}
		for i, one := range w.Waits[1:] { // by their ends, then by their connection
			if began := 15*madeup.Second + time.Duration(i)*125*madeup.Millisecond; one.Began != began || one.Ended != 25*madeup.Second {
				t.Errorf("%s: got a wait from %v to %v, want %v to 25s", name, one.Began, one.Ended, began)
			}
		}
		held := run.HeldCalls()
		for at, want := range map[time.Duration]int32{14 * madeup.Second: 0, 16 * madeup.Second: 4, 20 * madeup.Second: 3, 26 * madeup.Second: 0, 37 * madeup.Second: 0} {
			if got := held.Waiting[run.Cells.Cell(at)]; got != want {
				t.Errorf("%s: at %v %d calls wait, want %d", name, at, got, want)
			}
		}
		if held.N != 4 {
			t.Errorf("%s: %d calls were held, want 4", name, held.N)
		}
		if gaveUp := w.Given[0].Ended; !run.Closes.near(gaveUp) || run.Closes.near(25*madeup.Second) {
			t.Errorf("%s: want the site to end a held call at %v, and none at the lifting", name, gaveUp)
		}
	}
}

// Five answers in a row on one connection, each 400 ms late and 600 ms after the
// one before, are five waits and never two at once: one in 40% of the time.
func TestIdlingBetweenWaitsIsNotCounted(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("slow", 10*madeup.Second)).Drive(nil).Fault("payments", "latency", 2*madeup.Second, 8*madeup.Second)
	fault := 0
	for i := range int64(5) {
		began := int64(2500*madeup.Millisecond) + i*int64(madeup.Second)
		ended := began + int64(400*madeup.Millisecond)
		s.Events = append(s.Events, journal.Event{AtNS: ended, Kind: journal.Waited, Wait: &journal.Wait{BeganNS: began, EndedNS: ended, EndedBy: "answer"}})
	}
	s.Events = append(s.Events, journal.Event{AtNS: int64(10 * madeup.Second), Kind: journal.ConnClosed, Connection: &journal.Connection{
		ClosedNS: int64(10 * madeup.Second), ClosedBy: "end", Fault: &fault, HeldNS: new(int64(400 * madeup.Millisecond))}})
	run, err := Contents(s.Contents())
	if err != nil {
		t.Fatal(err)
	}
	held := run.HeldCalls()
	cells := 0
	for _, n := range held.Waiting {
		if n > 1 {
			t.Fatalf("%d calls wait at once on one connection", n)
		}
		cells += int(n)
	}
	if got := time.Duration(cells) * run.Cells.Width; held.N != 5 || got < 1900*madeup.Millisecond || got > 2100*madeup.Millisecond {
		t.Errorf("%d calls were held for %v together, want 5 for 2 s", held.N, got)
	}
}

// A connection that is kept through two faults is under both. Of a run that was
// killed while such connections were open nobody knows how many there were.
func TestPeakOfKeptConnections(t *testing.T) {
	s := madeup.Hang().Fault("payments", "latency", 30*madeup.Second, 33*madeup.Second)
	first := 0
	for id := range int64(4) { // as many as each fault says that it met
		s.Events = append(s.Events, journal.Event{AtNS: int64(38 * madeup.Second), Kind: journal.ConnClosed, Connection: &journal.Connection{
			ID: id, ClosedNS: int64(38 * madeup.Second), ClosedBy: "end", Fault: &first, LaterFaults: []int{1}}})
	}
	peaks := func() (list []*int64) {
		run, err := Contents(s.Contents())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range run.faultFigures() {
			list = append(list, f.PeakConnections)
		}
		return list
	}
	for i, peak := range peaks() {
		if peak == nil || *peak != 4 {
			t.Errorf("fault %d: got a peak of %v connections, want 4", i, peak)
		}
	}
	madeup.KilledAt(s, 36*madeup.Second)
	for i, peak := range peaks() {
		if peak != nil {
			t.Errorf("fault %d of a killed run: got a peak of %d connections, want it unknown", i, *peak)
		}
	}
}
