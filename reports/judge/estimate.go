package judge

import (
	"fmt"
	"math"
	"strings"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// estimated is what a report has worked out of the site, or of a dependency: the
// figure with all that it may be, or why the run does not tell it.
func estimated(r *reports.Report, o configs.Objective) finding {
	p := &r.Pool
	switch o.Metric {
	case "timeout":
		return timeout(reports.TimeoutOn(r.Timeouts, o.Dependency), o.Dependency)
	case "retries":
		return retries(reports.TimeoutOn(r.Timeouts, o.Dependency), o.Dependency)
	case "budget":
		return budget(r, o.Dependency)
	case "capacity":
		return capacity(r)
	case "workers":
		return workers(p)
	case "queue_slots":
		return queueSlots(p)
	}
	if p.GatewayTimeoutS == nil {
		return finding{why: "how long the gateway waits is not known: " + p.WhyUnknown("gateway_timeout_s")}
	}
	return around(p.GatewayTimeoutS, "the gateway waited", words.Held)
}

// around is an estimate, written by format behind its subject.
func around(e *reports.Estimate, subject string, format func(float64) string) finding {
	short := format(e.Value)
	if low, high := format(e.Low), format(e.High); low != high {
		short += " (" + low + " to " + high + ")"
	}
	return finding{observed: &e.Value, in: &span{e.Low, e.High}, said: phrase{subject + " " + short, short}}
}

// unbounded is a finding that is at least what it is, and may be any more.
func (f finding) unbounded(sentence, short string) finding {
	f.in, f.said = &span{f.in.low, math.Inf(1)}, phrase{sentence, short}
	return f
}

// timeout is how long the site waits for a dependency. A wait that nobody ended, or
// that ended with its worker, shows that no timeout is shorter, and says nothing of
// longer ones.
func timeout(t *reports.Timeout, dependency string) finding {
	switch {
	case t == nil || t.Verdict == "":
		return finding{why: "the timeout on " + dependency + " is not known: " + reports.WhyUntold(t)}
	case t.Verdict == reports.ByNobody:
		waited := words.Held(t.HorizonS)
		return finding{in: new(least(t.HorizonS)), said: phrase{"calls to " + dependency + " waited " + waited + " and would have gone on: there is no timeout that short", "none within " + waited}}
	case t.ObservedS == nil:
		return finding{why: "the timeout on " + dependency + " is not known: " + reports.WhyUntold(t)}
	case t.Verdict == reports.ByWorker:
		after := words.Held(t.ObservedS.Value)
		return finding{in: new(least(t.ObservedS.Low)), said: phrase{
			"calls to " + dependency + " have no timeout of their own that short: the worker was killed after about " + after, "none, the worker was killed after about " + after}}
	case t.Connect:
		return finding{why: "only the time to connect to " + dependency + " was seen to be limited, to " + words.Held(t.ObservedS.Value) + ": a phase in which it hangs would tell for how long an answer is waited for"}
	}
	return around(t.ObservedS, "the timeout on "+dependency+" was", words.Held)
}

// retries is how many further tries the site makes of a call.
func retries(t *reports.Timeout, dependency string) finding {
	if t == nil || !t.RetriesKnown {
		why := "nothing that ended a call was seen"
		if t == nil || t.Why != "" {
			why = reports.WhyUntold(t)
		}
		return finding{why: "how often calls to " + dependency + " are tried again is not known: " + why}
	}
	n := float64(t.Retries)
	return finding{observed: &n, in: &span{n, n}, said: phrase{fmt.Sprintf("calls to %s were tried again %s", dependency, words.Number(t.Retries, "time")), words.Given(n)}}
}

// workers are how many there are. Those that are only known by what they are worth, or
// by how many calls waited at once where something else may have bound these, may be more.
func workers(p *reports.Pool) finding {
	if p.Workers == nil {
		return finding{why: "how many workers there are is not known: " + p.WhyUnknown("workers")}
	}
	if p.Workers.Kind == reports.EffectiveWorkers {
		f := around(p.Workers, "the workers are worth", words.Things)
		return f.unbounded(f.said.sentence+", and there may be more of them", "worth "+f.said.short)
	}
	f := around(whole(p.Workers), "workers were", words.Things)
	if only := p.Assumes["workers"]; only != "" {
		return f.unbounded("workers were "+f.said.short+" or more: no more only if "+only, f.said.short+", or more")
	}
	return f
}

// queueSlots are how many requests wait behind the workers. Where these may be more,
// the slots may be fewer.
func queueSlots(p *reports.Pool) finding {
	switch {
	case p.QueueSlots == nil:
		return finding{why: "how many queue slots there are is not known: " + p.WhyUnknown("queue_slots")}
	case p.Assumes["queue_slots"] != "":
		return finding{observed: &p.QueueSlots.Value, why: fmt.Sprintf("that queue slots are %s is true only if %s", words.Things(p.QueueSlots.Value), p.Assumes["queue_slots"])}
	}
	f := around(whole(p.QueueSlots), "queue slots were", words.Things)
	if only := p.Assumes["workers"]; only != "" {
		f.in.low, f.said = 0, phrase{"queue slots were " + f.said.short + " or fewer: no fewer only if " + only, f.said.short + ", or fewer"}
	}
	return f
}

// whole is an estimate of things of which there are only whole ones.
func whole(e *reports.Estimate) *reports.Estimate {
	rounded := *e
	rounded.Low, rounded.High = math.Round(e.Low), math.Round(e.High)
	if rounded.Low == rounded.High {
		rounded.Value = rounded.Low
	}
	return &rounded
}

// capacity is how much the site serves when all is well; where it was not asked for
// more than that, at least what it was seen to serve.
func capacity(r *reports.Report) finding {
	if e := r.Pool.CapacityHz; e != nil {
		return around(e, "capacity was", words.PerS)
	}
	hz := served(r)
	if hz <= 0 {
		return finding{why: "capacity is not known: " + r.Pool.WhyUnknown("capacity_hz")}
	}
	short := words.PerS(hz) + " at least"
	return finding{in: new(least(hz)), said: phrase{"the site served " + short + ", and what it could serve beyond that is not known (" + r.Pool.WhyUnknown("capacity_hz") + ")", short}}
}

// shortest is how long a phase needs to be to tell what the site serves, seconds.
const shortest = 3

// served is the most that a site surely serves, per second: of the phases without a
// fault the good answers within a phase, less those to requests that it had begun
// with, and less what chance may add to a count, which is two standard deviations of
// a Poisson count, 2·√n. 0 when nothing is sure.
func served(r *reports.Report) (most float64) {
	for i := range r.Phases {
		p := &r.Phases[i]
		if p.Warmup || faulty(r, p) {
			continue
		}
		n, from, to, begun := 0.0, math.Inf(1), 0.0, 0.0
		for k, at := range r.Timeline.StartS {
			if end := at + r.Timeline.BucketS; at < p.StartS || end > p.EndS {
				continue
			} else if to = end; math.IsInf(from, 1) {
				from = at
				if k > 0 {
					begun = float64(r.Timeline.InFlight[k-1])
				}
			}
			n += (r.Timeline.OKHz[k] + r.Timeline.Degraded[k]) * r.Timeline.BucketS
		}
		if to-from >= shortest {
			most = max(most, (n-begun-2*math.Sqrt(n))/(to-from))
		}
	}
	return most
}

// faulty reports whether a fault was in force in a phase.
func faulty(r *reports.Report, p *reports.Phase) bool {
	for _, f := range r.Faults {
		if f.AppliedS < p.EndS && (f.LiftedS == nil || *f.LiftedS > p.StartS) {
			return true
		}
	}
	return false
}

// budget is the longest timeout on a dependency that holds the rate.
func budget(r *reports.Report, dependency string) finding {
	b, t := r.BudgetOf(dependency), reports.TimeoutOn(r.Timeouts, dependency)
	subject := "what timeout on " + dependency + " holds the rate"
	switch {
	case b != nil && b.MaxTimeoutS != nil:
		in := budgetSpan(r, b)
		f := around(&reports.Estimate{Value: *b.MaxTimeoutS, Low: in.low, High: in.high}, "the budget of "+dependency+" was", words.Held)
		if b.Assumes != "" {
			f.in.low, f.said = 0, phrase{f.said.sentence + " or less: no less only if " + b.Assumes, f.said.short + ", or less"}
		}
		return f
	case t != nil && t.HeldHz != nil && t.ObservedS != nil:
		short := words.Held(t.ObservedS.Value) + " at least"
		return finding{in: new(least(t.ObservedS.Low)), said: phrase{fmt.Sprintf("the timeout of %s held %s, and %s beyond that is not known", words.Held(t.ObservedS.Value), words.PerS(*t.HeldHz), strings.TrimSuffix(subject, " holds the rate")), short}}
	case b != nil && b.Why == "":
		return finding{in: &span{}, said: phrase{"no timeout on " + dependency + " holds " + words.Asked(b.RateHz), "none holds " + words.Asked(b.RateHz)}}
	case b != nil:
		return finding{why: subject + " is not known: " + b.Why}
	case r.Pool.Workers == nil:
		return finding{why: subject + " is not known: " + r.Pool.WhyUnknown("workers")}
	case r.Pool.ServiceS == nil:
		return finding{why: subject + " is not known: " + r.Pool.WhyUnknown("service_s")}
	}
	return finding{why: subject + " is not known: no call to it was seen while all was well, or how often one is tried again is not known"}
}

// budgetSpan is what the longest timeout may be with all that the figures behind it may
// be. With W workers and O of its own that a request takes it is (W/rate - O)/p, so that
// p, the calls with their tries, follows from it; by the gateway's patience, or a
// killer's, it is as much longer as these are.
func budgetSpan(r *reports.Report, b *reports.Budget) span {
	most := *b.MaxTimeoutS
	in := span{most, most}
	off := func(e *reports.Estimate) {
		if e != nil {
			in = span{max(most-(e.Value-e.Low), 0), most + e.High - e.Value}
		}
	}
	switch b.Bound {
	case "gateway":
		off(r.Pool.GatewayTimeoutS)
	case "killer":
		if t := reports.TimeoutOn(r.Timeouts, b.Dependency); t != nil {
			off(t.ObservedS)
		}
	case "workers":
		w, s := r.Pool.Workers, r.Pool.ServiceS
		if w == nil || s == nil || b.RateHz <= 0 || w.Value/b.RateHz <= b.OwnS {
			break
		}
		if w.Kind != reports.EffectiveWorkers {
			w = whole(w)
		}
		calls := (w.Value/b.RateHz - b.OwnS) / most
		in.low = min(max((w.Low/b.RateHz-b.OwnS-(s.High-s.Value))/calls, 0), most)
		in.high = max((w.High/b.RateHz-b.OwnS+(s.Value-s.Low))/calls, most)
	}
	return in
}
