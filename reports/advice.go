package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// maxAdvice is how much a reader is told to do: what matters most comes first.
const maxAdvice = 4

// advice is what to do about what was seen, each with the figure that backs it.
// A run in which nothing was wrong has none.
func (r *Report) advice() []Advice {
	list := []Advice{}
	for _, found := range [][]Advice{
		r.adviseOnCauses(),
		r.adviseOnTimeouts(),
		r.adviseOnLoad(),
		r.adviseOnGateway(),
		r.adviseOnGrowth(),
		r.adviseOnStatus(),
		r.adviseOnLogs(),
	} {
		list = append(list, found...)
	}
	return list[:min(len(list), maxAdvice)]
}

// adviseOnCauses is what to do about causes that no timeout mends.
func (r *Report) adviseOnCauses() []Advice {
	var list []Advice
	said := map[Cause]bool{}
	for i := range r.Onset {
		o := &r.Onset[i]
		text := map[Cause]string{
			SelfDeadlock:  "Stop calling the site from its own pages: call the code, or the database, directly",
			PoolDown:      "Find out why the pool was not running: its own log says what stopped it",
			WorkerKilled:  "Find what kills the workers: request_terminate_timeout, memory, or a crash",
			WorkerClosed:  "Find why workers close without an answer: the pool's log has their last words",
			GatewayLimit:  "Raise the gateway's worker_connections, or look why it took its upstreams for dead",
			ClientTimeout: "Raise target.timeout if visitors wait longer than that",
			Generator:     "Run this again from a machine, or at a rate, that the generator can keep up with",
		}[o.Cause]
		if text == "" || said[o.Cause] || o.Confidence != nil && *o.Confidence < likely {
			continue
		}
		said[o.Cause] = true
		because := fmt.Sprintf("%s × %s from %s on", count(o.Count), cmp.Or(codeWord(o), "errors"), span(o.FirstS))
		if len(o.Evidence) > 0 {
			because += "; " + o.Evidence[0]
		}
		list = append(list, Advice{text, because})
	}
	return list
}

func codeWord(o *Onset) string {
	if o.Code == 0 {
		return ""
	}
	return fmt.Sprint(o.Code)
}

// adviseOnLoad is what to do about a site that was asked for more than it carries without a fault.
func (r *Report) adviseOnLoad() []Advice {
	asked, trouble := 0.0, false
	for _, o := range r.Onset {
		if o.Cause == QueueFull && o.AfterFaultS == nil && o.RateHz != nil {
			asked, trouble = max(asked, *o.RateHz), true
		}
	}
	for _, s := range r.Slowdowns {
		if s.Cause == Contention && s.Confidence != nil && *s.Confidence >= likely {
			return []Advice{{"Find what requests wait for inside the site (CPU, a lock, the database): more workers would make it slower", onEvidence("each request takes longer the more there are at once", s.Evidence)}}
		}
	}
	p := r.Pool
	if !trouble || p.CapacityHz == nil {
		return nil
	}
	carries := fmt.Sprintf("it carries %s, and was asked %s/s", perS(p.CapacityHz.Value), digits(asked, 1))
	if p.Workers != nil && p.Workers.Kind == effectiveWorkers {
		return []Advice{{"Give the site more cores, or make its pages cheaper: more workers would not help",
			fmt.Sprintf("%s: its workers do the work of %s", carries, digits(p.Workers.Value, 1))}}
	}
	if p.ServiceS == nil || p.ServiceS.Value <= 0 {
		return []Advice{{"Make pages faster, or run more workers", carries}}
	}
	busy := asked * p.ServiceS.Value
	return []Advice{{fmt.Sprintf("Run %s to carry %s/s with headroom, or make pages faster", number(int64(math.Ceil(busy/headroom-1e-9)), "worker"), digits(asked, 1)),
		fmt.Sprintf("%s: %s/s x %s = %s workers busy", carries, digits(asked, 1), held(p.ServiceS.Value), digits(busy, 1))}}
}

// headroom is the share of their time that workers should be busy at most.
const headroom = 0.8

// adviseOnGateway is for a gateway that gives up on work that goes on.
func (r *Report) adviseOnGateway() []Advice {
	g := r.Pool.GatewayTimeoutS
	if g == nil {
		return nil
	}
	for i := range r.Timeouts {
		t := &r.Timeouts[i]
		if t.Visitor == "gateway" && t.ObservedS != nil && t.WholeS() > g.High {
			return []Advice{{fmt.Sprintf("Keep all calls of a page shorter together than the %s that the gateway waits", held(g.Value)),
				fmt.Sprintf("calls to %s held workers for %s: they went on for visitors who had been told 504", t.Dependency, held(t.WholeS()))}}
		}
	}
	return nil
}

func (r *Report) adviseOnGrowth() []Advice {
	w := r.Pool.Workers
	if !r.Pool.Grew || w == nil || !slices.ContainsFunc(r.Onset, func(o Onset) bool { return o.Cause == QueueFull }) {
		return nil
	}
	return []Advice{{"Start the pool at its full size: pm = static, or a higher pm.start_servers",
		fmt.Sprintf("it grew from %s to %s workers while requests queued, unless others than this run called the dependency too",
			digits(w.Low, 0), digits(w.High, 0))}}
}

// blind is how long, in seconds, a status page must have been silent to be told of.
const blind = 3.0

// adviseOnStatus is for a status page that did not answer while it was needed:
// by default it takes a worker of the pool that it tells of.
func (r *Report) adviseOnStatus() []Advice {
	if len(r.Status) < 3 {
		return nil
	}
	gaps := make([]float64, len(r.Status)-1)
	longest, from := 0.0, 0.0
	for i := range gaps {
		gaps[i] = r.Status[i+1].AtS - r.Status[i].AtS
		if gaps[i] > longest {
			longest, from = gaps[i], r.Status[i].AtS
		}
	}
	slices.Sort(gaps)
	if longest < blind || longest < 4*gaps[len(gaps)/2] {
		return nil
	}
	return []Advice{{"Give the status page a socket of its own: pm.status_listen",
		fmt.Sprintf("it said nothing for %s from %s on, when the workers were busy", span(longest), span(from))}}
}

// adviseOnLogs names the logs that would make a cause surer.
func (r *Report) adviseOnLogs() []Advice {
	missing := r.missingLogs()
	if missing == "" {
		return nil
	}
	for i := range r.Onset {
		o := &r.Onset[i]
		switch c := o.Confidence; {
		case o.Cause == Unknown || o.Cause == "":
			return []Advice{{"Give this run the site's " + missing + " (under site:)", "why the " + o.what() + " came can't be told from outside"}}
		case c != nil && *c < sure:
			return []Advice{{"Give this run the site's " + missing + " (under site:)", fmt.Sprintf("the cause of the %s is told with confidence %.1f without", o.what(), *c)}}
		}
	}
	return nil
}

// onEvidence is the first of the evidence, or text where there is none.
func onEvidence(text string, evidence []string) string {
	if len(evidence) > 0 {
		return evidence[0]
	}
	return text
}
