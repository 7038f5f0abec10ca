package reports

// The outcomes of a run. All but killed are also the manifest's.
const (
	OutcomeComplete    = "complete"
	OutcomeInterrupted = "interrupted"
	OutcomeAborted     = "aborted"
	OutcomeFailed      = "failed"
	OutcomeKilled      = "killed" // it was ended before it could say how it ended
)

// The kinds of phase.
const (
	OpenPhase   = "open"
	ClosedPhase = "closed"
	BurstPhase  = "burst"
)

// The kinds of an estimate of workers.
const (
	CountedWorkers   = "workers"   // processes that waited at once
	EffectiveWorkers = "effective" // capacity times service time: less where requests compete for CPU or a lock
)

// Who ended a wait for a dependency.
const (
	ByApp    = "app"
	ByWorker = "worker" // it was killed
	ByNobody = "none"
)

// Below sure a cause is named as probable, below likely as possible.
const (
	Sure   = 0.8
	Likely = 0.6
)
