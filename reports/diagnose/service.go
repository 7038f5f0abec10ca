package diagnose

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// serviceFit is how long a request holds a worker when all is well.
type serviceFit struct {
	estimate *reports.Estimate // S, the mean over the mix as it was sent
	why      string            // when nil
	// spread is the coefficient of variation of the service times, of all kinds together.
	spread float64
	// drawn is the standard error of the mean that comes of the mix being a draw, as a share of it.
	drawn float64
	// means and variances are by request, 0 of those that are not known.
	means, variances []float64
	// level is the most others inside among the requests counted. Those that met
	// more of them took longer by the share grew: contention, or a queue; 0 is not seen.
	level int
	grew  float64
	of    string // what answers they are
}

// What is not the worker's in a service time seen from outside: the gateway,
// the network and our own process take up to overhead, but no more than a tenth;
// and a busy machine lengthens sleeps and work by a few percent.
const (
	overhead      = 0.002
	overheadShare = 0.1
	busyMachine   = 0.02
)

// allBusy is why nothing can be told of a service time.
const allBusy = "all workers were busy the whole time"

// fewest is how many answers a mean is taken of at least.
const fewest = 5

// fit takes the mean over those that found the fewest others inside, and over
// more and more as long as it stays the same: who finds a free worker takes S,
// who has to queue takes longer. workers bounds how many others are let in,
// when it is known; 0 is unknown.
func fit(s *measure.ServiceTimes, sent []int64, workers int) serviceFit {
	first, n := firstLevel(s)
	if n < fewest {
		return serviceFit{why: "too few good answers while all was well and nothing queued"}
	}
	last := measure.MaxLevel
	if workers > 0 {
		if last = workers - 1; first > last {
			return serviceFit{why: allBusy}
		}
	}
	pooled := make([]measure.Moments, len(s.Sums))
	fit := serviceFit{of: "good answers"}
	if s.Errors {
		fit.of = "answers, errors where no answer was good,"
	}
	for level := first; level <= last; level++ {
		if level > first {
			if n, more := longer(s, pooled, level); more > 0 && n < fewest {
				continue // a hiccup, as like as not
			} else if more > 0 {
				fit.grew = more
				break
			}
		}
		if merge(s, pooled, level) > 0 {
			fit.level = level
		}
	}
	if workers == 0 && first > 1 && fit.level < first+2 {
		fit.why = "requests were never alone, so what they took may be waiting"
		return fit
	}
	fit.mean(pooled, sent)
	return fit
}

// firstLevel is the least number of others inside up to which fewest answers were counted.
func firstLevel(s *measure.ServiceTimes) (level int, n int64) {
	for level = range measure.MaxLevel + 1 {
		for r := range s.Sums {
			n += s.Sums[r][level].N
		}
		if n >= fewest {
			return level, n
		}
	}
	return level, n
}

func merge(s *measure.ServiceTimes, into []measure.Moments, level int) (n int64) {
	from := level
	if empty(into) {
		from = 0
	}
	for l := from; l <= level; l++ {
		for r := range s.Sums {
			into[r].Merge(s.Sums[r][l])
			n += s.Sums[r][l].N
		}
	}
	return n
}

func empty(list []measure.Moments) bool {
	for _, m := range list {
		if m.N > 0 {
			return false
		}
	}
	return true
}

// longer returns how many answers there are at that level, and by what share
// they took longer than the pooled ones of the same requests: 0 unless by three
// standard errors, and by 3% and a millisecond, which is more than hiccups.
func longer(s *measure.ServiceTimes, pooled []measure.Moments, level int) (count int64, share float64) {
	var n, more, variance, mean float64
	for r := range s.Sums {
		m, p := s.Sums[r][level], pooled[r]
		if m.N == 0 || p.N == 0 {
			continue
		}
		count += m.N
		weight := float64(m.N)
		n += weight
		more += weight * (m.Mean() - p.Mean())
		mean += weight * p.Mean()
		variance += weight*p.Variance() + weight*weight*p.Variance()/float64(p.N)
	}
	if n == 0 {
		return 0, 0
	}
	more, mean = more/n, mean/n
	if more > 3*math.Sqrt(variance)/n && more > 0.03*mean+0.001 {
		return count, more / mean
	}
	return count, 0
}

