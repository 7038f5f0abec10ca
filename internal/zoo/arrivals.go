package zoo

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// arrival is when a hit is due.
type arrival struct {
	due     time.Duration
	seq     uint64
	phase   int
	request int // counts the pages with a weight, or the visits
}

// arrivals are those of the plan's open and burst phases, with how many each
// phase has, and the first number of the attack that it belongs to. Consecutive open phases have one schedule: fractions of a hit carry
// over from one to the next, as package attack has it.
func (p Plan) arrivals(weights []int) (list []arrival, spans []journal.PhaseSpan, firsts []uint64) {
	var start time.Duration
	var count, sum float64 // the expected hits so far, and at the end of a piece
	var group, k uint64
	var due func(uint64) float64 // of hit k, in expected hits
	open := false
	for i, phase := range p.Phases {
		end := start + phase.Duration
		span := journal.PhaseSpan{Name: phase.Name, StartNS: int64(start), EndNS: int64(end), Warmup: phase.Warmup, Kind: "open"}
		if i > 0 && !(open && phase.Open()) {
			group, k, count = group+1, 0, 0
		}
		if phase.Open() && !(i > 0 && open) {
			due = p.due(group)
		}
		open = phase.Open()
		firsts = append(firsts, group*journal.SeqStride)
		add := func(at time.Duration) {
			seq := group*journal.SeqStride + k
			list = append(list, arrival{at, seq, i, pick(p.Seed, seq, weights)})
			k, span.Hits = k+1, span.Hits+1
		}
		if phase.Burst > 0 {
			span.Kind = "burst"
			for range phase.Burst {
				add(start)
			}
		}
		if phase.Concurrency > 0 {
			span.Kind = "closed"
		}
		if open {
			hits, seconds := 0.0, 0.0
			for _, piece := range pieces(start, end, *phase.Rate) {
				hits, seconds = hits+piece.hits(), seconds+(piece.to-piece.from).Seconds()
				sum = count + piece.hits()
				for due(k) < sum-1e-9 {
					add(piece.at(due(k) - count))
				}
				count = sum
			}
			span.RateFrom, span.RateTo = phase.Rate.From, phase.Rate.To
			span.RateMean = hits / seconds
		}
		if p.Visits != nil {
			span = span.OfVisits(p.meanSteps())
		}
		spans = append(spans, span)
		start = end
	}
	return list, spans, firsts
}

// due says when hit k of an attack is due, on the axis of expected hits: evenly,
// or by a Poisson process that package attack draws in the same way, in blocks.
func (p Plan) due(group uint64) func(k uint64) float64 {
	if p.Arrivals != configs.Poisson {
		return func(k uint64) float64 { return float64(k) }
	}
	const block = 4096
	seed := scramble(p.Seed + group)
	var arrivals []float64
	return func(k uint64) float64 {
		for uint64(len(arrivals)) <= k {
			sum, b := 0.0, uint64(len(arrivals))/block
			if b > 0 {
				sum = arrivals[len(arrivals)-1]
			}
			rng := rand.New(rand.NewPCG(seed, b))
			for range block {
				sum += rng.ExpFloat64()
				arrivals = append(arrivals, sum)
			}
		}
		return arrivals[k]
	}
}

// pick says which request of the mix a hit sends, as package attack does.
func pick(seed, seq uint64, weights []int) int {
	all := 0
	for _, w := range weights {
		all += w
	}
	high, _ := bits.Mul64(scramble(seed^scramble(seq)), uint64(all))
	at := int(high)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return 0
}

// scramble is splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// piece is a stretch in which the rate is linear.
type piece struct {
	from, to     time.Duration
	rate0, rate1 float64
}

func pieces(start, end time.Duration, r configs.Rate) (list []piece) {
	if r.Step == 0 {
		return []piece{{start, end, r.From, r.To}}
	}
	for rate := r.From; start < end; start += r.Every {
		stop := min(start+r.Every, end)
		if rate == r.To {
			stop = end
		}
		list = append(list, piece{start, stop, rate, rate})
		switch {
		case rate == r.To:
			return list
		case rate < r.To:
			rate = min(rate+r.Step, r.To)
		default:
			rate = max(rate-r.Step, r.To)
		}
	}
	return list
}

// hits is how many are expected in the piece.
func (p piece) hits() float64 { return (p.rate0 + p.rate1) / 2 * (p.to - p.from).Seconds() }

// at is when so many hits of the piece are expected: x = rate0·t + slope·t²/2,
// solved for t in the form that loses no digits for a small slope.
func (p piece) at(x float64) time.Duration {
	slope := (p.rate1 - p.rate0) / (p.to - p.from).Seconds()
	root := math.Sqrt(max(0, p.rate0*p.rate0+2*slope*x))
	if p.rate0+root == 0 {
		return p.from
	}
	return min(p.from+time.Duration(2*x/(p.rate0+root)*float64(time.Second)), p.to-1)
}
