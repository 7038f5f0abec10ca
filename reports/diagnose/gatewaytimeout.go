package diagnose

import (
	"fmt"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
)

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
