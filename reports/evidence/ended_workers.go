package evidence

import "github.com/tailback/tailback/reports/journal"

// maxEnded bounds the workers that are remembered.
const maxEnded = 1000

// endedWorkers are the process ids of workers whose end for taking too long was
// told: that they then ended is no other worker's end.
type endedWorkers map[string]bool

// timedOut is the kind of the line that a worker took too long: once for each worker.
func (w *endedWorkers) timedOut(pid []byte) journal.Kind {
	if (*w)[string(pid)] {
		return ""
	}
	if *w == nil || len(*w) >= maxEnded {
		*w = endedWorkers{}
	}
	(*w)[string(pid)] = true
	return journal.WorkerTimeout
}

// ended is the kind of the line that a worker ended; "" when it was told why.
func (w *endedWorkers) ended(pid []byte, kind journal.Kind) journal.Kind {
	if (*w)[string(pid)] {
		delete(*w, string(pid)) // the number may come again
		return ""
	}
	return kind
}
