package reports

import (
	"math"
	"slices"

	"github.com/tailback/tailback/reports/journal"
)

// servedMix counts the answers in busy windows by request.
type servedMix struct {
	grid    *grid
	windows []busyWindow
	n       []int64
}

func (m *servedMix) add(h *journal.Hit) {
	if !servedByApp(h) {
		return
	}
	c := m.grid.cell(h.Done)
	i, found := slices.BinarySearchFunc(m.windows, c, func(w busyWindow, c int) int { return w.from - c })
	if !found {
		i--
	}
	if i >= 0 && c < m.windows[i].to {
		m.n[h.Request]++
	}
}

// weigh returns by how much longer than over the mix as sent the requests were
// that happened to be served in the windows, as a ratio, and the coefficient of
// variation that is left when this is allowed for.
func (m *servedMix) weigh(f *serviceFit) (ratio, spread float64) {
	var n, sum, variance float64
	for r, k := range m.n {
		if f.means[r] == 0 {
			continue
		}
		n += float64(k)
		sum += float64(k) * f.means[r]
		variance += float64(k) * f.variances[r]
	}
	if n == 0 {
		return 1, f.spread
	}
	s := f.estimate.Value
	return sum / n / s, math.Sqrt(variance/n) / s
}
