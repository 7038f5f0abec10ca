package sheet

import (
	"slices"

	"github.com/tailback/tailback/reports"
)

// Ended returns r's timeline up to the moment at which the run ended, and that
// moment. The run ends within the last bucket, whose rates are then over less
// time than the bucket's. A last part of less than half a bucket joins the one
// before, since one answer in a few milliseconds is no rate.
func Ended(r *reports.Report) (reports.Timeline, float64) {
	t := r.Timeline
	n := len(t.StartS)
	if n == 0 {
		return t, 0
	}
	end := t.StartS[n-1] + t.BucketS
	part := r.DurationS - t.StartS[n-1]
	if part <= 0 || part >= t.BucketS {
		return t, end
	}
	joined := n > 1 && part < t.BucketS/2
	last := func(hz []float64) []float64 { return lastRate(hz, t.BucketS, part, joined) }
	t.OKHz, t.Degraded, t.OtherHz = last(t.OKHz), last(t.Degraded), last(t.OtherHz)
	codes := map[string][]float64{}
	for code, hz := range t.CodesHz {
		codes[code] = last(hz)
	}
	t.CodesHz = codes
	if joined {
		t.StartS, t.AskedHz = t.StartS[:n-1], lastSum(t.AskedHz)
		t.InFlight = joinLast(t.InFlight, Greatest)
		t.P50S, t.P95S, t.MaxS = joinLast(t.P50S, firstKnown), joinLast(t.P95S, firstKnown), joinLast(t.MaxS, GreatestKnown)
	}
	return t, r.DurationS
}

// lastRate makes the last rate one over the time that was left of its bucket,
// together with the one before when they are joined.
func lastRate(hz []float64, bucket, part float64, joined bool) []float64 {
	if joined {
		hz, part = lastSum(hz), bucket+part
	} else {
		hz = slices.Clone(hz)
	}
	if n := len(hz); n > 0 {
		hz[n-1] *= bucket / part
	}
	return hz
}

// lastSum adds the last of hz to the one before it.
func lastSum(hz []float64) []float64 {
	return joinLast(hz, func(two []float64) float64 { return two[0] + two[1] })
}

func joinLast[T any](vs []T, join func([]T) T) []T {
	n := len(vs)
	if n < 2 {
		return vs
	}
	return append(slices.Clone(vs[:n-2]), join(vs[n-2:]))
}

// firstKnown is the quantile of the longer part, or of the shorter when that has none.
func firstKnown(vs []*float64) *float64 {
	for _, v := range vs {
		if v != nil {
			return v
		}
	}
	return nil
}

// Asked are the rates asked for in the buckets of t, which Ended made: over the
// time in which a phase lasted, and unknown (null) after the last phase's end,
// where the run only waited for answers.
func Asked(r *reports.Report, t reports.Timeline, end float64) []*float64 {
	until := askedUntil(r, end)
	list := make([]*float64, len(t.StartS))
	for i, start := range t.StartS {
		to := end
		if i+1 < len(t.StartS) {
			to = t.StartS[i+1]
		}
		if lasted := min(to, until) - start; lasted > t.BucketS/10 {
			hz := Round(At(t.AskedHz, i) * t.BucketS / lasted)
			list[i] = &hz
		}
	}
	return list
}

// askedUntil is when the last phase ended; in a run that was cut short, the end
// of the last bucket in which a hit was due, if that was sooner.
func askedUntil(r *reports.Report, end float64) float64 {
	until := 0.0
	for _, p := range r.Phases {
		until = max(until, p.EndS)
	}
	if until == 0 {
		until = end
	}
	if r.Outcome == "complete" {
		return until
	}
	t := r.Timeline
	last := min(len(t.AskedHz), len(t.StartS)) - 1
	for last >= 0 && t.AskedHz[last] == 0 {
		last--
	}
	if last < 0 {
		return 0
	}
	return min(until, t.StartS[last]+t.BucketS)
}
