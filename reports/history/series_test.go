package history

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tailback/tailback/reports"
)

// From night 25 of 40 on the site is a fifth slower and carries a fifth less; a
// timeout was fixed at night 10. Night 26 tells nothing, and another experiment's
// nights lie between: the marks are on the right nights all the same.
func TestMarksAreOnTheFirstNight(t *testing.T) {
	dir := t.TempDir()
	noise := rand.New(rand.NewPCG(1, 1))
	for night := range 40 {
		r, other := report(night), report(night)
		slower := 1 + 0.01*noise.NormFloat64()
		if night >= 25 {
			slower *= 1.2
		}
		r.Phases[1].ResponseS.P99, r.Pool.CapacityHz.Value = new(0.1*slower), 40/slower
		if night < 10 {
			r.Timeouts[0].ObservedS.Value = 2
		}
		r.Fidelity.OK = night != 26
		put(t, dir, fmt.Sprintf("n%02d", night), r)
		other.Name, other.Started = "search", other.Started.Add(1e9)
		put(t, dir, fmt.Sprintf("s%02d", night), other)
	}
	h := read(t, dir)
	type mark struct {
		title, commit string
		change        reports.Change
	}
	want := map[mark]bool{{"p99 in steady", "c025", reports.Worse}: true, {"capacity", "c025", reports.Worse}: true, {"timeout on payments", "c010", reports.Improved}: true}
	for i, m := range h.Marks {
		s, n := h.Series[m.Series], h.Nights[m.Night]
		if got := (mark{s.Title, n.Labels["commit"], m.Change}); !want[got] || s.Name != "checkout" || n.Name != "checkout" || m.Gradual {
			t.Errorf("mark %+v on %s", got, n.Dir)
		} else {
			delete(want, got)
		}
		if i > 0 && m.Night > h.Marks[i-1].Night {
			t.Errorf("mark %d is newer than the one before", i)
		}
		if by := m.After / m.Before; s.Title == "p99 in steady" && (by < 1.17 || by > 1.23) {
			t.Errorf("p99 times %g, want 1.2", by)
		}
	}
	if len(want) > 0 {
		t.Errorf("no mark %v", want)
	}
	// 2 s to 0.8 s is a change of 60%, the others of 20%.
	if h, err := Read(dir, Options{MinEffect: 0.5}); err != nil || len(h.Marks) != 1 || h.Series[h.Marks[0].Series].Figure != "timeout" {
		t.Errorf("with --min-effect 0.5: %+v, %v; want the timeout's alone", h.Marks, err)
	}
}

func TestLeastChange(t *testing.T) {
	for unit, want := range map[string]float64{"s": 0.001, "ratio": 0.005, "count": 0.5, "/s": 0} {
		if got := least(unit); got != want {
			t.Errorf("%s: %g, want %g", unit, got, want)
		}
	}
}
