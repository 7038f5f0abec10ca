package explain

import (
	"fmt"
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// maxAdvice is how much a reader is told to do: what matters most comes first.
const maxAdvice = 4

// Advice is what to do about what was seen, each with the figure that backs it.
// A run in which nothing was wrong has none.
func Advice(r *reports.Report) []reports.Advice {
	list := []reports.Advice{}
	for _, found := range [][]reports.Advice{
		adviseOnLock(r),
		adviseOnCauses(r),
		adviseOnTimeouts(r),
		adviseOnSession(r),
		adviseOnLoad(r),
		adviseOnGateway(r),
		adviseOnGrowth(r),
		adviseOnStatus(r),
		adviseOnLogs(r),
	} {
		list = append(list, found...)
	}
	return list[:min(len(list), maxAdvice)]
}

// adviseOnCauses is what to do about causes that no timeout mends.
func adviseOnCauses(r *reports.Report) []reports.Advice {
	var list []reports.Advice
	said := map[string]bool{}
	for i := range r.Onset {
		o := &r.Onset[i]
		texts := remediesOf(o)
		if len(texts) == 0 {
			texts = remedyOf(r, o.Cause)
		}
		texts = slices.DeleteFunc(texts, func(text string) bool { return said[text] })
		if len(texts) == 0 || o.Confidence != nil && *o.Confidence < reports.Likely {
			continue
		}
		because := howMany(o) + " from " + words.Moment(o.FirstS) + " on"
		if word := poolSaid(o); word != "" {
			because += "; " + word + whereItWaits(r, o.Dependency)
		} else if told := tellingEvidence(o); told != "" {
			because += "; " + told
		}
		for _, text := range texts {
			said[text] = true
			list = append(list, reports.Advice{Text: text, Because: because})
		}
	}
	return list
}

// remedyOf is what to do about a cause, where no line of the gateway's log tells more.
func remedyOf(r *reports.Report, cause reports.Cause) []string {
	if cause == reports.WorkerKilled {
		return []string{onKiller(r)}
	}
	if text := againstCause[cause]; text != "" {
		return []string{text}
	}
	return nil
}

// againstCause is what to do about a cause that has one remedy.
var againstCause = map[reports.Cause]string{
	reports.SelfDeadlock:    "Stop calling the site from its own pages: call the code, or the database, directly",
	reports.PoolDown:        "Find out why the pool was not running: its own log says what stopped it",
	reports.WorkerClosed:    "Find why workers close without an answer: the pool's log has their last words",
	reports.GatewayLimit:    "Raise the gateway's worker_connections, or look why it took its upstreams for dead",
	reports.GatewayRefused:  "See which limit of the gateway's refused them: limit_req, limit_conn or client_max_body_size",
	reports.PoolUnreachable: "See why the gateway can't reach the pool: its error log says how it failed",
	reports.BadHeader:       "See what the pool answers: the gateway can't take its header",
	reports.ClientTimeout:   "Raise target.timeout if visitors wait longer than that",
	reports.Generator:       "Run this again from a machine, or at a rate, that the generator can keep up with",
}

// howMany writes "56 × 502", and of what has no status "56 errors".
func howMany(o *reports.Onset) string {
	if o.Code == 0 {
		return words.Number(o.Count, "error")
	}
	return fmt.Sprintf("%s × %d", words.Count(o.Count), o.Code)
}

// adviseOnLoad is what to do about a site that was asked for more than it carries without a fault.
func adviseOnLoad(r *reports.Report) []reports.Advice {
	if s := r.Contended(); s != nil {
		return []reports.Advice{{Text: "Find what requests wait for inside the site (CPU, a lock, the database): more workers alone may not help", Because: onEvidence("each request takes longer the more there are at once", s.Evidence)}}
	}
	p, asked := r.Pool, r.OverloadHz()
	if asked == 0 || p.CapacityHz == nil {
		return nil
	}
	carries := fmt.Sprintf("it carries %s, and was asked %s", carrying(r, p.CapacityHz.Value), asking(r, asked))
	if p.Workers != nil && p.Workers.Kind == reports.EffectiveWorkers {
		return []reports.Advice{{Text: "Make pages faster; or run more workers if they mostly wait, or give the site more cores if they compute",
			Because: fmt.Sprintf("%s: its workers do the work of %s, and whether they wait or compete for the processor can't be told from outside", carries, words.Things(p.Workers.Value))}}
	}
	if p.ServiceS == nil || p.ServiceS.Value <= 0 || p.Workers == nil {
		return []reports.Advice{{Text: "Make pages faster, or run more workers if these are what it lacks", Because: carries}}
	}
	more := r.ClaimOn(reports.WorkersCarry, "")
	would := p.Workers.Value / p.ServiceS.Value
	switch {
	case more == nil && would < enoughMore*p.CapacityHz.Value:
		return []reports.Advice{{Text: "Make pages faster, or run more workers", Because: carries + "; how many more can't be told, since by the figures of this run those that it has were enough"}}
	case more == nil:
		return []reports.Advice{{Text: "Find what its workers compete for (CPU, a lock, the database), or make pages faster",
			Because: fmt.Sprintf("%s; if its %s only waited they would carry %s", carries, words.Number(int64(math.Round(p.Workers.Value)), "worker"), words.PerS(would))}}
	}
	return []reports.Advice{{Text: fmt.Sprintf("Run %s to carry %s with headroom, or make pages faster", words.Number(int64(*more.Workers), "worker"), words.Asked(asked)),
		Because: fmt.Sprintf("%s: %s x %s = %s busy", carries, words.Asked(asked), words.Span(p.ServiceS.Value), words.Amount(asked*p.ServiceS.Value, "worker"))}}
}

// enoughMore is how many times what a site carries its workers would have to carry if
// they only waited, to say that they compete.
const enoughMore = 1.1

// adviseOnGateway is for a gateway that gives up on work that goes on.
func adviseOnGateway(r *reports.Report) []reports.Advice {
	g := r.Pool.GatewayTimeoutS
	if g == nil {
		return nil
	}
	for i := range r.Timeouts {
		t := &r.Timeouts[i]
		if t.Visitor == "gateway" && t.ObservedS != nil && t.WholeS() > g.High {
			return []reports.Advice{{Text: fmt.Sprintf("Keep all calls of a page shorter together than the %s that the gateway waits", words.Held(g.Value)),
				Because: fmt.Sprintf("calls to %s held workers for %s: they went on for visitors who had been told 504", t.Dependency, words.Held(t.WholeS()))}}
		}
	}
	return nil
}

func adviseOnGrowth(r *reports.Report) []reports.Advice {
	w := r.Pool.Workers
	if !r.Pool.Grew || w == nil || !slices.ContainsFunc(r.Onset, func(o reports.Onset) bool { return o.Cause == reports.QueueFull }) {
		return nil
	}
	return []reports.Advice{{Text: "Start the pool at its full size: pm = static, or a higher pm.start_servers",
		Because: fmt.Sprintf("it grew from %s to %s while requests queued, unless others than this run called the dependency too",
			words.Things(w.Low), words.Amount(w.High, "worker"))}}
}

// blind is how long, in seconds, a status page must have been silent to be told of.
const blind = 3.0

// adviseOnStatus is for a status page that did not answer while it was needed:
// by default it takes a worker of the pool that it tells of.
func adviseOnStatus(r *reports.Report) []reports.Advice {
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
	return []reports.Advice{{Text: "Give the status page a socket of its own: pm.status_listen",
		Because: fmt.Sprintf("it said nothing for %s from %s on, when the workers were busy", words.Span(longest), words.Moment(from))}}
}

// adviseOnLogs names the logs that would make a cause surer.
func adviseOnLogs(r *reports.Report) []reports.Advice {
	missing := missingLogs(r)
	if missing == "" {
		return nil
	}
	for i := range r.Onset {
		o := &r.Onset[i]
		switch c := o.Confidence; {
		case o.Cause == reports.Unknown || o.Cause == "":
			return []reports.Advice{{Text: "Give this run the site's " + missing + " (under site:)", Because: "why the " + what(o) + " came can't be told from outside"}}
		case c != nil && *c < reports.Sure:
			return []reports.Advice{{Text: "Give this run the site's " + missing + " (under site:)", Because: fmt.Sprintf("the cause of the %s is told with confidence %s without", what(o), words.Confidence(*c))}}
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