// mean weighs the means of the requests by how often each was sent.
func (f *serviceFit) mean(pooled []measure.Moments, sent []int64) {
	var all, counted, n int64
	for r := range pooled {
		all += sent[r]
		if pooled[r].N > 0 {
			counted += sent[r]
			n += pooled[r].N
		}
	}
	if counted*20 < all*19 {
		f.why = "some of the requests were not answered while all was well"
		return
	}
	var mean, square, variance float64
	f.means, f.variances = make([]float64, len(pooled)), make([]float64, len(pooled))
	for r, m := range pooled {
		f.means[r], f.variances[r] = m.Mean(), m.Variance()
		if m.N == 0 || sent[r] == 0 {
			continue
		}
		w, mr := float64(sent[r])/float64(counted), m.Mean()
		mean += w * mr
		square += w * (mr*mr + m.Variance())
		variance += w * w * m.Variance() / float64(m.N)
	}
	if mean <= 0 {
		f.why = "good answers took no time"
		return
	}
	f.spread = math.Sqrt(max(square/(mean*mean)-1, 0))
	// The mix as sent is itself a draw from the weights that were asked for.
	mix := max(square-mean*mean-within(pooled, sent, counted), 0) / float64(all)
	f.drawn = math.Sqrt(mix) / mean
	variance += mix
	off := student(n) * math.Sqrt(variance)
	f.estimate = &reports.Estimate{
		Value: mean, Low: max(mean-off-min(overhead, overheadShare*mean)-busyMachine*mean, 0), High: mean + off + skew(within(pooled, sent, counted), mean, n) + busyMachine/2*mean,
		From: fmt.Sprintf("the mean of %d %s that found %s in the site", n, f.of, others(f.level)),
	}
}

// skew is how much further than Student's t has it a mean of n times may be above that of
// few, seconds: long ones are rare, and few times may have none of them (N. Johnson, 1978,
// with the skewness 2·σ/m of a gamma distribution).
func skew(variance, mean float64, n int64) float64 {
	return 2 * variance / mean * (1 + 2*student(n)*student(n)) / (6 * float64(n))
}

func others(most int) string {
	switch most {
	case 0:
		return "nobody else"
	case 1:
		return "at most 1 other"
	}
	return fmt.Sprintf("at most %d %s", most, words.Either(int64(most), "other", "others"))
}

// within is the mean of the variances of each request.
func within(pooled []measure.Moments, sent []int64, counted int64) (sum float64) {
	for r, m := range pooled {
		if m.N > 0 {
			sum += float64(sent[r]) / float64(counted) * m.Variance()
		}
	}
	return sum
}

// student is about the 97.5% quantile of Student's t distribution with n - 1
// degrees of freedom: within 2% from n = 5 on (expansion of R. Fisher, 1925).
func student(n int64) float64 {
	const z = 1.96
	v := float64(max(n-1, 1))
	return z + (z*z*z+z)/(4*v) + (5*math.Pow(z, 5)+16*z*z*z+3*z)/(96*v*v)
}

// worth is what each request takes, as a share of what one takes on the mean; those of
// which it is not known, as much.
func (f *serviceFit) worth() []float64 {
	list := make([]float64, len(f.means))
	for r, m := range f.means {
		if list[r] = m / f.estimate.Value; m == 0 {
			list[r] = 1
		}
	}
	return list
}

// uneven is by what share the work that one worker ends in a window may be off what it
// does in it, times how many mean service times the window lasts, where requests
// take unlike times: spread is the coefficient of variation that is left among alike
// ones. What is under way when it begins and when it ends is E[S²]/E[S] long on the
// mean, and any part of it may lie within: at both ends 1.96·√(2/12) of it.
func (f *serviceFit) uneven(spread float64) float64 {
	square := 1 + f.spread*f.spread
	unlike := max(f.spread*f.spread-spread*spread, 0)
	return 0.8 * math.Sqrt(unlike/square) * square
}

// weigh returns by how much longer than over the mix as sent requests took that
// were served so often each, as a ratio, and the coefficient of variation that
// is left when this is allowed for.
func (f *serviceFit) weigh(served []int64) (ratio, spread float64) {
	var n, sum, variance float64
	for r, k := range served {
		if f.means[r] == 0 {
			continue
		}
		n += float64(k)
		sum += float64(k) * f.means[r]
		variance += float64(k) * f.variances[r]
	}
	if n == 0 {
		return 1, f.spread
	}
	s := f.estimate.Value
	return sum / n / s, math.Sqrt(variance/n) / s
}
