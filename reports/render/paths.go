package render

import (
	"math"
	"strconv"
	"strings"
)

// line draws vs as steps, one a bucket, with a gap where a value is unknown.
func (c chart) line(vs []*float64, y func(float64) float64) string {
	var b strings.Builder
	open := false
	for i := range c.Starts {
		if i >= len(vs) || vs[i] == nil {
			open = false
			continue
		}
		to := y(*vs[i])
		if open {
			b.WriteString("V" + coordinate(to))
		} else {
			b.WriteString("M" + coordinate(c.x(c.Starts[i])) + " " + coordinate(to))
		}
		b.WriteString("H" + coordinate(c.x(c.edge(i))))
		open = true
	}
	return b.String()
}

// area draws what lies between two lines of steps.
func (c chart) area(under, over []float64, y func(float64) float64) string {
	var b strings.Builder
	for i := 0; i < len(c.Starts); i++ {
		if over[i] <= under[i] {
			continue
		}
		last := i
		for last+1 < len(c.Starts) && over[last+1] == over[i] && under[last+1] == under[i] {
			last++
		}
		b.WriteString("M" + coordinate(c.x(c.Starts[i])) + " " + coordinate(y(over[i])) +
			"H" + coordinate(c.x(c.edge(last))) + "V" + coordinate(y(under[i])) + "H" + coordinate(c.x(c.Starts[i])) + "z")
		i = last
	}
	return b.String()
}

// edge is where bucket i ends.
func (c chart) edge(i int) float64 {
	if i+1 < len(c.Starts) {
		return c.Starts[i+1]
	}
	return c.End
}

func coordinate(v float64) string {
	return strconv.FormatFloat(tenth(v), 'f', -1, 64)
}

// tenth rounds to a tenth of a unit, finer than can be seen.
func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// coarse joins neighbouring buckets until there are at most n: rates by their
// mean, times and requests in flight by their greatest.
func (c chart) coarse(n int) chart {
	k := (len(c.Starts) + n - 1) / n
	if k <= 1 {
		return c
	}
	c.Starts = joined(c.Starts, k, func(g []float64) float64 { return g[0] })
	c.Asked = joined(c.Asked, k, meanKnown)
	c.InFlight = joined(c.InFlight, k, greatest[int64])
	c.P50, c.P95, c.Max = joined(c.P50, k, greatestKnown), joined(c.P95, k, greatestKnown), joined(c.Max, k, greatestKnown)
	layers := make([]layer, len(c.Layers))
	for i, l := range c.Layers {
		l.Hz = joined(l.Hz, k, mean)
		layers[i] = l
	}
	c.Layers, c.Model = layers, c.Model.coarse(k)
	each := make([]use, len(c.Uses))
	for i, u := range c.Uses {
		each[i] = use{u.Name, joined(u.Open, k, greatest[int64]), joined(u.Waiting, k, greatest[int64])}
	}
	c.Uses = each
	return c
}

func joined[T any](vs []T, k int, join func([]T) T) []T {
	var out []T
	for i := 0; i < len(vs); i += k {
		out = append(out, join(vs[i:min(i+k, len(vs))]))
	}
	return out
}

func mean(vs []float64) float64 {
	sum := 0.0
	for _, v := range vs {
		sum += v
	}
	return sum / float64(len(vs))
}

func meanKnown(vs []*float64) *float64 {
	var known []float64
	for _, v := range vs {
		if v != nil {
			known = append(known, *v)
		}
	}
	if known == nil {
		return nil
	}
	m := mean(known)
	return &m
}

func greatest[T int64 | float64](vs []T) T {
	most := vs[0]
	for _, v := range vs {
		most = max(most, v)
	}
	return most
}

func greatestKnown(vs []*float64) *float64 {
	var most *float64
	for _, v := range vs {
		if v != nil && (most == nil || *v > *most) {
			most = v
		}
	}
	return most
}

func pointers(vs []float64) []*float64 {
	out := make([]*float64, len(vs))
	for i := range vs {
		out[i] = &vs[i]
	}
	return out
}

// at is vs[i], or 0 where the list is shorter.
func at(vs []float64, i int) float64 {
	if i < len(vs) {
		return vs[i]
	}
	return 0
}
