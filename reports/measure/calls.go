package measure

import (
	"math"
	"slices"
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
	sent := run.Traffic.SentByRequest()
	if each := callsOfEach(seconds, sent); each != nil {
		return new(callsOf(sent, each) / max(callsOf(sent, ones(len(sent))), 1))
	}
	return new(calls / hits)
}

// MostCalls is how many calls to the dependency the request makes that makes most;
// where that can't be told of each, how many requests make on average.
func (run *Run) MostCalls(dependency string) float64 {
	used := run.Events.usesOf(dependency)
	if each := callsOfEach(run.quietSeconds(used), run.Traffic.SentByRequest()); each != nil {
		return slices.Max(each)
	}
	if calls := run.callsPerHit(used); calls != nil {
		return *calls
	}
	return 0
}

// quietSeconds are those that the uses tell of one by one: not the last part of
// a second, or several in one, or what was answered after the plan's end, when
// nobody watches the calls any more.
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
	last := int(planned(run.Manifest) / time.Second)
	for i := range quiet[:min(last, len(quiet))] {
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

// mostRequests is of how many requests the calls are told apart, and mostCalls how
// many each may make.
const mostRequests, mostCalls = 6, 2

// callsOfEach is how many calls each request makes, where that is a whole number
// for each that explains the calls of all seconds together, and best those of each
// second. It is nil where others do nearly as well and come to another number for
// the mix as sent. A mix that is drawn has some requests more often in the quiet
// seconds than in the run.
func callsOfEach(seconds []quietSecond, sent []int64) []float64 {
	requests := len(sent)
	if requests < 2 || requests > mostRequests || len(seconds) <= requests {
		return nil
	}
	type fit struct {
		each       []float64
		off, calls float64 // squares of what is not explained; calls for the mix as sent
	}
	var fits []fit
	best := math.Inf(1)
	each := make([]float64, requests)
	for more := true; more; more = next(each) {
		if off, ok := unexplained(seconds, each); ok {
			fits = append(fits, fit{slices.Clone(each), off, callsOf(sent, each)})
			best = min(best, off)
		}
	}
	var found []float64
	low, high := math.Inf(1), 0.0
	for _, f := range fits {
		if f.off > asGood*best+1 {
			continue
		}
		low, high = min(low, f.calls), max(high, f.calls)
		if found == nil || slices.Max(f.each) < slices.Max(found) { // the simplest
			found = f.each
		}
	}
	if high > 1.05*low {
		return nil
	}
	return found
}

// asGood is by what factor squares may be more and still be those of the truth: a
// call is made in one second and its request answered in the next.
const asGood = 1.5

// next counts up: it makes of each the next of all whole numbers up to mostCalls,
// and reports whether there was one.
func next(each []float64) bool {
	for r := range each {
		if each[r]++; each[r] <= mostCalls {
			return true
		}
		each[r] = 0
	}
	return false
}

// unexplained is the sum of squares of calls in each second that so many of each
// request do not explain; ok whether all seconds together are explained, but for
// those that an end of the seconds cuts off.
func unexplained(seconds []quietSecond, each []float64) (squares float64, ok bool) {
	var all, calls float64
	for _, s := range seconds {
		if len(s.of) != len(each) {
			return 0, false
		}
		d := s.calls
		for r, n := range s.of {
			d -= each[r] * n
		}
		squares, all, calls = squares+d*d, all+d, calls+s.calls
	}
	return squares, math.Abs(all) <= 2+0.02*calls
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// callsOf is how many calls so many requests make, together.
func callsOf(sent []int64, each []float64) (calls float64) {
	for r, n := range sent {
		calls += float64(n) * each[r]
	}
	return calls
}
