package configs

import (
	"errors"
	"math"
	"time"

	"go.yaml.in/yaml/v3"
)

// Think is how long a visitor thinks before a step: From = To always the same, From <
// To drawn evenly between them, Mean drawn from an exponential distribution, Median and
// P95 from a lognormal one. The zero Think is none.
type Think struct {
	From   time.Duration `mapstructure:"from"`
	To     time.Duration `mapstructure:"to"`
	Mean   time.Duration `mapstructure:"mean"`
	Median time.Duration `mapstructure:"median"`
	P95    time.Duration `mapstructure:"p95"`
}

const thinkForms = `a duration such as "2s", a range {from: 1s, to: 3s}, {mean: 2s} or {median: 2s, p95: 10s}`

// normal95 is the 95% quantile of the standard normal distribution.
const normal95 = 1.6448536269514722

// sigma is the standard deviation of the lognormal distribution's logarithm: its
// quantiles are median·exp(z·sigma).
func (t Think) sigma() float64 {
	return math.Log(float64(t.P95)/float64(t.Median)) / normal95
}

// At returns the time at which the share u, 0 to 1, of all think times is at most:
// drawn evenly, u gives the distribution. No time is longer than maxThink.
func (t Think) At(u float64) time.Duration {
	var drawn float64
	switch {
	case t.Mean > 0:
		drawn = -math.Log1p(-u) * float64(t.Mean)
	case t.Median > 0:
		drawn = float64(t.Median) * math.Exp(math.Sqrt2*math.Erfinv(2*u-1)*t.sigma())
	default:
		return t.From + time.Duration(u*float64(t.To-t.From))
	}
	return time.Duration(min(drawn, float64(maxThink)))
}

// MeanTime is how long the think times are on average.
func (t Think) MeanTime() time.Duration {
	switch {
	case t.Mean > 0:
		return t.Mean
	case t.Median > 0:
		return time.Duration(float64(t.Median) * math.Exp(t.sigma()*t.sigma()/2))
	}
	return t.From + (t.To-t.From)/2
}

// String says how long it is, such as "1s to 3s"; "" for no time.
func (t Think) String() string {
	switch {
	case t.Mean > 0:
		return DurationText(t.Mean) + " on average (exponential)"
	case t.Median > 0:
		return "a median of " + DurationText(t.Median) + ", and at most " + DurationText(t.P95) + " in 95% (lognormal)"
	case t.From == t.To && t.To > 0:
		return DurationText(t.From)
	case t.To > 0:
		return DurationText(t.From) + " to " + DurationText(t.To)
	}
	return ""
}

// maxThink bounds a think time.
const maxThink = 24 * time.Hour

func convertThink(data any) (any, error) {
	switch v := data.(type) {
	case string:
		d, err := parseDuration(v)
		return Think{From: d, To: d}, err
	case map[string]any:
		if (v["from"] == nil) != (v["to"] == nil) {
			return nil, errors.New("needs both from and to")
		}
		if (v["median"] == nil) != (v["p95"] == nil) {
			return nil, errors.New("needs both median and p95")
		}
	}
	return data, nil
}

func (t Think) node() *yaml.Node {
	var pairs []*yaml.Node
	add := func(key string, d time.Duration) {
		pairs = append(pairs, scalar("", key), scalar("", DurationText(d)))
	}
	switch {
	case t.Mean > 0:
		add("mean", t.Mean)
	case t.Median > 0:
		add("median", t.Median)
		add("p95", t.P95)
	case t.From == t.To:
		return scalar("", DurationText(t.From))
	default:
		add("from", t.From)
		add("to", t.To)
	}
	return fields(pairs...)
}

// think checks a think time. One of several kinds is a mistake.
func (c *check) think(t Think, path string) {
	kinds := 0
	for _, given := range []bool{t.From != 0 || t.To != 0, t.Mean != 0, t.Median != 0 || t.P95 != 0} {
		if given {
			kinds++
		}
	}
	for _, d := range []time.Duration{t.From, t.To, t.Mean, t.Median, t.P95} {
		if !c.within(d, maxThink, path) {
			return
		}
	}
	switch {
	case kinds > 1:
		c.add(path, "needs one of %s", thinkForms)
	case t.From > t.To:
		c.add(path, "needs from to be at most to")
	case (t.Median > 0 || t.P95 > 0) && t.P95 <= t.Median:
		c.add(path, "needs p95 to be longer than median")
	}
}
