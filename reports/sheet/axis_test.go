package sheet

import (
	"math"
	"slices"
	"testing"
)

func TestDecades(t *testing.T) {
	a := LogAxis{From: 1, To: 100, Left: 15, Right: 97}
	if got := a.decades([]float64{1}); !slices.Equal(got, []float64{1, 10, 100}) {
		t.Errorf("from 1 to 100 are the decades %v", got)
	}
	// The same factor is the same way: from 1 to 10 as from 10 to 100.
	if first, second := a.X(10)-a.X(1), a.X(100)-a.X(10); math.Abs(first-second) > 0.01 {
		t.Errorf("decades are %g and %g long", first, second)
	}
}
