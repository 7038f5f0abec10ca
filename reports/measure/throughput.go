package measure

import (
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// maxSeconds bounds the memory of throughput: 36 hours.
const maxSeconds = 1 << 17

// Parts are how many cells of throughput make a second.
const Parts = 8

// Throughput counts, for each eighth of a second since T0, the hits that the site
// took up, by when they were sent and by when they were done.
type Throughput struct{ sent, Done []int32 }

func (s *Throughput) add(h *journal.Hit) {
	if !inFlight(h) || refusedAtOnce(h) {
		return
	}
	for _, c := range []struct {
		counts *[]int32
		at     time.Duration
	}{{&s.sent, h.Sent}, {&s.Done, h.Done}} {
		if i := int(max(c.at, 0) / (time.Second / Parts)); i < maxSeconds*Parts {
			bump(c.counts, i, 1)
		}
	}
}

// In returns how many requests belong to a second. Their calls are made between
// sending and answer, so it is the mean of both counts. Where a queue fills or
// drains, who is sent waits, and who calls is soon done.
func (s *Throughput) In(second int) float64 {
	sent, done := SumCells(s.sent, second*Parts, (second+1)*Parts), SumCells(s.Done, second*Parts, (second+1)*Parts)
	if apart := max(sent, done) - min(sent, done); apart > 2 && 5*apart > max(sent, done) {
		return float64(done)
	}
	return float64(sent+done) / 2
}

// QuietSeconds says of each whole second of the run whether no fault was in force in it
// or had been lifted within the aftermath.
func (run *Run) QuietSeconds() []bool {
	quiet := make([]bool, min(int(run.End/time.Second), maxSeconds))
	for s := range quiet {
		from := time.Duration(s) * time.Second
		quiet[s] = true
		for _, f := range run.Faults {
			over := f.Lifted != nil && *f.Lifted+aftermath < from
			quiet[s] = quiet[s] && (over || f.Applied >= from+time.Second)
		}
	}
	return quiet
}

// fewPaced is of how many requests on it can be told whether a site keeps pace.
const fewPaced = 20

// KeptPace reports whether, up to the first fault or refusal, open load was
// answered as fast as it came: no more were inside in the second half of that time
// than in the first. Requests that queue for all workers would have become more.
func (run *Run) KeptPace() bool {
	g := run.Cells
	end := len(g.InSystem)
	for _, f := range run.Faults {
		end = min(end, g.Cell(f.Applied))
	}
	for c, n := range g.Flow.Refused {
		if n > 0 {
			end = min(end, c)
		}
	}
	end = min(end, g.FirstGiveUp())
	for _, p := range run.Manifest.Phases {
		if p.Kind == reports.ClosedPhase {
			return false
		}
	}
	half := end / 2
	if half == 0 || SumCells(g.Flow.Sent, 0, end) < fewPaced {
		return false
	}
	early, late := SumCells(g.InSystem, 0, half), SumCells(g.InSystem, half, end)
	return float64(late)/float64(end-half) <= 1.25*float64(early)/float64(half)+0.5
}
