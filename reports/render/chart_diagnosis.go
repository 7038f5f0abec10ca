package render

import (
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// maxUses is how many dependencies have a chart of their own.
const maxUses = 4

// model is what was predicted of the run, one value a bucket; null where there is no model.
type model struct {
	OK     []*float64 `json:"ok"` // good answers per second
	Busy   []*float64 `json:"busy"`
	Queued []*float64 `json:"queued"`
}

// level is a time at which somebody gives up.
type level struct {
	At    float64 `json:"at"` // s
	Label string  `json:"label"`
}

// reading is what the status page said at a moment.
type reading struct {
	At    float64 `json:"at"`
	Busy  int64   `json:"busy"`
	Queue int64   `json:"queue"`
}

// use is how the site used a dependency, one value a bucket.
type use struct {
	Name    string  `json:"name"`
	Open    []int64 `json:"open"`
	Waiting []int64 `json:"waiting"`
}

// Below fair a model explains too little of a run to be drawn over it. Off is how
// far it may be from the answers in all where nothing varied and so nothing can be
// explained.
const (
	fair = 0.5
	off  = 0.1
)

// fits reports whether the model is near enough to what was seen to be drawn: the
// line of one that is not would mislead, and its size would flatten what was seen.
func fits(r *reports.Report) bool {
	if r.Pool.FitR2 != nil {
		return *r.Pool.FitR2 >= fair
	}
	seen, said := 0.0, 0.0
	for i, s := range r.Prediction.Series {
		seen += sheet.At(r.Timeline.OKHz, i) + sheet.At(r.Timeline.Degraded, i)
		said += s.OKHz
	}
	return math.Abs(said-seen) <= off*seen
}

// newModel picks what was predicted for n buckets.
func newModel(p reports.Prediction, n int) *model {
	if len(p.Series) == 0 || n == 0 {
		return nil
	}
	m := &model{OK: make([]*float64, n), Busy: make([]*float64, n), Queued: make([]*float64, n)}
	for i, s := range p.Series[:min(n, len(p.Series))] {
		ok, busy, queued := sheet.Round(s.OKHz), sheet.Round(s.Busy), sheet.Round(s.Queued)
		m.OK[i], m.Busy[i], m.Queued[i] = &ok, &busy, &queued
	}
	return m
}

// levels are the timeouts that were seen, the shortest first.
func levels(r *reports.Report) []level {
	list := []level{}
	add := func(e *reports.Estimate, who string) {
		if e == nil || e.Value <= 0 {
			return
		}
		l := level{At: sheet.Round(e.Value), Label: who + " " + words.Held(e.Value)}
		if !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	for _, t := range r.Timeouts {
		switch {
		case t.Verdict == "worker":
			add(t.ObservedS, "workers killed")
		case t.Connect:
			add(t.ObservedS, shorten(oneLine(t.Dependency), 20)+" connect timeout")
		default:
			add(t.ObservedS, shorten(oneLine(t.Dependency), 20)+" timeout")
		}
	}
	add(r.Pool.GatewayTimeoutS, "gateway")
	slices.SortStableFunc(list, func(a, b level) int {
		if a.At < b.At {
			return -1
		} else if a.At > b.At {
			return 1
		}
		return 0
	})
	return list
}

// readings are those of the status page until end; its queue is known only
// where any was ever seen, since it can't see into a unix socket.
func readings(r *reports.Report, end float64) (list []reading, queue bool) {
	list = []reading{}
	for _, s := range r.Status {
		if s.AtS <= end {
			list = append(list, reading{sheet.Round(s.AtS), s.Busy, s.Queue})
			queue = queue || s.Queue > 0
		}
	}
	return list, queue
}

// uses are the dependencies that were called, in n buckets.
func uses(r *reports.Report, n int) []use {
	list := []use{}
	for _, d := range r.Dependencies {
		if len(list) == maxUses || d.PeakOpen == 0 && d.Calls == 0 || len(d.Open) == 0 {
			continue
		}
		list = append(list, use{d.Name, padded(d.Open, n), padded(d.Waiting, n)})
	}
	return list
}

// padded is vs with n entries; what is missing is 0.
func padded(vs []int64, n int) []int64 {
	out := make([]int64, n)
	copy(out, vs)
	return out
}

func (m *model) coarse(k int) *model {
	if m == nil {
		return nil
	}
	return &model{sheet.Joined(m.OK, k, sheet.MeanKnown), sheet.Joined(m.Busy, k, sheet.GreatestKnown), sheet.Joined(m.Queued, k, sheet.GreatestKnown)}
}

// sitePanel is what is inside the site: as counted from outside, as the model
// has it, and as the status page said.
func (c chart) sitePanel() panel {
	p := panel{ID: "flight", Title: "In the site", Top: 8, Bottom: 108, Room: 100, Height: 112, Whole: true}
	vs := floats(c.InFlight, len(c.Starts))
	most := slices.Max(append(slices.Clone(vs), 1))
	if c.Model != nil {
		most = max(most, *sheet.GreatestKnown(append(slices.Clone(c.Model.Queued), &most)), *sheet.GreatestKnown(append(slices.Clone(c.Model.Busy), &most)))
	}
	for _, g := range c.Readings {
		most = max(most, float64(g.Busy), float64(g.Queue))
	}
	y := p.linear(most)
	p.Paths = []path{{"flight", "", c.area(make([]float64, len(vs)), vs, y)}, {"p50", "", c.line(sheet.Pointers(vs), y)}}
	if c.Model != nil {
		p.Paths = append(p.Paths, path{"queued", "", c.line(c.Model.Queued, y)}, path{"busy", "", c.line(c.Model.Busy, y)})
	}
	for _, g := range c.Readings {
		p.Dots = append(p.Dots, dot{c.x(g.At), sheet.Tenth(y(float64(g.Busy))), "busy"})
		if c.QueueSeen {
			p.Dots = append(p.Dots, dot{c.x(g.At), sheet.Tenth(y(float64(g.Queue))), "queued"})
		}
	}
	return p
}

// usePanel is how the site used a dependency.
func (c chart) usePanel(id string, u use) panel {
	p := panel{ID: id, Title: u.Name, Use: true, Top: 8, Bottom: 68, Room: 60, Height: 72, Whole: true}
	open, waiting := floats(u.Open, len(c.Starts)), floats(u.Waiting, len(c.Starts))
	y := p.linear(slices.Max(append(append(slices.Clone(open), waiting...), 1)))
	p.Paths = []path{{"waiting", "", c.area(make([]float64, len(waiting)), waiting, y)}, {"p95", "", c.line(sheet.Pointers(open), y)}}
	return p
}

func floats(vs []int64, n int) []float64 {
	out := make([]float64, n)
	for i := range min(n, len(vs)) {
		out[i] = float64(vs[i])
	}
	return out
}
