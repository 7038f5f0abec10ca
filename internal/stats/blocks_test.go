package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// autoregressive is x[i] = phi x[i-1] + e[i], with e of the standard normal distribution.
func autoregressive(r *rand.Rand, n int, phi float64) []float64 {
	x := make([]float64, n)
	last := r.NormFloat64() / math.Sqrt(1-phi*phi)
	for i := range x {
		last = phi*last + r.NormFloat64()
		x[i] = last
	}
	return x
}

// Of x[i] = phi x[i-1] + e[i] the autocovariance is R(k) = phi^k R(0), so that with all
// lags, G = 2 phi R(0)/(1-phi)^2 and g = (1+phi) R(0)/(1-phi): the best block is
// b = (2 G^2/D)^(1/3) n^(1/3) = (6 phi^2 / (1-phi^2)^2)^(1/3) n^(1/3). For n = 1000 and
// phi = 0.5 that is (6 * 0.25/0.5625)^(1/3) * 10 = 13.9, for phi = 0.8 it is 31.
func TestBlockLengthOfAnAutoregression(t *testing.T) {
	for _, c := range []struct{ phi, want float64 }{{0.5, 13.9}, {0.8, 30.9}} {
		r, sum := rand.New(rand.NewPCG(1, 2)), 0.0
		for range 50 {
			sum += float64(BlockLength(autoregressive(r, 1000, c.phi)))
		}
		if mean := sum / 50; mean < 0.75*c.want || mean > 1.35*c.want {
			t.Errorf("phi %v: blocks of %.1f on average, want about %v", c.phi, mean, c.want)
		}
	}
}

func TestBlockLengthOfIndependentValues(t *testing.T) {
	r, long := rand.New(rand.NewPCG(1, 3)), 0
	for range 100 {
		if BlockLength(autoregressive(r, 400, 0)) > 4 {
			long++
		}
	}
	if long > 10 {
		t.Errorf("%d of 100 series of independent values have blocks of more than 4", long)
	}
}

func TestBlockLengthOfLittle(t *testing.T) {
	for _, x := range [][]float64{nil, {1}, {1, 2, 3}, make([]float64, 100)} {
		if b := BlockLength(x); b != 1 {
			t.Errorf("of %d values: %d", len(x), b)
		}
	}
	// Alternating values make up for each other.
	x := make([]float64, 100)
	for i := range x {
		x[i] = float64(i % 2)
	}
	if b := BlockLength(x); b < 1 || b > 30 {
		t.Errorf("of alternating values: %d", b)
	}
}

// The variance of the sum of n such values is about n/(1-phi)^2: (1+2 sum of phi^k) R(0).
// One from single values would be n/(1-phi^2), a third of it at phi = 0.5.
func TestVarianceOfDependentCells(t *testing.T) {
	const n, phi = 240, 0.5
	r, sum := rand.New(rand.NewPCG(1, 4)), 0.0
	for range 200 {
		cells := autoregressive(r, n, phi)
		mean := around(cells, 0, -1)
		for i := range cells {
			cells[i] -= mean
		}
		v, ok := BlocksOf(cells, -1).Variance(cells)
		if !ok {
			t.Fatal("no variance")
		}
		sum += v
	}
	if ratio := sum / 200 / (n / (1 - phi) / (1 - phi)); ratio < 0.75 || ratio > 1.15 {
		t.Errorf("the variance is %.2f of what it is", ratio)
	}
}

// A course is no chance: of cells that rise in a line, without any noise, blocks from
// nearby have a far smaller variance than blocks from anywhere.
func TestCourseIsNoChance(t *testing.T) {
	cells := make([]float64, 40)
	for i := range cells {
		cells[i] = float64(i)
	}
	near, _ := Blocks{Length: 1, Near: 2}.Variance(cells)
	any, _ := Blocks{Length: 1, Near: -1}.Variance(cells)
	if near > any/50 {
		t.Errorf("variance %v with blocks from nearby, %v with any", near, any)
	}
}

// Whatever is drawn, there are as many cells as there were, from near their places.
func TestDraw(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for _, b := range []Blocks{{1, -1}, {3, -1}, {1, 2}, {4, 2}, {7, 0}} {
		for _, n := range []int{1, 2, 8, 30} {
			times := make([]int32, n)
			for range 50 {
				b.Draw(r, times)
				var sum int32
				for _, c := range times {
					sum += c
				}
				if int(sum) != n {
					t.Fatalf("%+v drew %d of %d cells", b, sum, n)
				}
			}
		}
	}
	times := make([]int32, 100)
	for range 100 { // the first cell can only come from the first three
		Blocks{1, 2}.Draw(r, times)
		if times[0]+times[1]+times[2]+times[3]+times[4] == 0 {
			t.Fatal("a block came from far")
		}
	}
}

