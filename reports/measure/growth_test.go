package measure

import (
	"math"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// trialOf plays so many seconds of evenly spaced arrivals on workers who take
// service seconds each, without a limit to the queue.
func trialOf(workers int, service, rate, seconds float64) *Growth {
	g := newGrowth(0, seconds)
	free := make([]float64, workers)
	for k := 0; float64(k)/rate < seconds; k++ {
		due := float64(k) / rate
		w := k % workers // with equal services the first to be free is the next in turn
		free[w] = max(free[w], due) + service
		at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
		g.add(&journal.Hit{Due: at(due), Sent: at(due), Done: at(free[w])})
	}
	return g
}

// R grows by rate/C - 1 a second above C, and does not below.
func TestGrowthIsSeenBeforeTheQueueFills(t *testing.T) {
	for _, c := range []struct {
		workers              int
		service, rate, slope float64
	}{
		{4, 0.5, 7.84, 0},
		{4, 0.5, 8.2, 0.025}, // 8.2/8 - 1
		{4, 0.5, 16, 1},      // 16/8 - 1
		{1, 2, 0.5125, 0.025},
		{50, 0.02, 2600, 0.04},
		{50, 0.02, 2400, 0},
	} {
		slope, stderr, ok := trialOf(c.workers, c.service, c.rate, max(10, 80/c.rate)).Slope()
		if !ok || math.Abs(slope-c.slope) > 0.003 || c.slope > 0 && slope < 3*stderr {
			t.Errorf("%d workers of %v s at %v/s: slope %.4f +- %.4f, want %.4f", c.workers, c.service, c.rate, slope, stderr, c.slope)
		}
	}
}

// Counting answers finds C to 5% in a few seconds, though workers that began
// together finish together: 4/0.5 = 8, 4/1.2 = 3.33, 50/2 = 25.
func TestAnsweredIsTheCapacity(t *testing.T) {
	for _, c := range []struct {
		workers                      int
		service, rate, seconds, want float64
	}{{4, 0.5, 16, 4, 8}, {4, 1.2, 16, 7.2, 3.333}, {4, 1.2, 100, 7.2, 3.333}, {50, 2, 100, 12, 25}, {3, 0.1, 100, 4, 30}} {
		got := trialOf(c.workers, c.service, c.rate, c.seconds).Answered()
		if got == nil || math.Abs(*got/c.want-1) > 0.05 {
			t.Errorf("%d workers of %v s: %v, want %v", c.workers, c.service, *got, c.want)
		}
	}
}

func TestTooFewAnswersTellNothing(t *testing.T) {
	g := trialOf(1, 1, 1, 3)
	if _, _, ok := g.Slope(); ok || g.Answered() != nil {
		t.Error("three answers gave a figure")
	}
}

// Visits at 2/s, whose steps take 5, 55 and 110 ms at each time, have no queue that
// grows, wherever the blocks cut them: with what the steps take by themselves in it, the
// slope was up to 0.011, more than what counts as growth.
func TestStepsThatDifferAreNoGrowth(t *testing.T) {
	for shift := range 50 {
		g := newGrowth(0, 4)
		for k := range 8 {
			at := float64(k)/2 + float64(shift)/100
			for step, took := range []float64{0.005, 0.055, 0.11} {
				due := time.Duration(at * float64(time.Second))
				at += took
				g.add(&journal.Hit{Request: int32(step), Due: due, Sent: due, Done: due + time.Duration(took*float64(time.Second))})
			}
		}
		if slope, stderr, ok := g.Slope(); ok && math.Abs(slope) > 1e-6 {
			t.Errorf("%d ms later: slope %.4f +- %.4f", 10*shift, slope, stderr)
		}
	}
}
