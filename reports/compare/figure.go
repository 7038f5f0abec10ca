package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// figure is a figure of traffic to compare: a quantile of good answers, or the
// ratio of what of counts.
type figure struct {
	reports.Compared
	q             float64             // 0: a ratio
	of            func(*cell) float64 // of a ratio
	before, after []part
	course        bool   // a fault gives it a course, in place of being alike all along
	spoiled       string // why it can't be compared; empty: it can
}

// part is what a run has for a figure.
type part struct {
	traffic *reports.Traffic
	series  *series // nil: its hits are gone
}

// value is the figure as the run's report has it; nil when it has none.
func (f *figure) value(p part) *float64 {
	switch {
	case f.q == 0 && f.Figure == degradedFigure:
		return p.traffic.DegradedRatio
	case f.q == 0 && p.traffic.OKRatio != nil:
		bad := 1 - *p.traffic.OKRatio
		return &bad
	}
	r := &p.traffic.ResponseS
	return map[float64]*float64{0.5: r.P50, 0.95: r.P95, 0.99: r.P99}[f.q]
}

// compare fills in what can be told at the significance alpha.
func (f *figure) compare(alpha float64, o Options) {
	before, after := f.values(f.before), f.values(f.after)
	f.Before, f.After = median(before), median(after)
	if why := f.unknown(len(before) == len(f.before) && len(after) == len(f.after)); why != "" {
		f.Compared = cantTell(f.Compared, why)
		return
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, b := range f.before {
		for _, a := range f.after {
			l, h := f.interval(b.series, a.series, alpha)
			low, high = min(low, l), max(high, h)
		}
	}
	if len(before) >= fewRuns && len(after) >= fewRuns {
		low, high = f.interval(pooled(f.before), pooled(f.after), alpha)
		l, h := across(before, after, alpha)
		low, high = min(low, l), max(high, h)
	}
	f.Low, f.High = &low, &high
	shows := 0.0
	if f.q == 0 {
		shows = showsPoints
	}
	judge(&f.Compared, less, shows, o)
	f.blameMachine(o)
}

// beyond is how many answers must lie beyond a quantile, on each side, for chance to be told.
const beyond = 5

// unknown says why nothing can be told of the figure; it is empty when something can.
func (f *figure) unknown(all bool) string {
	if f.spoiled != "" {
		return f.spoiled
	}
	for _, p := range slices.Concat(f.before, f.after) {
		if p.series == nil {
			return "the hits of a run are gone, and with them what chance does"
		}
		if n := float64(p.traffic.ResponseS.N); f.q > 0 && n*(1-f.q) < beyond-1e-9 {
			return fmt.Sprintf("%s are too few for it; it takes %s", words.Number(int64(n), "good answer"), words.Count(int64(math.Ceil(beyond/(1-f.q)-1e-9))))
		}
	}
	if !all {
		return "a run has no such figure"
	}
	return ""
}

func (f *figure) values(parts []part) (list []float64) {
	for _, p := range parts {
		if v := f.value(p); v != nil {
			list = append(list, *v)
		}
	}
	return list
}

// nearS is how far, in seconds, the course of a phase may shift by chance.
const nearS = 2.0

func (f *figure) near(s *series) int {
	if !f.course {
		return -1
	}
	return max(int(math.Round(nearS/s.cellS)), 1)
}

// interval holds the difference of two runs with the confidence 1 - alpha.
func (f *figure) interval(before, after *series, alpha float64) (low, high float64) {
	if f.q == 0 {
		burst := max(f.burst(before, alpha), f.burst(after, alpha))
		return stats.RatioDifference(f.ratio(before).Among(burst), f.ratio(after).Among(burst), alpha)
	}
	return f.quantileDifference(before, after, alpha)
}

func (f *figure) ratio(s *series) stats.Ratio {
	return stats.Ratio{K: sum(s.counts(f.of)), N: sum(s.counts(sent))}
}

// burst is how many hits that are counted are one event, as far as a series tells:
// by how much its blocks vary more than those of hits that are independent. Few
// events tell little of that, so that the side counts on which they are more.
func (f *figure) burst(s *series, alpha float64) float64 {
	sent, found := s.counts(sent), s.counts(f.of)
	all := f.ratio(s)
	near := f.near(s)
	rest := make([]float64, len(sent)) // beyond what the cell's hits would have at the ratio of all
	for i := range rest {
		rest[i] = found[i] - sent[i]*all.Value()
	}
	blocks := stats.BlocksOf(rest, near)
	variance, ok := blocks.Variance(rest)
	if !ok {
		return 1
	}
	few := stats.Few(blocks.Count(len(rest)), alpha)
	return all.Burst(variance * few * few)
}

// draws is how often the hits are drawn again: ten of the differences then lie
// beyond each end of the interval, within what is quick.
func draws(alpha float64) int { return int(min(max(20/alpha, 1000), 10_000)) }

// quantileDifference is a block bootstrap of the difference of two quantiles. The
// width of a histogram's bins is in the interval.
func (f *figure) quantileDifference(before, after *series, alpha float64) (low, high float64) {
	r := rand.New(rand.NewPCG(1, 1))
	b, a := f.resampler(before), f.resampler(after)
	d := make([]float64, draws(alpha))
	for i := range d {
		d[i] = a.draw(r) - b.draw(r)
	}
	slices.Sort(d)
	out := int(alpha / 2 * float64(len(d)))
	seen := a.seen - b.seen
	few := max(stats.Few(a.blocks.Count(len(a.times)), alpha), stats.Few(b.blocks.Count(len(b.times)), alpha))
	bins := stats.MaxRelativeError * (a.seen + b.seen)
	low = max(seen-max(seen-d[out], 0)*few-bins, -b.seen) // no time is less than nothing
	high = seen + max(d[len(d)-1-out]-seen, 0)*few + bins
	return low * nanosecond, high * nanosecond
}

var nanosecond = time.Nanosecond.Seconds()

// resampler draws a quantile of a run again.
type resampler struct {
	values *stats.Celled
	blocks stats.Blocks
	times  []int32
	q      float64
	seen   float64 // the quantile as it was
}

func (f *figure) resampler(s *series) *resampler {
	r := &resampler{values: s.celled(), times: make([]int32, len(s.cells)), q: f.q}
	for i := range r.times {
		r.times[i] = 1
	}
	seen := r.values.Quantile(f.q, r.times)
	r.seen = float64(seen)
	r.blocks = stats.BlocksOf(r.values.Beyond(seen), f.near(s))
	return r
}

func (r *resampler) draw(random *rand.Rand) float64 {
	r.blocks.Draw(random, r.times)
	return float64(r.values.Quantile(r.q, r.times))
}

// median of some values; nil of none.
func median(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	m := (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
	return &m
}
