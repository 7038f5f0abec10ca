package zoo

import (
	"slices"
	"testing"
	"time"
)

func rowNamed(t *testing.T, name string) (*Record, *Truth) {
	t.Helper()
	for _, r := range Rows() {
		if r.Name == name {
			return Simulate(r.Site, r.Plan, 1)
		}
	}
	t.Fatalf("there is no row %s", name)
	return nil, nil
}

// The truths that issue 9 states of its rows hold in the simulation, by what it
// does and not by what it was told.
func TestRowsHaveTheTruthsOfTheirTable(t *testing.T) {
	holds := func(name string, timeout time.Duration, hz float64, want bool) {
		t.Helper()
		_, truth := rowNamed(t, name)
		if got := truth.Holds(0, timeout, hz); got != want {
			t.Errorf("row %s: %v holds %v/s: %v, want %v", name, timeout, hz, got, want)
		}
	}
	// 1: 10 of 100/s take a worker: (6/10 - 0.18) = 0.42 s, less 0.02 s for noise; 0.49 s broke.
	holds("1", 400*ms, 100, true)
	holds("1", 490*ms, 100, false)
	// 5: 4/7.5 - 0.1 = 0.43 s.
	holds("5", 415*ms, 7.5, true)
	holds("5", 450*ms, 7.5, false)
	// 6a: 4/(0.1+0.25+1) = 2.96/s; 6/s takes 6*(0.1+0.3+1) = 8.4 workers.
	holds("6a", 250*ms, 2.9, true)
	holds("6a", 250*ms, 3.2, false)
	holds("6a", 250*ms, 6, false)
	// 8: 5 places for 10 calls a second.
	holds("8", 480*ms, 20, true)
	holds("8", 530*ms, 20, false)
	// 9: (5/16 - 0.1)/(0.18*3) = 0.39 s.
	holds("9", 375*ms, 16, true)
	holds("9", 420*ms, 16, false)
	// 10: the killer ends what takes 2 s, though 16/3 - 0.1 = 5.2 s.
	holds("10", 1800*ms, 3, true)
	holds("10", 2700*ms, 3, false)
	// 11: the gateway gives up after 2 s, of which 0.06 s are the page's own.
	holds("11", 1900*ms, 3, true)
	holds("11", 2000*ms, 3, false)
	// 12a: 2/(0.1+0.8) = 2.2/s.
	holds("12a", 800*ms, 2.1, true)
	holds("12a", 800*ms, 5, false)
}

// 13: 24 at once on 3 workers and 10 slots leave 11. 3: 60/s of 0.16 s take 9.6
// workers. 22f: the gateway's limit is reached before the queue is full.
func TestRowsFailAsInTheirTable(t *testing.T) {
	_, burst := rowNamed(t, "13")
	if n := len(burst.Spans); n != 1 || burst.Spans[0].N != 11 || !slices.Equal(burst.Spans[0].Causes, []Cause{QueueFull}) {
		t.Errorf("row 13: %+v", burst.Spans)
	}
	_, step := rowNamed(t, "3")
	if step.CarriesWith(9, 60) || !step.CarriesWith(10, 60) {
		t.Error("row 3: 10 workers carry 60/s, 9 do not")
	}
	if _, fallback := rowNamed(t, "6a"); fallback.HoldsWith(8, 0, 6) || !fallback.HoldsWith(9, 0, 6) {
		t.Error("row 6a: 9 workers hold 6/s, 8 do not")
	}
	// The 20 requests inside when the hang is lifted after 21 s are served at 33/s; the errors end then.
	_, hang := rowNamed(t, "2")
	if at, ok := hang.WellFrom(21*second, 29*second, 0); !ok || at < 21*second || at > 23*second {
		t.Errorf("row 2 is well from %v (%v) on, want about 21.6 s", at, ok)
	}
	for name, want := range map[string]Cause{"10": WorkerKilled, "11": GatewayTimeout, "15": QueueFull, "16": GatewayLimit, "17": WorkerKilled,
		"20a": QueueFull, "21": SelfDeadlock, "22a": AppError, "22f": GatewayLimit} {
		_, truth := rowNamed(t, name)
		if len(truth.Spans) == 0 || !slices.Contains(truth.Spans[0].Causes, want) {
			t.Errorf("row %s: the first errors are %+v, want %s", name, truth.Spans, want)
		}
	}
}

// A fault is to blame for what would not have come without it, and for nothing else.
func TestFaultsAreToBlameForTheirOwn(t *testing.T) {
	for name, want := range map[string][]int{"4": nil, "20a": nil, "3": nil, "13": nil, "21": nil, "2": {0}, "5": {0}, "9": {0}, "18b": nil} {
		_, truth := rowNamed(t, name)
		if len(truth.Spans) == 0 {
			t.Errorf("row %s: there are no errors", name)
			continue
		}
		if got := truth.Spans[0].Faults; !slices.Equal(got, want) {
			t.Errorf("row %s: faults %v are to blame, want %v", name, got, want)
		}
	}
}
