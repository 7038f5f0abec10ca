package measure

import (
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Windows move on by a tenth of their length; what is left at a stretch's end belongs
// to its last one; a warm-up between two phases makes two stretches of them.
func TestWindows(t *testing.T) {
	ms := func(n int64) int64 { return n * int64(time.Millisecond) }
	phases := []journal.PhaseSpan{
		{Name: "a", EndNS: ms(1000)}, {Name: "b", StartNS: ms(1000), EndNS: ms(1250)},
		{Name: "pause", StartNS: ms(1250), EndNS: ms(3000), Warmup: true}, {Name: "c", StartNS: ms(3000), EndNS: ms(4000)},
	}
	m := journal.Manifest{Phases: phases, Requests: []string{"x", "y"}, Objectives: []string{"errors < 1", "errors < 1 over 1s", "b: errors < 1 over 1s", "z errors < 1 over 1s", "y errors < 1 over 1s"}}
	list := newSlidings(m)
	if list[0] != nil || list[3] != nil {
		t.Error("an objective without a window, or on a request that there is not, has windows")
	}
	for i, at := range []int64{0, 950, 1240, 1249, 2000, 3500} { // in phases a, a, b, b, pause, c
		phase := []int32{0, 0, 1, 1, 2, 3}[i]
		h := journal.Hit{Phase: phase, Request: int32(i % 2), Due: time.Duration(ms(at))}
		for _, s := range list {
			s.add(&h)
		}
	}
	type seen struct{ from, length, sent int64 }
	windows := func(s *Sliding, end int64) (got []seen) {
		for w := range s.Windows(time.Duration(ms(end))) {
			got = append(got, seen{w.From.Milliseconds(), w.Length.Milliseconds(), w.Sent})
		}
		return got
	}
	for _, row := range []struct {
		name string
		got  []seen
		want []seen
	}{
		// 0 to 1 s has the hits of 0 and 950 ms, the two after it that of 950 ms; the last, of 1.05 s, those of b as well.
		{"all", windows(list[1], 4000), []seen{{0, 1000, 2}, {100, 1000, 1}, {200, 1050, 3}, {3000, 1000, 1}}},
		{"until the run ended", windows(list[1], 1249), []seen{{0, 1000, 2}, {100, 1000, 1}}},
		{"a phase that is shorter", windows(list[2], 4000), nil},
		{"of y: 950 and 1249 ms, and 3500", windows(list[4], 4000), []seen{{0, 1000, 1}, {100, 1000, 1}, {200, 1050, 2}, {3000, 1000, 1}}},
	} {
		if len(row.got) != len(row.want) {
			t.Errorf("%s: got %v, want %v", row.name, row.got, row.want)
			continue
		}
		for i := range row.got {
			if row.got[i] != row.want[i] {
				t.Errorf("%s: got %v, want %v", row.name, row.got, row.want)
				break
			}
		}
	}
}

// A bundle may come from anybody: what it asks for takes no more memory than there is.
func TestWindowsAreBounded(t *testing.T) {
	year := journal.PhaseSpan{Name: "long", EndNS: int64(100 * 24 * time.Hour)}
	m := journal.Manifest{Phases: []journal.PhaseSpan{year}, Requests: []string{"x"}}
	for range mostSlidings + 1 {
		m.Objectives = append(m.Objectives, "p95 < 1s over 10m") // 14,400 side by side
	}
	list := newSlidings(m)
	if last := list[mostSlidings]; last != nil || list[0] == nil {
		t.Error("not as many objectives have windows as there may be")
	}
	if steps := int(time.Duration(year.EndNS) / list[0].part); steps > maxSteps {
		t.Errorf("%d histograms may be kept", steps)
	}
	m.Objectives = []string{"errors < 1% over 1s"} // 8,640,000
	if list := newSlidings(m); list[0] != nil {
		t.Error("windows of a second are kept of 100 days")
	}
}
