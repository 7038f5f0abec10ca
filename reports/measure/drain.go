package measure

// Drain is what was answered of the queue behind a fault, from its lifting until
// no more than so many were inside.
type Drain struct {
	Seconds float64
	Answers int64
	Mix     []int64 // of these answers, by request
}

// longestDrain bounds how many seconds of it are looked at.
const longestDrain = 10

// DrainAfter is the drain behind f, until no more than workers are inside. It ends
// as well when another fault comes, or somebody gives up: workers may then serve
// requests that are not seen. Seconds is 0 when there was no queue.
func (run *Run) DrainAfter(f *Fault, workers int32) Drain {
	levels, lifted := run.Cells.InSystem, run.Cells.Cell(*f.Lifted)
	end := min(lifted+longestDrain*run.Cells.PerSecond(), len(levels), run.Cells.FirstGiveUp())
	for _, other := range run.Faults {
		if other != f && (other.Lifted == nil || *other.Lifted > *f.Lifted) {
			end = min(end, max(run.Cells.Cell(other.Applied), lifted))
		}
	}
	to := lifted
	for to < end && levels[to] > workers {
		to++
	}
	d := Drain{Seconds: float64(to-lifted) * run.Cells.Width.Seconds(), Answers: SumCells(run.Cells.Flow.Served, lifted, to)}
	d.Mix = run.Cells.ServedMix([]Stretch{{lifted, to}})
	return d
}
