package zoo

import (
	"math"
	"math/rand/v2"
	"time"
)

// noise is what a real machine adds to each time. The figures were measured on
// real runs of the staging site (nginx 1.22, php-fpm 8.2, gunicorn; two cores
// that others used too, load 0.5 to 3): medians and 90% quantiles
//
//	a hit is sent after it is due         0.65 ms   1.05 ms (99%: 1.2 ms on a calm machine, 2 to 45 on a busy one)
//	nginx's 502 of a full queue           0.33 ms   0.55 ms (99%: 1.5 to 5 ms)
//	a file that nginx serves              0.23 ms   0.27 ms
//	php: what a page takes beside its own sleep and the dependency's   2.3 ms   4.4 ms
//	  of which from its arrival to its call 1.4 ms, connecting and the call's way 0.5 ms
//	header to end of a body               0.018 ms  0.04 ms
//	a usage event after its second        0.45 ms   0.9 ms
//	a fault after its moment              0.5 ms    0.9 ms
//	a log line is read                    0 to 50 ms after it was written
type noise struct {
	rng  *rand.Rand
	busy float64
}

// about draws from a log-normal distribution of that median, whose 90% quantile
// is 1.6 times the median, with a stall of the machine now and then.
func (n *noise) about(median time.Duration) time.Duration {
	const sigma = 0.37 // ln 1.6 / 1.28
	return time.Duration(float64(median)*math.Exp(sigma*n.rng.NormFloat64())) + n.stall()
}

// stall is how long the machine was busy with something else: of a calm one
// hardly ever, of a busy one 10 ms on the average in 1% of the times.
func (n *noise) stall() time.Duration {
	if n.rng.Float64() >= 0.01*n.busy {
		return 0
	}
	return time.Duration(n.rng.ExpFloat64() * float64(10*time.Millisecond))
}

// lag is how long after its due time a hit is sent: timers fire within a
// millisecond, evenly.
func (n *noise) lag() time.Duration {
	return n.upTo(1100*time.Microsecond) + 60*time.Microsecond + n.stall()
}

// upTo draws evenly.
func (n *noise) upTo(most time.Duration) time.Duration {
	return time.Duration(n.rng.Float64() * float64(most))
}

// oversleep is how much longer a sleep takes than it was asked to.
func (n *noise) oversleep() time.Duration { return n.about(80 * time.Microsecond) }
