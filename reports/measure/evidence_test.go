package measure

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// What waited is told by what was held just then, of two faults in force by neither.
func TestCallsThatWaitAreOfWhatWasHeld(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("all", 20*madeup.Second)).Drive(nil).
		Fault("payments", "hang", 2*madeup.Second, 8*madeup.Second).
		Fault("search", "hang", 6*madeup.Second, 12*madeup.Second).
		Fault("mail", "reset", 14*madeup.Second, 18*madeup.Second) // makes nobody wait
	in := s.Contents()
	for _, second := range []int64{1, 4, 7, 10, 15} {
		in.Observations = append(in.Observations, journal.Observation{AtNS: second * int64(madeup.Second), Source: journal.PHPSlowLog, Kind: journal.Waiting, Count: 1, Text: "curl_exec() called at lib.php:21"})
	}
	run, err := Contents(in)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, e := range run.evidence() {
		got[e.Dependency] += e.Count
	}
	if want := map[string]int64{"payments": 1, "search": 1, "": 3}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The calls of a slow log are counted apart, over all entries; of many different
// ones those that most waited in, and the others together.
func TestCallsThatWaitAreCountedApart(t *testing.T) {
	s := madeup.NewScenario(madeup.Phase("all", 20*madeup.Second)).Drive(nil)
	in := s.Contents()
	waiting := func(at time.Duration, n int64, text string) {
		in.Observations = append(in.Observations, journal.Observation{AtNS: int64(at), Source: journal.PHPSlowLog, Kind: journal.Waiting, Count: n, Text: text})
	}
	waiting(3*madeup.Second, 5, "session_start() called at a.php:3")
	waiting(2*madeup.Second, 11, "curl_exec() called at lib.php:21")
	waiting(4*madeup.Second, 7, "session_start() called at a.php:3")
	run, err := Contents(in)
	if err != nil {
		t.Fatal(err)
	}
	want := []reports.Evidence{{AtS: 2, Source: "php_slow_log", Kind: "waiting", Count: 11, Text: "curl_exec() called at lib.php:21"},
		{AtS: 3, Source: "php_slow_log", Kind: "waiting", Count: 12, Text: "session_start() called at a.php:3"}}
	if got := run.evidence(); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for i := range 20 {
		waiting(5*madeup.Second, 1, fmt.Sprintf("f() called at b.php:%02d", i))
	}
	in.Observations = append(in.Observations, journal.Observation{AtNS: 1, Source: journal.PHPErrorLog, Kind: journal.MaxWorkers, Count: 1, Text: "full"})
	if run, err = Contents(in); err != nil {
		t.Fatal(err)
	}
	got, sum := run.evidence(), int64(0)
	for _, e := range got {
		sum += e.Count
	}
	if len(got) != maxCalls+2 || sum != 44 || got[0].Kind != "max_workers" || got[3].Text != "" || got[3].Count != 10 {
		t.Errorf("got %+v, want what the pool said, the 12 calls that most waited in, and 10 others together", got)
	}
}
