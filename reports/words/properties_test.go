package words_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports/words"
)

// units are what each unit is of the value that was written.
var units = map[string]float64{"": 1, " s": 1, " ms": 1e-3, "/s": 1, "%": 1e-2}

// read reads a figure back. A bound, such as <0.01%, is read as its limit.
func read(t *testing.T, text string) float64 {
	t.Helper()
	number := strings.TrimRight(text, "% /ms")
	unit, ok := units[strings.TrimPrefix(text, number)]
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimLeft(number, "<>"), ",", ""), 64)
	if err != nil || !ok {
		t.Fatalf("%q can't be read back: %v", text, err)
	}
	return v * unit
}

// Each form is monotone, and can be read back to within what it says it rounds
// to: part of the value, or at the least a step.
func TestFormsCanBeReadBack(t *testing.T) {
	const tiny = 1e-9 // what floats add
	for name, form := range map[string]struct {
		write      func(float64) string
		low, high  float64
		part, step float64
	}{
		// At its coarsest Span keeps two digits: 10 ms is from 9.95 to 10.5.
		"Span":       {words.Span, 1e-6, 1e5, 0.05, 0.00005},
		"Moment":     {words.Moment, 1e-3, 1e5, 0, 0.05},
		"Held":       {words.Held, 0.01, 1e4, 0.05, 0.0005},
		"Timeout":    {words.Timeout, 0.01, 1e4, 0.05, 0.0005},
		"PerS":       {words.PerS, 1e-4, 1e6, 0.05, 0.005},
		"Asked":      {words.Asked, 1e-6, 1e6, 0.0005, 0},
		"Percent":    {words.Percent, 1e-6, 1, 0.05, 0.0005},
		"Things":     {words.Things, 1e-3, 1e5, 0.005, 0.05},
		"Calls":      {words.Calls, 1e-3, 100, 0, 0.005},
		"Confidence": {words.Confidence, 1e-3, 1, 0, 0.005},
	} {
		before := -1.0
		for v := form.low; v <= form.high; v *= 1.0007 {
			text := form.write(v)
			back := read(t, text)
			if back < before-tiny {
				t.Fatalf("%s(%v) = %q, less than a smaller value was", name, v, text)
			}
			before = back
			if strings.HasPrefix(text, "<") && v < back || strings.HasPrefix(text, ">") && v > back {
				continue
			}
			if off := math.Abs(back - v); off > max(form.part*v, form.step)*(1+tiny) {
				t.Fatalf("%s(%v) = %q, off by %v", name, v, text, off)
			}
		}
	}
}

// A ratio near all keeps telling how much is missing, to a part of it or 0.01%.
func TestPercentTellsWhatIsMissing(t *testing.T) {
	for missing := 1e-6; missing < 0.09; missing *= 1.0007 {
		text := words.Percent(1 - missing)
		if off := math.Abs(1 - read(t, text) - missing); text == "100%" || off > max(0.5*missing, 0.0001)*(1+1e-9) {
			t.Fatalf("Percent(1 - %v) = %q", missing, text)
		}
	}
}

// A limit that is written never promises more than 1% beyond what was worked
// out, and gives away less than a step of its last digit. It says 1 ms of less.
func TestLimitIsRoundedDown(t *testing.T) {
	before := 0.0
	for v := 0.001; v < 1000; v *= 1.0007 {
		step := 1.0
		switch {
		case v < 0.1:
			step = 0.001
		case v < 1:
			step = 0.01
		case v < 10:
			step = 0.1
		}
		text := words.Limit(v)
		back := read(t, text)
		if back > 1.01*v+1e-9 || back < v-step-1e-9 || back < before-1e-9 {
			t.Fatalf("Limit(%v) = %q, after %v", v, text, before)
		}
		before = back
	}
}

// A timeout that was chosen and one that was seen differ in zeros only.
func TestTimeoutIsHeldWithoutZeros(t *testing.T) {
	for v := 0.001; v < 1000; v *= 1.0007 {
		if a, b := read(t, words.Held(v)), read(t, words.Timeout(v)); a != b {
			t.Fatalf("Held(%v) is %v, Timeout is %v", v, a, b)
		}
	}
}
