package reports

import (
	"math"
	"slices"
	"strings"
)

// explain says in words why an onset came, to follow a colon; empty when that
// could not be told. Figures that are not known are left out.
func (r *Report) explain(o *Onset) string { return r.doubted(o, r.causeWords(o, false)) }

// explainNext does the same for an onset after another that said what took the workers.
func (r *Report) explainNext(o *Onset) string { return r.doubted(o, r.causeWords(o, true)) }

// doubted puts before text how sure it is.
func (r *Report) doubted(o *Onset, text string) string {
	switch c := o.Confidence; {
	case text == "" || c == nil || *c >= sure:
		return text
	case *c >= likely:
		return "probably " + text
	}
	return "possibly " + text
}

// causeWords says why an onset came; said is whether what took the workers was said before.
func (r *Report) causeWords(o *Onset, said bool) string {
	switch o.Cause {
	case QueueFull:
		queue := r.queueWords()
		if said {
			return strings.Replace(queue, "them", "the workers", 1)
		}
		return r.taken(o) + " and " + queue
	case WorkerKilled:
		return r.workerKilled(o)
	case GatewayTimeout:
		text := "requests took longer than the gateway waits"
		if g := r.Pool.GatewayTimeoutS; g != nil {
			text = "requests took longer than the " + held(g.Value) + " that the gateway waits"
		}
		if fault := r.faultOf(o); !said && r.Pool.Workers != nil && fault != nil && fault.Waits {
			return r.taken(o) + " and " + text
		}
		return text
	case GatewayLimit:
		return "the gateway ran out of connections or of live upstreams"
	case PoolDown:
		return "nothing listened where the gateway looks for the workers"
	case WorkerClosed:
		return "workers closed their connections without an answer"
	case SelfDeadlock:
		return r.workersAll("were waiting for the site itself")
	case AppError:
		return "the application itself answered so"
	case CDN:
		return "an edge in front of the site answered in its place"
	case ClientTimeout:
		return "we gave up waiting (target.timeout)"
	case Generator:
		return "the load generator failed, not the site"
	}
	return ""
}

// queueWords says that the queue filled.
func (r *Report) queueWords() string {
	q := r.Pool.QueueSlots
	if q == nil {
		return "the queue behind them filled"
	}
	switch n, ok := q.Exact(); {
	case !ok:
		return whole(q) + " queue slots behind them filled"
	case n == 0:
		return "there is no queue behind them"
	default:
		return "the " + number(n, "queue slot") + " behind them filled"
	}
}

// taken says what took the workers. Where calls are given up in time to serve
// some requests, it is how many.
func (r *Report) taken(o *Onset) string {
	fault := r.faultOf(o)
	if fault == nil || !fault.Waits {
		return r.workersAll("were busy")
	}
	hz := r.Prediction.CapacityHz
	if hz == nil || *hz <= 0 || fault != &r.Faults[0] {
		return r.workersAll("were waiting for " + fault.Dependency)
	}
	each := "slow calls"
	if t := timeoutOn(r.Timeouts, fault.Dependency); t != nil && t.ObservedS != nil {
		each = held(t.WholeS()) + " spent on each call"
	} else if fault.CallS != nil {
		each = held(*fault.CallS) + " spent on each call"
	} else if fault.Kind == "latency" && fault.SizeS != nil {
		each = held(*fault.SizeS) + " more spent on each call"
	}
	return "with " + each + " to " + fault.Dependency + " " + r.workersThe() + " carry only " + perS(*hz)
}

func (r *Report) workerKilled(o *Onset) string {
	if t := timeoutOn(r.Timeouts, o.Dependency); t != nil && t.Verdict == byWorker && t.ObservedS != nil {
		return "workers were killed after waiting " + held(t.ObservedS.Value) + " for " + t.Dependency
	}
	return "workers died, or were killed, with the requests that they served"
}

// keepsWaiting reports whether a fault of this kind makes a caller wait.
func keepsWaiting(kind string) bool {
	return slices.Contains([]string{"hang", "latency", "no_accept", "slow_dial", "bandwidth", "slow_close", "slice", "limit"}, kind)
}

// workersAll writes "all 4 workers were busy", with their number where it is known.
func (r *Report) workersAll(were string) string {
	w := r.Pool.Workers
	if w == nil || w.Kind == effectiveWorkers || r.Pool.Grew {
		return "all workers " + were
	}
	switch n, ok := w.Exact(); {
	case ok && n == 1:
		return "the only worker was" + strings.TrimPrefix(were, "were")
	case ok:
		return "all " + count(n) + " workers " + were
	}
	return "all workers (" + whole(w) + ") " + were
}

// workersThe writes "the 4 workers".
func (r *Report) workersThe() string {
	if w := r.Pool.Workers; w != nil && w.Kind != effectiveWorkers && !r.Pool.Grew {
		if n, ok := w.Exact(); ok {
			return "the " + number(n, "worker")
		}
	}
	return "the workers"
}

// whole writes a number of things: 4, or about 17 where it may be others too.
func whole(e *Estimate) string {
	if n, ok := e.Exact(); ok {
		return count(n)
	}
	return "about " + count(int64(math.Round(e.Value)))
}
