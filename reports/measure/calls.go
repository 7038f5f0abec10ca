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

// callsPerHit is how many calls a request makes, by the mix as it was sent or, of
// visits, as it would be if each were completed, from the whole seconds in which no
// fault had any effect. It is nil when there are none with traffic, or they tell too little
// of the steps of visits. off is its standard error: of a share p that n requests happened
// to have, √(p(1-p)/n); 0 where each kind of request makes a whole number.
func (run *Run) callsPerHit(used []Use) (mean *float64, off float64) {
	var calls, hits float64
	seconds := run.quietSeconds(used)
	for _, s := range seconds {
		calls, hits = calls+s.calls, hits+s.hits
	}
	if hits <= 0 {
		return nil, 0
	}
	mix := run.Mix()
	if run.Visits != nil {
		return run.stepCalls(used).told(mix)
	}
	if each := callsOfEach(seconds, mix); each != nil {
		return new(callsOf(mix, each) / max(callsOf(mix, ones(len(mix))), 1)), 0
	}
	_, share := math.Modf(calls / hits)
	return new(calls / hits), math.Sqrt(share * (1 - share) / hits)
}

// MostCalls is how many calls to the dependency the request makes that makes most;
// where that can't be told of each, how many requests make on average.
func (run *Run) MostCalls(dependency string) (calls float64, ofEach bool) {
	used := run.Events.usesOf(dependency)
	if c := run.stepCalls(used); c != nil && c.known == nil {
		return slices.Max(c.each), true
	}
	if each := callsOfEach(run.quietSeconds(used), run.Mix()); each != nil && run.Visits == nil {
		return slices.Max(each), true
	}
	if calls, _ := run.callsPerHit(used); calls != nil {
		return *calls, run.Traffic.Requests == 1
	}
	return 0, run.Traffic.Requests == 1
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

// mostRequests is of how many requests the calls are told apart, fewCalls how many
// each may make, and mostWays how many ways there may be to make more.
const mostRequests, fewCalls, mostWays = 8, 2, 20_000

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
	sums := sumsOf(seconds, requests)
	fits := wholeCalls(sums, requests, fewCalls)
	if fits == nil {
		fits = wholeCalls(sums, requests, math.Floor(math.Pow(mostWays, 1/float64(requests)))-1)
		// Of so many ways some explain the whole by chance, but not each second.
		fits = slices.DeleteFunc(fits, func(f callFit) bool { return f.off > float64(len(seconds))+sums.calls })
	}
	best := math.Inf(1)
	for _, f := range fits {
		best = min(best, f.off)
	}
	var found []float64
	low, high := math.Inf(1), 0.0
	for _, f := range fits {
		if f.off > asGood*best+1 {
			continue
		}
		calls := callsOf(sent, f.each)
		low, high = min(low, calls), max(high, calls)
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

// callSums are sums over seconds, by which it is quickly told how well so many calls
// of each request explain those of all seconds.
type callSums struct {
	calls, squares float64     // of calls
	of, by         []float64   // of answers to each request; times calls
	pairs          [][]float64 // of answers to two requests, times each other
}

func sumsOf(seconds []quietSecond, requests int) callSums {
	s := callSums{of: make([]float64, requests), by: make([]float64, requests), pairs: make([][]float64, requests)}
	for r := range s.pairs {
		s.pairs[r] = make([]float64, requests)
	}
	for _, one := range seconds {
		s.calls, s.squares = s.calls+one.calls, s.squares+one.calls*one.calls
		for r, n := range one.of {
			s.of[r] += n
			s.by[r] += n * one.calls
			for k, m := range one.of {
				s.pairs[r][k] += n * m
			}
		}
	}
	return s
}

// callFit is so many calls of each request, and the sum of squares of calls in each
// second that they do not explain.
type callFit struct {
	each []float64
	off  float64
}

// wholeCalls are the whole numbers up to most of each request that explain all
// seconds together, but for those calls that an end of the seconds cuts off.
func wholeCalls(s callSums, requests int, most float64) (fits []callFit) {
	each := make([]float64, requests)
	for more := true; more; more = next(each, most) {
		left, off := s.calls, s.squares
		for r, c := range each {
			left -= c * s.of[r]
			off -= 2 * c * s.by[r]
			for k, d := range each {
				off += c * d * s.pairs[r][k]
			}
		}
		if math.Abs(left) <= 2+0.02*s.calls {
			fits = append(fits, callFit{slices.Clone(each), off})
		}
	}
	return fits
}

// next counts up: it makes of each the next of all whole numbers up to most, and
// reports whether there was one.
func next(each []float64, most float64) bool {
	for r := range each {
		if each[r]++; each[r] <= most {
			return true
		}
		each[r] = 0
	}
	return false
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// callsOf is how many calls so many requests make, together.
func callsOf(sent []int64, each []float64) (calls float64) {
	for r, n := range sent {
		calls += float64(n) * each[r]
	}
	return calls
}
