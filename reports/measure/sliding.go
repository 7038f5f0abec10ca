package measure

import (
	"iter"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// windowParts is into how many parts a window is cut: so many steps take it past its
// own length. Fewer are taken where histograms of more than maxSteps would be kept.
const (
	windowParts = 10
	maxSteps    = configs.MaxWindows
)

// Sliding counts the hits that an objective over a window is about, by when they were
// due, in parts of the window. What is left at the end of a stretch and is shorter
// than a part belongs to its last one.
type Sliding struct {
	over, part time.Duration
	request    int   // -1 is all
	of         []int // by phase: the stretch that it is in, -1 for none
	stretches  []stretch
	timed      bool // the times of good answers are kept as well
}

// stretch is phases that follow each other, cut into parts.
type stretch struct {
	from, to time.Duration
	parts    []portion
}

// portion is what came of the hits that were due in a part of a window.
type portion struct {
	sent, ok, degraded int64
	gateway            [len(gatewayCodes)]int64
	response           *stats.Histogram // ns, of good answers; nil where there were none, or nobody asks
}

// Window is a window of a run, and what came of the hits that were due in it.
type Window struct {
	From, Length time.Duration
	*Tally
}

// mostSlidings is of how many objectives windows are kept: a bundle may come from
// anybody, and ask for more than there is memory.
const mostSlidings = 100

// newSlidings has an entry for each objective of the manifest; nil for those
// without a window, and on what the run does not have or nobody could keep.
func newSlidings(m journal.Manifest) []*Sliding {
	list, n := make([]*Sliding, len(m.Objectives)), 0
	for i, text := range m.Objectives {
		if o, err := configs.ParseObjective(text); err == nil && o.Over > 0 && n < mostSlidings {
			list[i] = newSliding(m, o)
			n++
		}
	}
	return list
}

func newSliding(m journal.Manifest, o configs.Objective) *Sliding {
	s := &Sliding{over: o.Over, part: o.Over / windowParts, request: -1, timed: o.Unit == configs.Seconds}
	if o.Request != "" {
		if s.request = slices.Index(m.Requests, o.Request); s.request < 0 {
			return nil
		}
	}
	for i, p := range m.Phases {
		s.of = append(s.of, -1)
		if p.Warmup || o.Phase != "" && p.Name != o.Phase {
			continue
		}
		last := len(s.stretches) - 1
		if last >= 0 && i > 0 && s.of[i-1] == last {
			s.stretches[last].to = time.Duration(p.EndNS)
		} else {
			s.stretches = append(s.stretches, stretch{from: time.Duration(p.StartNS), to: time.Duration(p.EndNS)})
			last++
		}
		s.of[i] = last
	}
	var all time.Duration
	for _, one := range s.stretches {
		all += one.to - one.from
	}
	for _, n := range []time.Duration{5, 2, 1} {
		if s.timed && all/s.part > maxSteps {
			s.part = s.over / n
		}
	}
	if all/s.over > maxSteps {
		return nil
	}
	return s
}

// last is the last part of a stretch.
func (s *Sliding) last(one *stretch) int { return max(int((one.to-one.from)/s.part)-1, 0) }

// add counts a hit. Its phase is no warm-up.
func (s *Sliding) add(h *journal.Hit) {
	if s == nil || s.of[h.Phase] < 0 || s.request >= 0 && int(h.Request) != s.request || h.Class.Ours() {
		return
	}
	one := &s.stretches[s.of[h.Phase]]
	i := min(int(max(h.Due-one.from, 0)/s.part), s.last(one))
	if i >= len(one.parts) {
		one.parts = append(one.parts, make([]portion, i+1-len(one.parts))...)
	}
	p := &one.parts[i]
	p.sent++
	if h.Class != journal.ClassOK {
		if g := gatewayIndex(h.Code); g >= 0 {
			p.gateway[g]++
		}
		return
	}
	p.ok++
	if h.Degraded {
		p.degraded++
	}
	if s.timed {
		if p.response == nil {
			p.response = &stats.Histogram{}
		}
		p.response.Add(int64(h.Response()))
	}
}

// Windows yields each window that was over by the moment end, the earliest first.
func (s *Sliding) Windows(end time.Duration) iter.Seq[Window] {
	n := int(s.over / s.part)
	return func(yield func(Window) bool) {
		for k := range s.stretches {
			one := &s.stretches[k]
			for first := 0; first+n <= s.last(one)+1; first++ {
				w := Window{From: one.from + time.Duration(first)*s.part, Length: s.over}
				if first+n == s.last(one)+1 {
					w.Length = one.to - w.From
				}
				if w.From+w.Length > end {
					break
				}
				w.Tally = sumOf(one.parts, first, first+n)
				if !yield(w) {
					return
				}
			}
		}
	}
}

// sumOf is what came of the hits in parts from first up to end.
func sumOf(parts []portion, first, end int) *Tally {
	sum := &Tally{}
	for _, p := range parts[min(first, len(parts)):min(end, len(parts))] {
		sum.Sent += p.sent
		sum.Ok += p.ok
		sum.Degraded += p.degraded
		for i, n := range p.gateway {
			sum.Gateway[i] += n
		}
		if p.response != nil {
			sum.Response.Merge(p.response)
		}
	}
	return sum
}
