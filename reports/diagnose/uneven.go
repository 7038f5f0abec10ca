package diagnose

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// How unlike the waits of one request and of the others must be to be no chance: by
// how many standard errors and what share the means, by what factor the spreads, over
// how many answers of both.
const (
	unlikeErrors = 3.5
	unlikeShare  = 0.2
	unlikeSpread = 2
	fewUnlike    = 12
)

// waits are how long the answers to one request waited beyond what they take when all is
// well, beside those of the others that met as many in the site.
type waits struct {
	n, others    float64 // answers
	mean, beside float64 // seconds
	off          float64 // standard error of the difference of the means
	spread, own  float64 // standard deviation of the waits, and of what the answers take when all is well
	besideSpread float64
}

// uneven says which requests waited otherwise than the rest, met as many others, and is
// "" where none did. In one queue before the workers all wait alike, whatever they do then.
// Who waits longer waits for something else as well: a page of its own site, which has
// to queue a second time, or the lock of a session. Then what was served while requests
// queued is not the work of all workers, nor does a request take just one.
func (p *PoolFit) uneven(run *measure.Run) string {
	if run.Queued == nil || p.service.means == nil || p.full.seen == 0 { // on TCP who is dropped waits for seconds, by chance
		return ""
	}
	var longer, slower []string
	apart := false
	for r, name := range run.Manifest.Requests {
		w := p.waitsOf(run.Queued, r)
		if p.service.means[r] <= byGateway {
			continue
		}
		if w.mean > w.beside {
			slower = append(slower, name)
		}
		if w.unlike() {
			longer = append(longer, name)
		}
		apart = apart || w.quicker()
	}
	if longer == nil && apart && run.Visits != nil { // one page is many steps, each of which was sent seldom
		longer = slower
	}
	if longer == nil {
		return ""
	}
	return fmt.Sprintf("%s waited longer, or less evenly, than other requests that met as many in the site: for something else than a free worker, such as a page of their own site or the lock of a session",
		words.Join(longer))
}

// unlike reports whether these waited longer than the others, or far less evenly: some
// of them once and some twice.
func (w waits) unlike() bool {
	if w.n < fewUnlike || w.others < fewUnlike {
		return false
	}
	if more := w.mean - w.beside; more > unlikeShare*w.mean && more > unlikeErrors*w.off {
		return true
	}
	return w.spread > unlikeSpread*w.besideSpread && w.spread > unlikeSpread*w.own && w.spread > unlikeShare*w.mean
}

// quicker reports whether these waited less than the others.
func (w waits) quicker() bool {
	less := w.beside - w.mean
	return w.n >= fewUnlike && w.others >= fewUnlike && less > unlikeShare*w.beside && less > unlikeErrors*w.off
}

// waitsOf compares, at each number of others inside at which requests queue: they took
// half as long again as when all is well, or more.
func (p *PoolFit) waitsOf(q *measure.Queued, request int) waits {
	var w waits
	var weights, squares, free, besideSquares, besideFree float64
	for level := range q.Sums[request] {
		m, rest := q.Sums[request][level], p.besides(q, request, level)
		mean := m.Mean() - p.service.means[request]
		if m.N == 0 || rest.n == 0 || mean+rest.mean < p.service.usual() {
			continue
		}
		n := float64(m.N)
		weight := n * rest.n / (n + rest.n)
		weights += weight
		w.n, w.others = w.n+n, w.others+rest.n
		w.mean, w.beside = w.mean+weight*mean, w.beside+weight*rest.mean
		w.off += weight * weight * (m.Variance()/n + rest.squares/max(rest.free, 1)/rest.n)
		squares, free = squares+(n-1)*m.Variance(), free+n-1
		besideSquares, besideFree = besideSquares+rest.squares, besideFree+rest.free
	}
	if weights == 0 {
		return waits{}
	}
	w.mean, w.beside, w.off = w.mean/weights, w.beside/weights, math.Sqrt(w.off)/weights
	own := p.service.variances[request]
	w.own, w.spread = math.Sqrt(own), math.Sqrt(max(squares/max(free, 1)-own, 0))
	w.besideSpread = math.Sqrt(besideSquares / max(besideFree, 1))
	return w
}

// rest are the waits of the other requests at one number inside: squares are those about
// the mean of each request, with so many degrees of freedom.
type rest struct{ n, mean, squares, free float64 }

func (p *PoolFit) besides(q *measure.Queued, request, level int) (sum rest) {
	for r := range q.Sums {
		m := q.Sums[r][level]
		if r == request || m.N == 0 || p.service.means[r] <= byGateway { // a file queues for no worker
			continue
		}
		sum.n += float64(m.N)
		sum.mean += float64(m.N) * (m.Mean() - p.service.means[r])
		sum.squares += float64(m.N-1) * m.Variance()
		sum.free += float64(m.N - 1)
	}
	sum.mean /= max(sum.n, 1)
	return sum
}

// usual is how long a request takes when all is well, seconds.
func (s serviceFit) usual() float64 {
	if s.estimate == nil {
		return longestWork
	}
	return s.estimate.Value
}

// Unevenly reports whether some kinds of requests waited otherwise than others in the same queue.
func (p *PoolFit) Unevenly() bool { return p.unevenly != "" && p.locked == "" }

// NotUneven takes the budgets back where requests waited unevenly: they lean on how
// much work a request is to the pool.
func NotUneven(fit *PoolFit, budgets []reports.Budget) {
	if fit.unevenly != "" {
		withdraw(budgets, fit.unevenly)
	}
}
