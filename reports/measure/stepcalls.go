package measure

import (
	"math"
	"slices"
	"time"
)

// stepCalls are how many calls to a dependency each step of a run's visits makes, as the
// seconds in which no fault had any effect show it: what is known of each, and how well.
// A mean of all that was answered in them would be of another mix than that of whole
// visits: while visits begin, and where they are abandoned, their first steps are more.
type stepCalls struct {
	each  []float64
	known [][]float64 // the inverse of the covariance; nil where each is a whole number
	hits  float64     // seen
}

// What is thought of a step's calls before anything was seen of it, and of a second's
// calls: some are made in one second and their requests answered in the next.
const (
	callsApart   = 0.5 // standard deviation of a step's calls from the mean of all
	callsAcross  = 1.0 // variance of a second's calls
	callsByHit   = 0.1 // more of it with each request
	wholeAcross  = 0.5 // variance of a second's calls that whole numbers leave, and with each call
	wholeByCall  = 0.1
	mostChoices  = 7000 // of whole numbers for all steps
	clearlyWorse = 6.0  // by so much in the sum of squares, in units of their variance
	mostSteps    = 100  // that are told apart
	mostCallsOff = 0.25 // as a share of the mean, beyond which it is no figure
)

// newStepCalls fits calls of each step to the calls of all seconds, by least squares that
// are drawn to the mean of all steps as far as the seconds don't tell. nil is nothing to fit.
func newStepCalls(seconds []quietSecond, mix []int64) *stepCalls {
	n := len(mix)
	var calls, hits float64
	for _, s := range seconds {
		calls, hits = calls+s.calls, hits+s.hits
	}
	if hits <= 0 || n > mostSteps {
		return nil
	}
	if n == 1 {
		return &stepCalls{each: []float64{calls / hits}}
	}
	if each := callsOfEach(seconds, mix); each != nil && closelyTold(seconds, each, calls) {
		return &stepCalls{each: each}
	}
	c := &stepCalls{known: make([][]float64, n), hits: hits}
	right := make([]float64, n)
	for r := range n {
		c.known[r] = make([]float64, n)
		c.known[r][r] = 1 / (callsApart * callsApart)
		right[r] = calls / hits / (callsApart * callsApart)
	}
	see := func(of []float64, calls, variance float64) {
		for r, x := range of {
			right[r] += x * calls / variance
			for k, y := range of {
				c.known[r][k] += x * y / variance
			}
		}
	}
	all := make([]float64, n)
	for _, s := range seconds {
		see(s.of, s.calls, callsAcross+callsByHit*s.hits)
		for r, x := range s.of {
			all[r] += x
		}
	}
	off := 1 + 0.01*calls // what the ends of the seconds cut off, of all together
	see(all, calls, off*off)
	c.each = solve(c.known, right)
	for r := range c.each {
		c.each[r] = max(c.each[r], 0)
	}
	return c.whole(mix)
}

// closelyTold reports whether the calls of each second are those of whole numbers, but for
// those that are made in one and answered in the next: of steps that call by chance they
// stray by more.
func closelyTold(seconds []quietSecond, each []float64, calls float64) bool {
	off := 0.0
	for _, s := range seconds {
		apart := s.calls
		for r, n := range s.of {
			apart -= n * each[r]
		}
		off += apart * apart
	}
	return off <= wholeAcross*float64(len(seconds))+wholeByCall*calls
}

// whole makes whole numbers of the calls, where one choice of them explains the seconds and
// no other that comes to another number for the mix does nearly as well.
func (c *stepCalls) whole(mix []int64) *stepCalls {
	n := len(c.each)
	most := math.Floor(math.Pow(mostChoices, 1/float64(n))) - 1
	if most = min(most, fewCalls); most < 1 {
		return c
	}
	type choice struct{ off, mean float64 }
	var all []choice
	w, least := &stepCalls{each: make([]float64, n)}, math.Inf(1)
	each, apart := make([]float64, n), make([]float64, n)
	for more := true; more; more = next(each, most) {
		for r := range each {
			apart[r] = each[r] - c.each[r]
		}
		off := 0.0
		for r, row := range c.known {
			for k, v := range row {
				off += apart[r] * v * apart[k]
			}
		}
		if off > float64(n)+clearlyWorse {
			continue
		}
		w.hits = c.hits
		mean := callsOf(mix, each)
		all = append(all, choice{off, mean})
		if off < least {
			least = off
			copy(w.each, each)
		}
	}
	best := callsOf(mix, w.each)
	if least > float64(n) || slices.ContainsFunc(all, func(o choice) bool {
		return o.off < least+clearlyWorse && math.Abs(o.mean-best) > 0.03*best
	}) {
		return c
	}
	return w
}

