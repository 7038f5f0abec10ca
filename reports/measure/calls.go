package measure

import (
	"math"
	"time"
)

// quietSecond is a whole second in which no fault had any effect.
type quietSecond struct {
	calls float64
	hits  float64
	of    []float64 // answers to each request; nil of a run with one
}

// callsPerHit is how many calls a request makes, by the mix as it was sent, from
// the whole seconds in which no fault had any effect. It is nil when there are
// none with traffic.
func (run *Run) callsPerHit(used []Use) *float64 {
	var calls, hits float64
	seconds := run.quietSeconds(used)
	for _, s := range seconds {
		calls, hits = calls+s.calls, hits+s.hits
	}
	if hits <= 0 {
		return nil
	}
	if each := callsOfEach(seconds, run.Traffic.Requests); each != nil {
		var sent, made float64
		for r, n := range run.Traffic.SentByRequest() {
			sent, made = sent+float64(n), made+float64(n)*each[r]
		}
		if sent > 0 {
			return new(made / sent)
		}
	}
	return new(calls / hits)
}

// quietSeconds are those that the uses tell of one by one: not the last part of
// a second, or several in one.
func (run *Run) quietSeconds(used []Use) []quietSecond {
	quiet := run.QuietSeconds()
	calls, unclear := make([]float64, len(quiet)), make([]bool, len(quiet))
	for _, u := range used {
		from, to := u.from.Round(time.Second), u.To.Round(time.Second)
		for s := from; s < to; s += time.Second {
			if i := int(s / time.Second); i >= 0 && i < len(quiet) {
				calls[i] += float64(u.Calls)
				unclear[i] = unclear[i] || to-from != time.Second
			}
		}
	}
	var list []quietSecond
	per := run.Cells.PerSecond()
	for i := range quiet {
		if !quiet[i] || unclear[i] {
			continue
		}
		s := quietSecond{calls: calls[i], hits: run.Throughput.In(i)}
		for _, n := range run.Cells.ServedMix([]Stretch{{i * per, (i + 1) * per}}) {
			s.of = append(s.of, float64(n))
		}
		list = append(list, s)
	}
	return list
}

// mostRequests is of how many requests the calls are told apart.
const mostRequests = 8

// callsOfEach is how many calls each request makes, where that is a whole number
// for each and explains all calls: by least squares over the seconds. A mix that
// is drawn has some requests more often in the quiet seconds than in the run.
func callsOfEach(seconds []quietSecond, requests int) []float64 {
	if requests < 2 || requests > mostRequests || len(seconds) <= requests {
		return nil
	}
	normal, right := make([][]float64, requests), make([]float64, requests)
	var calls float64
	totals := make([]float64, requests)
	for r := range normal {
		normal[r] = make([]float64, requests)
	}
	for _, s := range seconds {
		if len(s.of) != requests {
			return nil
		}
		calls += s.calls
		for r, n := range s.of {
			totals[r] += n
			right[r] += n * s.calls
			for k, m := range s.of {
				normal[r][k] += n * m
			}
		}
	}
	each := solve(normal, right)
	explained := 0.0
	for r := range each {
		whole := max(math.Round(each[r]), 0)
		if math.Abs(each[r]-whole) > 0.15 {
			return nil
		}
		each[r] = whole
		explained += whole * totals[r]
	}
	if each == nil || math.Abs(explained-calls) > 1+0.02*calls {
		return nil
	}
	return each
}

// solve solves a·x = b by Gaussian elimination with pivoting; nil when it can't.
// It takes a and b apart.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for i := range n {
		best := i
		for r := i + 1; r < n; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[best][i]) {
				best = r
			}
		}
		a[i], a[best], b[i], b[best] = a[best], a[i], b[best], b[i]
		if math.Abs(a[i][i]) < 1e-9 {
			return nil
		}
		for r := i + 1; r < n; r++ {
			f := a[r][i] / a[i][i]
			for c := i; c < n; c++ {
				a[r][c] -= f * a[i][c]
			}
			b[r] -= f * b[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for c := i + 1; c < n; c++ {
			b[i] -= a[i][c] * b[c]
		}
		b[i] /= a[i][i]
	}
	return b
}