// With 10 of 100 events a 95% interval by Wilson is from 5.5% to 17.4%, as tables have it.
// Newcombe's own example: 56 of 70 and 48 of 80 differ by 20 points, from 5.2 to 33.4.
func TestRatioIntervals(t *testing.T) {
	low, high := Ratio{10, 100}.Interval(0.05)
	if math.Abs(low-0.0552) > 1e-4 || math.Abs(high-0.1744) > 1e-4 {
		t.Errorf("10 of 100: %.4f to %.4f", low, high)
	}
	low, high = RatioDifference(Ratio{48, 80}, Ratio{56, 70}, 0.05)
	if math.Abs(low-0.0524) > 1e-4 || math.Abs(high-0.3339) > 1e-4 {
		t.Errorf("56/70 - 48/80: %.4f to %.4f", low, high)
	}
}

// 40 errors of 1000 in four bursts of ten tell as much as four of 100.
func TestBurstsAreOneEvent(t *testing.T) {
	r := Ratio{40, 1000}
	burst := r.Burst(10 * 1000 * 0.04 * 0.96)
	if got := r.Among(burst); math.Abs(got.N-100) > 1e-9 || math.Abs(got.K-4) > 1e-9 {
		t.Errorf("bursts of %v: %+v", burst, got)
	}
	if burst := r.Burst(1); burst != 1 {
		t.Errorf("less than chance has it makes no more events: bursts of %v", burst)
	}
	if burst := (Ratio{0, 1000}).Burst(0); burst != 1 {
		t.Errorf("of none: bursts of %v", burst)
	}
}

// Tables: t(0.975) with 10 degrees of freedom is 2.228, z(0.975) is 1.960.
func TestQuantilesOfDistributions(t *testing.T) {
	if z := NormalQuantile(0.975); math.Abs(z-1.95996) > 1e-4 {
		t.Errorf("z is %v", z)
	}
	if q := TQuantile(0.975, 10); math.Abs(q-2.2281) > 1e-3 {
		t.Errorf("t is %v", q)
	}
	if few := Few(11, 0.05); math.Abs(few-2.2281/1.95996*math.Sqrt(1.1)) > 1e-3 {
		t.Errorf("11 blocks widen by %v", few)
	}
}

// The quantile of a choice of cells is that of a histogram of the same values.
func TestCelledQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	cells := make([]*Histogram, 12)
	for i := range cells {
		if i == 5 {
			continue // a cell without any
		}
		cells[i] = new(Histogram)
		for range r.IntN(20) + 1 {
			cells[i].Add(int64(math.Exp(r.NormFloat64()) * 1e8))
		}
	}
	c := NewCelled(cells)
	times := make([]int32, len(cells))
	for range 200 {
		var all Histogram
		Blocks{2, -1}.Draw(r, times)
		for i, n := range times {
			for range n {
				if cells[i] != nil {
					all.Merge(cells[i])
				}
			}
		}
		for _, q := range []float64{0, 0.5, 0.95, 0.99, 1} {
			got, want := c.Quantile(q, times), all.Quantile(q)
			if math.Abs(float64(got-want)) > 2*MaxRelativeError*float64(want) {
				t.Fatalf("quantile %v is %d, of a histogram %d", q, got, want)
			}
		}
	}
	if got := NewCelled(cells[5:6]).Quantile(0.5, times[:1]); got != 0 {
		t.Errorf("quantile of nothing: %d", got)
	}
}

// Beyond the median lie at most half, and with those at most the median all.
func TestCelledBeyond(t *testing.T) {
	h := new(Histogram)
	for v := range int64(100) {
		h.Add(v + 1)
	}
	c := NewCelled([]*Histogram{h, nil})
	if got := c.Beyond(50); got[0] != 50 || got[1] != 0 {
		t.Errorf("beyond 50 of 1 to 100: %v", got)
	}
	if got := c.Beyond(0); got[0] != 100 {
		t.Errorf("beyond 0: %v", got)
	}
	if c.N() != 100 {
		t.Errorf("%d values", c.N())
	}
}
