package zoo

import (
	"math"
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
	request int // counts the pages with a weight
}

// arrivals are those of the plan's open and burst phases, with how many each
// phase has, and the first number of the attack that it belongs to. Consecutive open phases have one schedule: fractions of a hit carry
// over from one to the next, as package attack has it.
func (p Plan) arrivals(weights []int) (list []arrival, spans []journal.PhaseSpan, firsts []uint64) {
	rng := rand.New(rand.NewPCG(p.Seed, 1))
	var start time.Duration
	var count, sum, due float64 // the expected hits so far, that of the next, and the last whole one
	var group, k uint64
	open := false
	for i, phase := range p.Phases {
		end := start + phase.Duration
		span := journal.PhaseSpan{Name: phase.Name, StartNS: int64(start), EndNS: int64(end), Warmup: phase.Warmup, Kind: "open"}
		if i > 0 && !(open && phase.Open()) {
			group, k, count = group+1, 0, 0
		}
		if phase.Open() && !(i > 0 && open) {
			due = p.first(rng)
		}
		open = phase.Open()
		firsts = append(firsts, group*journal.SeqStride)
		add := func(at time.Duration) {
			list = append(list, arrival{at, group*journal.SeqStride + k, i, pick(rng, weights)})
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
			before := count
			for _, piece := range pieces(start, end, *phase.Rate) {
				sum = count + piece.hits()
				for ; due < sum-1e-9; due += p.gap(rng) {
					add(piece.at(due - count))
				}
				count = sum
			}
			span.RateFrom, span.RateTo = phase.Rate.From, phase.Rate.To
			span.RateMean = (count - before) / phase.Duration.Seconds()
		}
		spans = append(spans, span)
		start = end
	}
	return list, spans, firsts
}

// gap is how many expected hits are between one and the next.
func (p Plan) gap(rng *rand.Rand) float64 {
	if p.Arrivals == configs.Poisson {
		return rng.ExpFloat64()
	}
	return 1
}

// first is that of the first.
func (p Plan) first(rng *rand.Rand) float64 {
	if p.Arrivals == configs.Poisson {
		return rng.ExpFloat64()
	}
	return 0
}

// pick draws an index by its weight.
func pick(rng *rand.Rand, weights []int) int {
	all := 0
	for _, w := range weights {
		all += w
	}
	at := rng.IntN(max(all, 1))
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return 0
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
