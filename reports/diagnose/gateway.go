package diagnose

import (
	"fmt"
	"math"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// overtook counts answers that came too soon for a queue in order of arrival: of
// requests that found so many inside that their turn was a second away or more,
// and took less than half of that, but no less than a worker needs. took is how
// long those took, ns, after which no places stayed free.
func overtook(w *measure.Crowds, workers, capacity, service float64) (n int64, took stats.Histogram) {
	w.Each(func(c *measure.Crowd) {
		turn := (float64(c.Others) - workers) / capacity
		if turn < 1 {
			return
		}
		from, to := int64(0.8*service*float64(time.Second)), int64(turn/2*float64(time.Second))
		c.Freed.Each(func(ns, k int64) {
			if from < ns && ns < to {
				n += k
			}
		})
		c.Full.Each(func(ns, k int64) {
			if from < ns && ns < to {
				n += k
				took.AddN(ns, k)
			}
		})
	})
	return n, took
}

// enough of them are no accident.
const enough = 10

// network tells a unix socket, which refuses at once when the queue is full, from
// TCP, which makes wait. slots is about how many a TCP socket's queue has; 0 is
// not known.
func network(run *measure.Run, full fullFit, pool *reports.Pool) (network string, slots int) {
	if full.n > 0 {
		return "unix", 0
	}
	if pool.Workers == nil || pool.CapacityHz == nil || pool.ServiceS == nil {
		return "", 0
	}
	service, capacity := pool.ServiceS.Value, pool.CapacityHz.Value
	n, took := overtook(run.Crowds, pool.Workers.Value, capacity, service)
	if n < enough {
		return "", 0
	}
	// Who found a place at once had all slots before it: S + Q/C. It is no figure
	// to state, as it leans on the load being well above C, but the model needs one.
	if took.N() >= fewest {
		slots = int(math.Round(max(time.Duration(took.Quantile(0.5)).Seconds()-service, 0) * capacity))
	}
	return "tcp", slots
}

// gatewayTimeout takes the lowest cluster of the times, ns, after which the gateway gave up: on TCP, connecting may take 1, 3
// or 7 s more.
func gatewayTimeout(times *stats.Histogram) (*reports.Estimate, string) {
	n := times.N()
	if n == 0 {
		return nil, "the gateway never gave up on a worker (504)"
	}
	const steps = 40
	tenth := max(steps/10, 1)
	for i := 0; i+tenth <= steps; i++ {
		from := time.Duration(times.Quantile(float64(i) / steps))
		to := time.Duration(times.Quantile(float64(i+tenth) / steps))
		if to-from > from/100+20*time.Millisecond {
			continue
		}
		mid := time.Duration(times.Quantile((float64(i) + float64(tenth)/2) / steps)).Seconds()
		return &reports.Estimate{Value: mid, Low: mid*0.99 - 0.02, High: mid*1.01 + 0.005,
			From: fmt.Sprintf("the shortest of %d answers 504, which came after the same time", n)}, ""
	}
	return nil, fmt.Sprintf("the %d answers 504 came after all sorts of times", n)
}
