package reports

// The outcomes of a run. All but killed are also the manifest's.
const (
	complete    = "complete"
	interrupted = "interrupted"
	aborted     = "aborted"
	failed      = "failed"
	killed      = "killed" // it was ended before it could say how it ended
)

// The kinds of phase.
const (
	open   = "open"
	closed = "closed"
	burst  = "burst"
)

// The kinds of an estimate of workers.
const (
	countedWorkers   = "workers"   // processes that waited at once
	effectiveWorkers = "effective" // capacity times service time: less where requests compete for CPU or a lock
)

// Who ended a wait for a dependency.
const (
	byApp    = "app"
	byWorker = "worker" // it was killed
	byNobody = "none"
)

// Below sure a cause is named as probable, below likely as possible.
const (
	sure   = 0.8
	likely = 0.6
)
