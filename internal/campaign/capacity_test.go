package campaign

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
)

// untold is a progress that nobody looks at.
var untold = CapacityProgress{
	Begin: func(string, float64, float64) {}, Watch: func(harness.Status) {}, End: func(string) {}, Wait: func(time.Duration, time.Duration) {},
}

// Into a folder that can't be made nothing is begun.
func TestCapacityIntoNoFolder(t *testing.T) {
	exp := shop(t)
	exp.Capacity = &configs.Capacity{From: 1, To: 2, Objective: "errors < 1%"}
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Capacity(t.Context(), exp, filepath.Join(file, "out"), untold)
	if found != nil || err == nil || !strings.HasPrefix(err.Error(), "begin capacity: mkdir ") {
		t.Errorf("found %+v, %v", found, err)
	}
}

func TestCapacityNeedsItsSection(t *testing.T) {
	if _, err := Capacity(t.Context(), &configs.Experiment{}, t.TempDir(), untold); err == nil || !strings.HasPrefix(err.Error(), "capacity: the experiment has no capacity section; add one") {
		t.Errorf("got %v", err)
	}
}

// How much of what held was degraded is told by the last trial that held that rate.
func TestDegradedOfWhatHeld(t *testing.T) {
	trials := []reports.CapacityTrial{{RateHz: 8, Held: true, Degraded: new(0.5)}, {RateHz: 8, Held: true, Degraded: new(0.25)},
		{RateHz: 8, Degraded: new(0.75)}, {RateHz: 4, Held: true, Degraded: new(1.0)}}
	if got := degradedAt(trials, 8); got == nil || *got != 0.25 {
		t.Errorf("got %v of what held 8/s, want 0.25", got)
	}
	if got := degradedAt(trials, 16); got != nil {
		t.Errorf("got %v of what held 16/s, want none: nothing did", *got)
	}
}

// What broke first is told by the lowest rate that did not hold, in whatever order
// they were tried; a trial that does not count tells nothing.
func TestWhatBrokeFirst(t *testing.T) {
	broken := []reports.CapacityTrial{{RateHz: 16, Why: "missed p95 < 1s: 3 s"}, {RateHz: 9, Void: "late"}, {RateHz: 8, Held: true}, {RateHz: 12, Why: "the queue grew"}}
	if got := lowestBroken(broken); got == nil || got.RateHz != 12 {
		t.Errorf("of 16/s and 12/s that broke, %+v is the lowest", got)
	}
	if got := lowestBroken(broken[1:3]); got != nil {
		t.Errorf("of those that held %+v broke", got)
	}
}
