package stats

import (
	"testing"
	"time"
)

// A time is alike with itself, whatever alike says of it.
func TestDensestOfTimesThatAreAlikeWithNone(t *testing.T) {
	group, others := Densest([]time.Duration{-3 * time.Second, 2 * time.Second}, func(time.Duration, time.Duration) bool { return false })
	if len(group) != 1 || len(others) != 1 {
		t.Errorf("%v and %v, want one and one", group, others)
	}
}
