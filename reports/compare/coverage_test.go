package compare

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// drawn is a minute of 20 hits a second whose times are log-normal and depend on
// each other, x[i] = phi x[i-1] + e[i], and of which a part fails, in bursts of so
// many hits on average.
func drawn(r *rand.Rand, phi, median, errors, burst float64) *series {
	s := newSeries(time.Minute)
	x, failing := r.NormFloat64(), false
	for i := range 1200 {
		x = phi*x + math.Sqrt(1-phi*phi)*r.NormFloat64()
		if failing {
			failing = r.Float64() >= 1/burst
		} else {
			failing = r.Float64() < errors/burst/(1-errors)
		}
		due := time.Duration(i) * 50 * time.Millisecond
		h := journal.Hit{Due: due, Sent: due, Done: due + time.Duration(median*math.Exp(0.3*x)*float64(time.Second))}
		if failing {
			h.Class = journal.ClassStatus
		}
		s.add(&h, due, true)
	}
	return s
}

// kinds of figure, as they are compared.
func figuresAlone() map[string]*figure {
	f := func(q float64) *figure { return &figure{q: q, of: bad} }
	return map[string]*figure{"p50": f(0.5), "p95": f(0.95), "p99": f(0.99), "errors": f(0)}
}

// Of two series that are alike, an interval of 95% holds 0 in 95 of 100, whether
// neighbours are independent or not. A test that takes hits for independent holds it
// in 70 of 100 at phi = 0.8.
func TestCoverage(t *testing.T) {
	const pairs, alpha = 100, 0.05
	for _, c := range []struct{ phi, errors, burst float64 }{{0, 0.02, 1}, {0.8, 0.03, 8}} {
		r := rand.New(rand.NewPCG(1, uint64(10*c.phi)))
		held := map[string]int{}
		for range pairs {
			a, b := drawn(r, c.phi, 0.1, c.errors, c.burst), drawn(r, c.phi, 0.1, c.errors, c.burst)
			for name, f := range figuresAlone() {
				if low, high := f.interval(a, b, alpha); low <= 0 && high >= 0 {
					held[name]++
				}
			}
		}
		for name := range figuresAlone() { // 90 or fewer of 100 come by chance in 3 of 100 trials
			if n := held[name]; n < 90 {
				t.Errorf("phi %v: intervals of %s hold 0 in %d of %d pairs, want about %.0f", c.phi, name, n, pairs, (1-alpha)*pairs)
			}
		}
	}
}

// A tenth longer is found in nine of ten pairs where that is 4.5 standard deviations,
// and errors from 0.5% to 2% of 2400.
func TestChangesAreFound(t *testing.T) {
	const pairs, alpha = 40, 0.05 / 12
	r := rand.New(rand.NewPCG(2, 1))
	longer, more := 0, 0
	for range pairs {
		f := figuresAlone()
		if low, _ := f["p50"].interval(drawn(r, 0.3, 0.1, 0, 1), drawn(r, 0.3, 0.11, 0, 1), alpha); low > 0 {
			longer++
		}
		before := pooled([]part{{series: drawn(r, 0, 0.1, 0.005, 1)}, {series: drawn(r, 0, 0.1, 0.005, 1)}})
		after := pooled([]part{{series: drawn(r, 0, 0.1, 0.02, 1)}, {series: drawn(r, 0, 0.1, 0.02, 1)}})
		if low, _ := f["errors"].interval(before, after, alpha); low > 0 {
			more++
		}
	}
	if longer < 34 || more < 34 {
		t.Errorf("found a tenth longer in %d and more errors in %d of %d pairs", longer, more, pairs)
	}
}

// Of five runs a side whose medians vary by 10% from run to run the interval holds 0
// as it says.
func TestRunsDifferAmongEachOther(t *testing.T) {
	const pairs, alpha = 60, 0.05
	r := rand.New(rand.NewPCG(3, 1))
	held := 0
	for range pairs {
		side := func() (values []float64) {
			for range 5 {
				values = append(values, 0.1*math.Exp(0.1*r.NormFloat64()))
			}
			return values
		}
		if low, high := across(side(), side(), alpha); low <= 0 && high >= 0 {
			held++
		}
	}
	if held < 54 {
		t.Errorf("0 is held in %d of %d pairs across runs", held, pairs)
	}
}
