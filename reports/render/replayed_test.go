package render

import (
	"testing"

	"github.com/tailback/tailback/reports"
)

func TestReplayedIsSaid(t *testing.T) {
	phases := []reports.Phase{
		{Name: "warm", Warmup: true, Replayed: &reports.Replayed{LowHz: 1, HighHz: 2}},
		{Name: "before"},
		{Name: "hang", Replayed: &reports.Replayed{LowHz: 10, HighHz: 24}},
		{Name: "after", Replayed: &reports.Replayed{HighHz: 3}},
	}
	want := "the log goes up and down: hang 10/s to 24/s, after 0/s to 3/s; what must hold is told for the busiest second"
	if got := replayed(phases); got != want {
		t.Errorf("got %q", got)
	}
	if got := replayed(phases[:2]); got != "" {
		t.Errorf("of phases with a rate: %q", got)
	}
}
