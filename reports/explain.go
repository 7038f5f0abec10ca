package reports

import (
	"slices"
	"strings"
)

// Below sure a cause is named as probable, below likely as possible.
const (
	sure   = 0.8
	likely = 0.6
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
	switch n, ok := q.exact(); {
	case !ok:
		return q.whole() + " queue slots behind them filled"
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
	if t := timeoutOn(r.Timeouts, o.Dependency); t != nil && t.Verdict == "worker" && t.ObservedS != nil {
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
	if w == nil || w.Kind == effective || r.Pool.Grew {
		return "all workers " + were
	}
	switch n, ok := w.exact(); {
	case ok && n == 1:
		return "the only worker was" + strings.TrimPrefix(were, "were")
	case ok:
		return "all " + count(n) + " workers " + were
	}
	return "all workers (" + w.whole() + ") " + were
}

// workersThe writes "the 4 workers".
func (r *Report) workersThe() string {
	if w := r.Pool.Workers; w != nil && w.Kind != effective && !r.Pool.Grew {
		if n, ok := w.exact(); ok {
			return "the " + number(n, "worker")
		}
	}
	return "the workers"
}

// effective is the kind of an estimate of workers that compete for CPU or a lock.
const effective = "effective"

// faultOf returns the fault that an onset is counted from, or nil.
func (r *Report) faultOf(o *Onset) *Fault {
	if o.AfterFaultS == nil {
		return nil
	}
	applied := o.FirstS - *o.AfterFaultS
	var nearest *Fault
	for i := range r.Faults {
		f := &r.Faults[i]
		if f.Dependency == o.Dependency && (nearest == nil || distance(f.AppliedS, applied) < distance(nearest.AppliedS, applied)) {
			nearest = f
		}
	}
	return nearest
}

func distance(a, b float64) float64 { return max(a-b, b-a) }

// timeoutOn returns what was seen of timeouts on a dependency: the one that
// says most, or nil.
func timeoutOn(list []Timeout, dependency string) *Timeout {
	var best *Timeout
	for i := range list {
		t := &list[i]
		if t.Dependency == dependency && (best == nil || tells(t) > tells(best)) {
			best = t
		}
	}
	return best
}

// tells ranks what was seen of a timeout: a total one before one on connecting.
func tells(t *Timeout) int {
	rank := 0
	if !t.Connect {
		rank++
	}
	switch {
	case t.ObservedS != nil && t.Verdict != "":
		rank += 4
	case t.Verdict != "":
		rank += 2
	}
	return rank
}

// budgetOf returns the budget of a dependency, or nil.
func (r *Report) budgetOf(dependency string) *Budget {
	for i := range r.Budget {
		if r.Budget[i].Dependency == dependency {
			return &r.Budget[i]
		}
	}
	return nil
}
