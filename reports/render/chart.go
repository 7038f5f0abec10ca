package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// chart is what the page's charts are drawn from, as it stands in the page's data block.
type chart struct {
	Starts   []float64  `json:"t"` // of the buckets, s
	End      float64    `json:"end"`
	Asked    []*float64 `json:"asked"` // per second, as the layers; null when no phase lasts
	Layers   []layer    `json:"layers"`
	P50      []*float64 `json:"p50"` // s
	P95      []*float64 `json:"p95"`
	Max      []*float64 `json:"max"`
	InFlight []int64    `json:"inFlight"`
	Phases   []stretch  `json:"phases"`
	Faults   []stretch  `json:"faults"`
	Lanes    int        `json:"lanes"` // rows that Faults needs
	Marks    []mark     `json:"marks"`
	Model    *model     `json:"model"` // null when there is none, or it does not fit
	Levels   []level    `json:"levels"`
	Readings []reading  `json:"readings"`
	// QueueSeen is whether the status page told of a queue.
	QueueSeen bool  `json:"queueSeen"`
	Uses      []use `json:"uses"`
}

// layer is one part of the stack of answers per second, the lowest first.
type layer struct {
	Name string    `json:"name"`
	Fill string    `json:"fill"` // the colour and pattern: ok, degraded, c502, c504, code or none
	Hz   []float64 `json:"hz"`
}

// stretch is a phase or a fault on the time axis.
type stretch struct {
	Key  string  `json:"key"` // stands for Name where there is no room for it
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Lane int     `json:"lane"`
	// Room is how far Name may reach: to where the next in its lane begins.
	Room float64 `json:"room"`
}

// mark is a moment with a label.
type mark struct {
	At    float64 `json:"at"`
	Label string  `json:"label"`
	Bad   bool    `json:"bad"`
	Minor bool    `json:"minor"` // no fault brought it, but one brought another
}

// newChart picks what is drawn out of r.
func newChart(r *reports.Report) chart {
	t, end := sheet.Ended(r)
	c := chart{Starts: rounded(t.StartS), End: sheet.Round(end), Asked: sheet.Asked(r, t, end), InFlight: list(t.InFlight), Layers: layers(t),
		P50: roundedTimes(t.P50S), P95: roundedTimes(t.P95S), Max: roundedTimes(t.MaxS), Phases: []stretch{}, Marks: marks(r)}
	for i, p := range r.Phases {
		if p.EndS > p.StartS && p.StartS < end {
			to := sheet.Round(min(p.EndS, end))
			c.Phases = append(c.Phases, stretch{Key: fmt.Sprint(i + 1), Name: p.Name, From: sheet.Round(p.StartS), To: to, Room: to})
		}
	}
	c.Faults, c.Lanes = lanes(r.Faults, c.End)
	n := len(c.Starts)
	c.Levels, c.Uses = levels(r), uses(r, n)
	if fits(r) {
		c.Model = newModel(r.Prediction, n)
	}
	c.Readings, c.QueueSeen = readings(r, c.End)
	return c
}

// coarse joins neighbouring buckets until there are at most n: rates by their
// mean, times and requests in flight by their greatest.
func (c chart) coarse(n int) chart {
	k := (len(c.Starts) + n - 1) / n
	if k <= 1 {
		return c
	}
	c.Starts = sheet.Joined(c.Starts, k, func(g []float64) float64 { return g[0] })
	c.Asked = sheet.Joined(c.Asked, k, sheet.MeanKnown)
	c.InFlight = sheet.Joined(c.InFlight, k, sheet.Greatest[int64])
	c.P50, c.P95, c.Max = sheet.Joined(c.P50, k, sheet.GreatestKnown), sheet.Joined(c.P95, k, sheet.GreatestKnown), sheet.Joined(c.Max, k, sheet.GreatestKnown)
	layers := make([]layer, len(c.Layers))
	for i, l := range c.Layers {
		l.Hz = sheet.Joined(l.Hz, k, sheet.Mean)
		layers[i] = l
	}
	c.Layers, c.Model = layers, c.Model.coarse(k)
	each := make([]use, len(c.Uses))
	for i, u := range c.Uses {
		each[i] = use{u.Name, sheet.Joined(u.Open, k, sheet.Greatest[int64]), sheet.Joined(u.Waiting, k, sheet.Greatest[int64])}
	}
	c.Uses = each
	return c
}

