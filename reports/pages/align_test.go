package pages

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

// places says where moments of a run lie, from Zero, in seconds to a hundredth.
func places(a axis, of int, moments ...float64) (list []float64) {
	for _, m := range moments {
		list = append(list, math.Round((a.Clocks[of].at(m)-a.Zero)*100)/100)
	}
	return list
}

// Two runs of the same plan have one clock, from when the fault of each was applied:
// 5.999 s of one and 6.001 s of the other are the same moment before it.
func TestRunsAlikeHaveOneClock(t *testing.T) {
	before, after := runs()
	a := align(before, after)
	if !a.OneClock || !a.Fault {
		t.Errorf("one clock: %t, at a fault: %t", a.OneClock, a.Fault)
	}
	if got, want := places(a, 0, 0, 6, 8.6, 25), []float64{-6, 0, 2.6, 19}; !slices.Equal(got, want) {
		t.Errorf("before lie at %v, want %v", got, want)
	}
	if got, want := places(a, 1, 6.001, 8.601), []float64{0, 2.6}; !slices.Equal(got, want) {
		t.Errorf("after lie at %v, want %v", got, want)
	}
}

// A phase that took longer in one run moves what follows it in the other: recovery
// begins at the same place in both, and so does the fault.
func TestPhasesAreAlignedByName(t *testing.T) {
	names := []string{"baseline", "hang", "recovery"}
	a := align(ran([2]float64{}, phases([]float64{0, 5, 15, 25}, names...), hung(6, 15)), ran([2]float64{}, phases([]float64{0, 8, 28, 33}, names...), hung(11, 28)))
	if a.OneClock {
		t.Error("phases of different length have one clock")
	}
	// Hang lasts 1 s before the fault and 9 s since in one run, 3 s and 17 s in the
	// other, so that recovery begins 17 s on.
	if got, want := places(a, 0, 0, 6, 15, 15.1, 25), []float64{-11, 0, 9, 17.1, 27}; !slices.Equal(got, want) {
		t.Errorf("before lie at %v, want %v", got, want)
	}
	if got, want := places(a, 1, 0, 8, 11, 28, 33), []float64{-11, -3, 0, 17, 22}; !slices.Equal(got, want) {
		t.Errorf("after lie at %v, want %v", got, want)
	}
}

// What only one run had has a place of its own, between what both had.
func TestAPhaseOfOneRunHasItsPlace(t *testing.T) {
	a := align(ran([2]float64{}, phases([]float64{0, 5, 10}, "baseline", "recovery")), ran([2]float64{}, phases([]float64{0, 5, 9, 14}, "baseline", "warm again", "recovery")))
	if a.OneClock || a.Fault || a.Zero != 0 {
		t.Errorf("one clock: %t, at a fault: %t, zero at %g", a.OneClock, a.Fault, a.Zero)
	}
	if got, want := places(a, 0, 5, 7, 10), []float64{5, 11, 14}; !slices.Equal(got, want) {
		t.Errorf("before lie at %v, want %v", got, want)
	}
	if got, want := places(a, 1, 5, 9, 14), []float64{5, 9, 14}; !slices.Equal(got, want) {
		t.Errorf("after lie at %v, want %v", got, want)
	}
}

// Phases in another order, or faults in other phases, leave the fault alone to align by.
func TestRunsOfOtherPlansAreAlignedAtTheFault(t *testing.T) {
	one := ran([2]float64{}, phases([]float64{0, 5, 15}, "baseline", "hang"), hung(5, 15))
	for what, other := range map[string]*reports.Report{
		"another order": ran([2]float64{}, phases([]float64{0, 5, 15}, "hang", "baseline"), hung(2, 4)),
		"another phase": ran([2]float64{}, phases([]float64{0, 5, 15}, "baseline", "hang"), hung(2, 4)),
	} {
		a := align(one, other)
		if got := append(places(a, 0, 5, 15), places(a, 1, 2, 15)...); !slices.Equal(got, []float64{0, 10, 0, 13}) {
			t.Errorf("%s: the faults and the ends lie at %v", what, got)
		}
	}
}

// A phase that begins with its fault is not cut in two by the moment that applying took.
func TestAFaultAtAPhasesBeginning(t *testing.T) {
	names := []string{"baseline", "hang"}
	a := align(ran([2]float64{}, phases([]float64{0, 5, 15}, names...), hung(5.0021, 15)), ran([2]float64{}, phases([]float64{0, 5, 15}, names...), hung(5.0013, 15)))
	if !a.OneClock || len(a.Sections) != 2 || a.Sections[1].Name != "hang" {
		t.Errorf("one clock: %t, sections %v", a.OneClock, a.Sections)
	}
}

func TestMerged(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"a b c", "a b c", "a b c"}, {"a c", "a b c", "a b c"}, {"a b", "c", "c a b"}, {"", "a", "a"}, {"a b", "b a", "none"}, {"a a", "a", "none"}, {"a", "a x y", "a x y"},
	} {
		got, ok := merged(strings.Fields(c.a), strings.Fields(c.b))
		if text := strings.Join(got, " "); ok && text != c.want || !ok && c.want != "none" {
			t.Errorf("%q and %q are %q, %t, want %q", c.a, c.b, text, ok, c.want)
		}
	}
}

// Answers that came late at the end of one run leave both with one clock.
func TestWaitingForTheLastAnswersIsNoPhase(t *testing.T) {
	before, after := runs()
	before.DurationS += 20
	for range 2 { // the other run has none, and a shorter one
		if a := align(before, after); !a.OneClock || a.Long < 44.9 {
			t.Errorf("one clock: %t, of %g s", a.OneClock, a.Long)
		}
		after.DurationS += 3
	}
}

// Moments lie where their run's clock has them: an error 2.6 s after a fault at 6 s,
// in a run that waited 3 s longer before its fault, lies 2.6 s after the fault.
func TestMomentsLieOnTheirRunsClock(t *testing.T) {
	before, _ := runs()
	late := ran([2]float64{}, phases([]float64{0, 8, 18, 28}, "baseline", "hang", "recovery"), hung(9, 18))
	o := newOverlay(before, late)
	m := momentsOf(o, before, late)
	if len(m) != 2 || m[0].text != "before: 502 +2.6 s" || m[0].at != o.x(o.Zero+2.6) || m[1].at != o.x(o.Clocks[0].at(15.8)) || o.Zero != 9 {
		t.Errorf("they are %+v, with zero at %g", m, o.Zero)
	}
}
