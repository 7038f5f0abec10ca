package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
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
func network(run *measure.Run, p *PoolFit, pool *reports.Pool) (network string, slots int) {
	if p.full.n > 0 {
		return "unix", 0
	}
	if p.locked != "" { // who waits for no session overtakes those who do
		return "", 0
	}
	workers, carries := cmp.Or(pool.Workers, p.worth()), cmp.Or(pool.CapacityHz, p.capacity.rough)
	if workers == nil || carries == nil || pool.ServiceS == nil {
		return "", 0
	}
	service, capacity := pool.ServiceS.Value, carries.Value
	n, took := overtook(run.Crowds, workers.Value, capacity, service)
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
func (p *PoolFit) gatewayTimeout(run *measure.Run) (*reports.Estimate, string) {
	times := &run.GiveUps
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
		e := &reports.Estimate{Value: mid, Low: mid*0.99 - 0.02, High: mid*1.01 + 0.005,
			From: fmt.Sprintf("the shortest of %d answers 504, which came after the same time", n)}
		if n < fewest && p.full.n == 0 { // of so few all may have had to connect again
			e.Low = max(e.Low-longestConnect, 0)
			e.From += fmt.Sprintf("; on TCP connecting may have taken up to %d s of it", longestConnect)
		}
		return p.byTry(run, e, n)
	}
	return nil, fmt.Sprintf("the %d answers 504 came after all sorts of times", n)
}

// longestConnect is how many seconds connecting to a full TCP queue may take before
// the request is sent: SYNs are sent again after 1, 3 and 7 s, or after each of some.
const longestConnect = 7

// byTry divides what the gateway waited by its tries: nginx asks the next server
// of an upstream when one has not answered (proxy_next_upstream), which may be the
// same one under a second name, and logs each time. That no server was left
// (max_fails) shows that it does so where the log has lost count.
func (p *PoolFit) byTry(run *measure.Run, e *reports.Estimate, answers int64) (*reports.Estimate, string) {
	lines, first := map[journal.Kind]int64{}, run.End
	for _, o := range run.Observed {
		if o.Source == journal.NginxErrorLog && run.Within(o) {
			lines[o.Kind] += max(o.Count, 1)
			if o.Kind == journal.ReadTimeout {
				first = min(first, time.Duration(o.AtNS))
			}
		}
	}
	tries := float64(lines[journal.ReadTimeout]) / float64(answers)
	switch n := math.Round(tries); {
	case answers >= fewest && n >= 2 && n <= mostTries && math.Abs(tries-n) <= 0.1*n && firstOfTries(run, first, e.Value/n):
		p.triesTold = true
		e.Value, e.Low, e.High = e.Value/n, e.Low/n, e.High/n
		e.From += fmt.Sprintf(", each after %.0f tries by nginx's error log", n)
	case lines[journal.NoLiveUpstreams] > 0:
		return nil, severalTries
	}
	return e, ""
}

// firstOfTries reports whether the first line of the log came as long before the
// first answer 504 as the tries after the first take. Where pages fetch pages of their own site each of
// the two has its line, none of them before the first answer.
func firstOfTries(run *measure.Run, line time.Duration, each float64) bool {
	answer := run.Cells.Start(min(run.Cells.FirstGiveUp(), len(run.Cells.InSystem)))
	return (answer - line).Seconds() > each/2
}

// mostTries bounds how many a visitor was waited for with: of more lines most are
// of other answers than 504.
const mostTries = 4

// severalTries is why a gateway's timeout can't be told.
const severalTries = "the gateway had no server left to ask: it tries several, or one several times, so what it waited before its answers 504 may be several timeouts"

// NotByTries takes the gateway's timeout back where it had no server left to ask,
// unless its log has told the tries.
func NotByTries(pool *reports.Pool, fit *PoolFit, onsets []reports.Onset) {
	if pool.GatewayTimeoutS == nil || fit.triesTold {
		return
	}
	if slices.ContainsFunc(onsets, func(o reports.Onset) bool { return o.Cause == reports.GatewayLimit }) {
		pool.GatewayTimeoutS = nil
		pool.Unknown["gateway_timeout_s"] = severalTries
	}
}