// edges are where the buckets begin, and where the last one ends.
func (c chart) edges() []float64 { return append(slices.Clone(c.Starts), c.End) }

// line draws vs as steps, one a bucket.
func (c chart) line(vs []*float64, y func(float64) float64) string {
	return sheet.Steps(c.edges(), vs, c.x, y)
}

// area draws what lies between two lines of steps.
func (c chart) area(under, over []float64, y func(float64) float64) string {
	return sheet.Area(c.edges(), under, over, c.x, y)
}

// layers stacks what came back, good answers at the bottom. A layer in which
// nothing happened is left out, but for the good answers.
func layers(t reports.Timeline) []layer {
	var other []float64
	var others []string
	for code, hz := range t.CodesHz {
		if code != "502" && code != "504" && slices.Max(append(hz, 0)) > 0 {
			others = append(others, code)
			other = add(other, hz)
		}
	}
	slices.Sort(others)
	all := []layer{
		{"ok", "ok", t.OKHz},
		{"degraded", "degraded", t.Degraded},
		{"502", "c502", t.CodesHz["502"]},
		{"504", "c504", t.CodesHz["504"]},
		{"other status (" + shorten(strings.Join(others, ", "), 30) + ")", "code", other},
		{"no answer or a wrong one", "none", t.OtherHz},
	}
	var used []layer
	for i, l := range all {
		if l.Hz = rounded(l.Hz); i == 0 || slices.Max(append(l.Hz, 0)) > 0 {
			used = append(used, l)
		}
	}
	return used
}

func add(sum, hz []float64) []float64 {
	sum = slices.Grow(sum, len(hz))
	for i, v := range hz {
		if i == len(sum) {
			sum = append(sum, 0)
		}
		sum[i] += v
	}
	return sum
}

// lanes puts faults that overlap in time on rows of their own.
func lanes(faults []reports.Fault, end float64) ([]stretch, int) {
	bars, free, last := []stretch{}, []float64{}, []int{}
	for i, f := range faults {
		bar := stretch{Key: letters(i), Name: faultName(f), From: sheet.Round(f.AppliedS), To: end, Room: end}
		if f.LiftedS != nil {
			bar.To = sheet.Round(*f.LiftedS)
		}
		lane := slices.IndexFunc(free, func(until float64) bool { return until <= bar.From })
		if lane < 0 {
			free, last, lane = append(free, 0), append(last, -1), len(free)
		}
		if before := last[lane]; before >= 0 {
			bars[before].Room = bar.From
		}
		bar.Lane, free[lane], last[lane] = lane, bar.To, i
		bars = append(bars, bar)
	}
	return bars, len(free)
}

// letters numbers from 0 on: A to Z, AA to AZ, BA and so on.
func letters(i int) string {
	s := string(rune('A' + i%26))
	if i < 26 {
		return s
	}
	return letters(i/26-1) + s
}

// marks are the first gateway errors and the recoveries, in order of time.
func marks(r *reports.Report) []mark {
	list := []mark{}
	anyFault := slices.ContainsFunc(r.Onset, func(o reports.Onset) bool { return o.AfterFaultS != nil })
	for _, o := range r.Onset {
		label := errorName(o)
		if o.AfterFaultS != nil {
			label += " +" + words.Span(*o.AfterFaultS)
		}
		list = append(list, mark{At: sheet.Round(o.FirstS), Label: label, Bad: true, Minor: anyFault && o.AfterFaultS == nil})
	}
	for _, v := range r.Recovery {
		if v.RecoveredS != nil && v.AfterLiftS != nil && !wasWell(v) {
			list = append(list, mark{At: sheet.Round(*v.RecoveredS), Label: "well again " + words.After(*v.AfterLiftS)})
		}
	}
	slices.SortStableFunc(list, func(a, b mark) int { return cmp.Compare(a.At, b.At) })
	return list
}

func rounded(vs []float64) []float64 {
	out := make([]float64, len(vs))
	for i, v := range vs {
		out[i] = sheet.Round(v)
	}
	return out
}

func roundedTimes(vs []*float64) []*float64 {
	out := make([]*float64, len(vs))
	for i, v := range vs {
		if v != nil {
			s := sheet.Round(*v)
			out[i] = &s
		}
	}
	return out
}
