package measure

import (
	"testing"
	"time"
)

// One request is given up in second 10. It may go on unseen for 30 s, and for as long as
// nothing is answered well after it: a dependency that hangs holds it for as long as it hangs.
func TestHiddenWork(t *testing.T) {
	cells := func(good int) *Cells {
		g := &Cells{Width: time.Second}
		left, well := make([]int32, 100), make([]int32, 100)
		left[10] = 1
		if good > 0 {
			well[good] = 1
		}
		g.leftBefore, g.goodBefore = countBefore(left), countBefore(well)
		return g
	}
	for _, test := range []struct {
		name         string
		good, second int
		want         bool
	}{
		{"before it", 60, 9, false},
		{"when it is given up", 60, 10, true},
		{"within 30 s", 15, 30, true},
		{"30 s after it, others were answered well", 15, 42, false},
		{"long after it, and nothing was answered well", 60, 59, true},
		{"once something is", 60, 60, false},
		{"nothing ever is", 0, 99, true},
	} {
		if got := cells(test.good).HiddenWork(test.second); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
