package reports

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// maxSeconds bounds the memory of throughput: 36 hours.
const maxSeconds = 1 << 17

// parts are how many cells of throughput make a second.
const parts = 8

// throughput counts, for each eighth of a second since T0, the hits that the site
// took up, by when they were sent and by when they were done.
type throughput struct{ sent, done []int32 }

func (s *throughput) add(h *journal.Hit) {
	if !inFlight(h) || refusedAtOnce(h) {
		return
	}
	for _, c := range []struct {
		counts *[]int32
		at     time.Duration
	}{{&s.sent, h.Sent}, {&s.done, h.Done}} {
		if i := int(max(c.at, 0) / (time.Second / parts)); i < maxSeconds*parts {
			bump(c.counts, i, 1)
		}
	}
}

// in returns how many requests belong to a second. Their calls are made between
// sending and answer, so it is the mean of both counts.
func (s *throughput) in(second int) float64 {
	return float64(sumCells(s.sent, second*parts, (second+1)*parts)+sumCells(s.done, second*parts, (second+1)*parts)) / 2
}

// quietSeconds says of each whole second of the run whether no fault was in force in it
// or had been lifted within the aftermath.
func (a *run) quietSeconds() []bool {
	quiet := make([]bool, min(int(a.end/time.Second), maxSeconds))
	for s := range quiet {
		from := time.Duration(s) * time.Second
		quiet[s] = true
		for _, f := range a.faults {
			over := f.lifted != nil && *f.lifted+aftermath < from
			quiet[s] = quiet[s] && (over || f.applied >= from+time.Second)
		}
	}
	return quiet
}
