package compare

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// fewRuns is from how many runs a side on what differs between runs can be told
// from them.
const fewRuns = 3

// across holds the difference of what several runs a side have, with the confidence
// 1 - alpha: from the interval of each side's center, put together as by G. Zou, A.
// Donner, "Construction of confidence limits about effect measures", Statistics in
// Medicine 27(10), 2008. Where there are runs enough for it nothing is assumed of
// how they are spread, and else that it is as by a normal distribution.
func across(before, after []float64, alpha float64) (low, high float64) {
	summary := func(assume benchmath.Assumption, values []float64) benchmath.Summary {
		return assume.Summary(benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds), 1-alpha)
	}
	b, a := summary(benchmath.AssumeNothing, before), summary(benchmath.AssumeNothing, after)
	if len(b.Warnings)+len(a.Warnings) > 0 { // too few
		b, a = summary(benchmath.AssumeNormal, before), summary(benchmath.AssumeNormal, after)
	}
	d := a.Center - b.Center
	return d - math.Hypot(a.Center-a.Lo, b.Hi-b.Center), d + math.Hypot(a.Hi-a.Center, b.Center-b.Lo)
}

// pooled are the cells of several runs, one run after another.
func pooled(parts []part) *series {
	all := &series{cellS: parts[0].series.cellS}
	for _, p := range parts {
		all.cells = append(all.cells, p.series.cells...)
	}
	return all
}
