package sheet

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/quick"

	"github.com/tailback/tailback/reports/words"
)

// 8 letters of 6.6 pixels and 6 more are 58.8 pixels: of a phone's 330 that is 17.8%,
// of a desktop's 900 it is 6.5%.
func TestFits(t *testing.T) {
	for wide, want := range map[float64]string{1000: "narrow", 179: "narrow", 178: "broad", 66: "broad", 65: "", 0: ""} {
		if got := Fits("baseline", wide); got != want {
			t.Errorf("on %g of 1000 it fits %q, want %q", wide, got, want)
		}
	}
}

// Labels of moments cover no others, and lie within the plot.
func TestPinsDoNotCoverEachOther(t *testing.T) {
	apart := func(at [12]uint16) bool {
		var p Plot
		for i, a := range at {
			p.Pin("x", math.Mod(float64(a), PlotWide), fmt.Sprintf("502 after %d", i), 0, 4)
		}
		for i, a := range p.Names {
			from, to := a.span()
			if from < 0 || to > PlotWide {
				return false
			}
			if slices.ContainsFunc(p.Names[i+1:], a.covers) {
				return false
			}
		}
		return len(p.Names) >= 4
	}
	if err := quick.Check(apart, nil); err != nil {
		t.Error(err)
	}
	var p Plot
	p.Pin("x", 500, "a text that is far too long for any of the screens that there are", 0, 4)
	if len(p.Names) != 0 {
		t.Error("a label that is wider than the plot is placed")
	}
}

// Ticks of any values are apart, in the box, and each where its value is.
func TestTicksAreApart(t *testing.T) {
	for _, most := range []float64{0, 1e-9, 0.02, 1, 8, 21, 1e6, math.Inf(1), math.NaN()} {
		p := Plot{High: 84, Low: 12}
		y := p.Linear(most, words.Given)
		if y(0) != 72 || !(most > 0) && y(0) != 72 {
			t.Errorf("up to %g, 0 lies at %g, want 72", most, y(0))
		}
		apart(t, p, most)
	}
	for _, values := range [][]float64{nil, {0}, {0.1, 0.11}, {0.0001, 100}, {8, 8}, {1e-12, 1e12}, {0.3, 0.5}} {
		p := Plot{High: 84, Low: 12}
		y := p.Logarithmic(values, words.Span)
		for _, v := range values {
			if at := y(v); !(at >= 0 && at <= 84) {
				t.Errorf("of %v, %g lies at %g", values, v, at)
			}
		}
		if len(p.Ticks) == 0 {
			t.Errorf("%v has no ticks", values)
		}
		apart(t, p, values)
	}
}

func apart(t *testing.T, p Plot, of any) {
	t.Helper()
	for i, tick := range p.Ticks {
		if tick.At < 0 || tick.At > p.High || i > 0 && math.Abs(tick.At-p.Ticks[i-1].At) < letterHigh {
			t.Errorf("%v has ticks %v", of, p.Ticks)
		}
	}
}

// Of -6 s to 19 s the round moments are written, every other one also on a phone.
func TestClock(t *testing.T) {
	var p Plot
	p.Clock(-6, 19, func(s float64) float64 { return (s + 6) * 40 })
	want := []PlotTick{{40, "-5 s", true}, {240, "0 s", false}, {440, "+5 s", true}, {640, "+10 s", false}, {840, "+15 s", true}}
	if !slices.Equal(p.Along, want) {
		t.Errorf("the ticks are %v, want %v", p.Along, want)
	}
	if p = (Plot{}); true {
		if p.Clock(0, 0, nil); p.Along != nil {
			t.Error("no time has ticks")
		}
	}
}