// of is how many calls a request of a mix makes, and its standard error.
func (c *stepCalls) of(mix []int64) (mean, off float64) {
	var all float64
	for _, n := range mix {
		all += float64(n)
	}
	if all == 0 {
		return 0, 0
	}
	shares := make([]float64, len(mix))
	for r, n := range mix {
		shares[r] = float64(n) / all
		mean += shares[r] * c.each[r]
	}
	return mean, math.Hypot(c.off(shares), c.chance(shares))
}

// chance is the standard error of a mean of which chance decides what part of a call each
// step makes: of a share p that n requests happened to have it is √(p(1-p)/n).
func (c *stepCalls) chance(shares []float64) float64 {
	if c.known == nil {
		return 0
	}
	variance := 0.0
	for r, share := range shares {
		_, p := math.Modf(c.each[r])
		variance += share * p * (1 - p)
	}
	return math.Sqrt(variance / c.hits)
}

// told is of, nil where that is too far off to be a figure.
func (c *stepCalls) told(mix []int64) (mean *float64, off float64) {
	if c == nil {
		return nil, 0
	}
	value, off := c.of(mix)
	if off > mostCallsOff*value {
		return nil, 0
	}
	return new(value), off
}

// off is the standard error of the mean with these shares.
func (c *stepCalls) off(shares []float64) float64 {
	if c.known == nil {
		return 0
	}
	variance := 0.0
	for r, v := range solve(c.known, shares) {
		variance += shares[r] * v
	}
	return math.Sqrt(max(variance, 0))
}

// solve solves a·x = b, of a symmetric and positive definite, by Cholesky's decomposition.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	l, x := make([][]float64, n), make([]float64, n)
	for i := range n {
		l[i] = make([]float64, i+1)
		for k := range i + 1 {
			sum := a[i][k]
			for j := range k {
				sum -= l[i][j] * l[k][j]
			}
			if i == k {
				l[i][i] = math.Sqrt(max(sum, 1e-12))
			} else {
				l[i][k] = sum / l[k][k]
			}
		}
	}
	for i := range n {
		x[i] = b[i]
		for k := range i {
			x[i] -= l[i][k] * x[k]
		}
		x[i] /= l[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x
}

// stepCalls are those to a dependency that is used so; nil of a run of requests by
// themselves, and where nothing is known.
func (run *Run) stepCalls(used []Use) *stepCalls {
	if run.Visits == nil {
		return nil
	}
	return newStepCalls(run.quietSeconds(used), run.Mix())
}

// CallsOf is how many calls to a dependency a request of those makes that were answered in
// [from, to): of visits that are held or abandoned these are other steps than of whole
// ones. all is what a request of whole visits makes, which is also what it is taken for
// where the steps can't be told apart.
func (run *Run) CallsOf(dependency string, from, to time.Duration, all float64) float64 {
	c := run.stepCalls(run.Events.usesOf(dependency))
	if c == nil || run.Traffic.Requests < 2 {
		return all
	}
	mean, off := c.of(run.Cells.ServedMix([]Stretch{{run.Cells.Cell(from), run.Cells.Cell(to)}}))
	if mean == 0 || off > mostCallsOff*mean {
		return all
	}
	return mean
}

// CallsOfEach is how many calls to a dependency each step of the run's visits makes; nil
// where that is not known.
func (run *Run) CallsOfEach(dependency string) []float64 {
	if c := run.stepCalls(run.Events.usesOf(dependency)); c != nil {
		return c.each
	}
	return nil
}
