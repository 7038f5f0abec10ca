package explain

import (
	"math"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// explain says in words why an onset came, to follow a colon; empty when that
// could not be told. Figures that are not known are left out.
func explain(r *reports.Report, o *reports.Onset) string {
	return doubted(r, o, causeWords(r, o, false))
}

// explainNext does the same for an onset after another that said what took the workers.
func explainNext(r *reports.Report, o *reports.Onset) string {
	return doubted(r, o, causeWords(r, o, true))
}

// doubted puts before text how sure it is.
func doubted(r *reports.Report, o *reports.Onset, text string) string {
	switch c := o.Confidence; {
	case text == "" || c == nil || *c >= reports.Sure:
		return text
	case *c >= reports.Likely:
		return "probably " + text
	}
	return "possibly " + text
}

// causeWords says why an onset came; said is whether what took the workers was said before.
func causeWords(r *reports.Report, o *reports.Onset, said bool) string {
	switch o.Cause {
	case reports.QueueFull:
		if said {
			return queueWords(r, theWorkers(r, "worker", "workers"))
		}
		return taken(r, o) + " and " + queueWords(r, words.Either(counted(r), "it", "them"))
	case reports.WorkerKilled:
		return workerKilled(r, o)
	case reports.GatewayTimeout:
		text := "requests took longer than the gateway waits"
		if g := r.Pool.GatewayTimeoutS; g != nil {
			text = "requests took longer than the " + words.Held(g.Value) + " that the gateway waits"
		}
		if fault := r.FaultOf(o); !said && r.Pool.Workers != nil && fault != nil && fault.Does.Waits {
			return taken(r, o) + " and " + text
		}
		return text
	case reports.GatewayLimit, reports.GatewayRefused, reports.PoolUnreachable, reports.BadHeader:
		return byGateway(o)
	case reports.PoolDown:
		return "nothing listened where the gateway looks for the workers"
	case reports.WorkerClosed:
		return "workers closed their connections without an answer"
	case reports.SelfDeadlock:
		return workersAll(r, "were waiting for the site itself")
	case reports.AppError:
		return "the application itself answered so"
	case reports.CDN:
		return "an edge in front of the site answered in its place"
	case reports.ClientTimeout:
		return "we gave up waiting (target.timeout)"
	case reports.SessionLock:
		return lockWords(r, o)
	case reports.Generator:
		return "the load generator failed, not the site"
	}
	return ""
}

// queueWords says that the queue behind the workers, who are named so, filled.
func queueWords(r *reports.Report, them string) string {
	q := r.Pool.QueueSlots
	if q == nil {
		return "the queue behind " + them + " filled"
	}
	switch n, ok := q.Exact(); {
	case !ok && math.Round(q.Low) == math.Round(q.Value):
		return "at least " + words.Number(int64(math.Round(q.Value)), "queue slot") + " behind " + them + " filled"
	case !ok:
		return whole(q) + " queue slots behind " + them + " filled"
	case n == 0:
		return "there is no queue behind " + them
	case n == 1:
		return "the only queue slot behind " + them + " filled"
	default:
		return "the " + words.Number(n, "queue slot") + " behind " + them + " filled"
	}
}

// taken says what took the workers. Where calls are given up in time to serve
// some requests, it is how many.
func taken(r *reports.Report, o *reports.Onset) string {
	fault := r.FaultOf(o)
	if fault == nil || !fault.Does.Waits {
		return workersAll(r, "were busy")
	}
	hz := r.Prediction.CapacityHz
	if hz == nil || *hz <= 0 || fault != &r.Faults[0] {
		if all := waited(r, o, fault.Dependency); all != "" {
			return all
		}
		if n := o.Held; n != nil && r.Pool.Counted() == nil && math.Round(*n) >= 2 {
			return "all workers were busy, with " + words.Number(int64(math.Round(*n)), "call") + " to " + fault.Dependency + " waiting,"
		}
		return workersAll(r, "were busy") + ", held longer with " + fault.State + ","
	}
	each := "slow calls"
	if t := reports.TimeoutOn(r.Timeouts, fault.Dependency); t != nil && t.ObservedS != nil {
		each = words.Held(t.WholeS()) + " spent on each call"
	} else if fault.CallS != nil {
		each = words.Held(*fault.CallS) + " spent on each call"
	} else if fault.Does.TripDelay && fault.SizeS != nil {
		each = words.Span(*fault.SizeS) + " more spent on each call"
	}
	return "with " + each + " to " + fault.Dependency + " " + workersThe(r) + " " + words.Either(counted(r), "carries", "carry") + " only " + words.PerS(*hz)
}

// waited says how many of the workers were waiting for the fault's dependency when
// the errors began: all, or most of them; empty where neither is claimed.
func waited(r *reports.Report, o *reports.Onset, dependency string) string {
	if r.ClaimAt(reports.AllWaited, o.FirstS) != nil {
		return workersAll(r, "were waiting for "+dependency)
	}
	if c := r.ClaimAt(reports.MostWaited, o.FirstS); c != nil {
		return words.Count(int64(*c.Workers)) + " of " + workersThe(r) + " were waiting for " + dependency
	}
	return ""
}

func workerKilled(r *reports.Report, o *reports.Onset) string {
	if t := reports.TimeoutOn(r.Timeouts, o.Dependency); t != nil && t.Verdict == reports.ByWorker && t.ObservedS != nil {
		return "workers were killed after waiting " + words.Held(t.ObservedS.Value) + " for " + t.Dependency
	}
	return "workers died, or were killed, with the requests that they served"
}

// workersAll writes "all 4 workers were busy", with their number where it is known.
func workersAll(r *reports.Report, were string) string {
	w := r.Pool.Counted()
	if w == nil || r.Pool.Grew {
		return "all workers " + were
	}
	switch n, ok := w.Exact(); {
	case ok && n == 1:
		return "the only worker was" + strings.TrimPrefix(were, "were")
	case ok && n == 2:
		return "both workers " + were
	case ok:
		return "all " + words.Count(n) + " workers " + were
	}
	return "all workers (" + whole(w) + ") " + were
}

// workersThe writes "the 4 workers", "the only worker".
func workersThe(r *reports.Report) string {
	if n := counted(r); n > 1 {
		return "the " + words.Number(n, "worker")
	}
	return theWorkers(r, "only worker", "workers")
}

// theWorkers writes "the workers", or what they are when there is one.
func theWorkers(r *reports.Report, one, others string) string {
	return "the " + words.Either(counted(r), one, others)
}

// theseWorkers writes "these workers", or "this worker".
func theseWorkers(r *reports.Report) string {
	return words.Either(counted(r), "this worker", "these workers")
}

// counted is how many workers there are; 0 when it is not known exactly.
func counted(r *reports.Report) int64 {
	if w := r.Pool.Counted(); w != nil && !r.Pool.Grew {
		if n, ok := w.Exact(); ok {
			return n
		}
	}
	return 0
}

// whole writes a number of things: 4, or about 17 where it may be others too.
func whole(e *reports.Estimate) string {
	if n, ok := e.Exact(); ok {
		return words.Count(n)
	}
	return "about " + words.Count(int64(math.Round(e.Value)))
}
