package main

import (
	"slices"
	"testing"

	"github.com/tailback/tailback/configs"
)

// A request with a rate of its own is told with it, and the shares of the others are of
// what it leaves.
func TestDryRunTellsEachRequestsRate(t *testing.T) {
	own := configs.Hz(100.0 / 60)
	exp := &configs.Experiment{Requests: []configs.Request{{Name: "a", Weight: 3}, {Name: "b", Rate: &own}, {Name: "c", Weight: 1}}}
	for _, want := range [][]string{{"75% of the rest", "1.667/s", "25% of the rest"}, {"75%", "25%"}} {
		var d dryRun
		d.mix(exp)
		var got []string
		for _, r := range d.Requests {
			got = append(got, d.part(r))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		exp.Requests = slices.DeleteFunc(exp.Requests, func(r configs.Request) bool { return r.Rate != nil })
	}
}
