package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports/journal"
)

// What a run needs to tell of a pool.
const (
	needsHang     = "a phase in which a dependency that every page calls hangs until 502s come"
	needsCalm     = "some seconds without a fault at so low a rate that requests do not overlap"
	needsOverload = "a phase at more requests/s than the site carries, or `tailback capacity`"
)

// notKnown is what the run could not tell, why, and what would. Nothing is said
// of a run in which nothing was sent: it could not tell anything.
func (a *analysis) notKnown(r *Report) []NotKnown {
	list := []NotKnown{}
	if all, _ := a.scope(""); all.sent == 0 {
		return list
	}
	list = append(list, a.causesNotKnown(r)...)
	list = append(list, a.poolNotKnown(r)...)
	return append(list, a.timeoutsNotKnown(r)...)
}

// causesNotKnown are the errors that could not be explained.
func (a *analysis) causesNotKnown(r *Report) []NotKnown {
	var codes []string
	for _, o := range r.Onset {
		if what := o.what(); (o.Cause == Unknown || o.Cause == "") && !slices.Contains(codes, what) {
			codes = append(codes, what)
		}
	}
	if codes == nil {
		return nil
	}
	n := NotKnown{What: "why the " + join(codes) + " came", Why: "what was seen from outside fits more than one cause", Needs: "a run with more traffic around the onset"}
	if missing := a.missingLogs(); missing != "" {
		n.Needs = "the same run with " + missing + " given under site:"
	}
	return []NotKnown{n}
}

// missingLogs names the logs that tell causes and were not read.
func (a *analysis) missingLogs() string {
	var names []string
	for _, s := range []journal.Source{journal.NginxErrorLog, journal.PHPAccessLog} {
		if !slices.Contains(a.manifest.Sources, s) {
			names = append(names, string(s))
		}
	}
	return join(names)
}

// poolNotKnown are the figures of the pool that the run does not tell. Those
// that lack the same run are told of together.
func (a *analysis) poolNotKnown(r *Report) []NotKnown {
	var list []NotKnown
	add := func(known *Estimate, what, why, needs string) {
		if known != nil {
			return
		}
		for i := range list {
			if list[i].Why == why && list[i].Needs == needs {
				list[i].What += ", " + what
				return
			}
		}
		list = append(list, NotKnown{what, why, needs})
	}
	fit := a.fit
	if fit == nil {
		fit = &poolFit{}
	}
	p := r.Pool
	const idle = "the workers were not seen to be all busy"
	add(p.Workers, "how many workers there are", or(fit.whyWorkers, idle), needsHang)
	if p.Network == "tcp" {
		add(p.QueueSlots, "how many queue slots there are", "on a TCP socket a full queue makes visitors wait and refuses none", "site.php_fpm_status, or the pool's listen.backlog")
	} else {
		add(p.QueueSlots, "how many queue slots there are", or(fit.whySlots, idle), needsHang)
	}
	add(p.ServiceS, "how long a request holds a worker", or(fit.whyService, "too few good answers while all was well"), needsCalm)
	needs := needsOverload
	if p.ServiceS == nil && fit.whyCapacity != "" {
		needs = needsCalm
	}
	add(p.CapacityHz, "how much the site carries", or(fit.whyCapacity, "it was not asked for more than it could serve"), needs)
	why := fit.whyGateway
	if longest := r.longest(); why == "" && longest > 0 {
		why = "no 504 came, and the longest answer took " + span(longest)
	}
	add(p.GatewayTimeoutS, "how long the gateway waits", or(why, "no 504 came"), "a hang that lasts longer than the gateway waits (nginx: 60 s unless set)")
	return list
}

// longest is the longest answer of any kind outside warm-ups, seconds.
func (r *Report) longest() float64 {
	longest := 0.0
	for _, p := range r.Phases {
		if m := p.ResponseAllS.Max; m != nil && !p.Warmup {
			longest = max(longest, *m)
		}
	}
	return longest
}

// timeoutsNotKnown are the dependencies whose timeout the run does not tell.
func (a *analysis) timeoutsNotKnown(r *Report) []NotKnown {
	var list []NotKnown
	var idle []string
	for _, d := range a.manifest.Dependencies {
		switch t := r.timeoutOn(d.Name); {
		case t == nil:
			idle = append(idle, d.Name)
		case t.Verdict == "":
			list = append(list, NotKnown{"which timeout calls to " + d.Name + " have", or(t.Why, "nothing was held long enough to tell"), "a longer hang on " + d.Name + ", or `tailback audit`"})
		case t.Verdict == "none":
			list = append(list, NotKnown{"whether calls to " + d.Name + " have a timeout longer than " + span(t.HorizonS),
				"no call was watched for longer", fmt.Sprintf("a hang on %s of more than %s, or `tailback audit`", d.Name, span(t.HorizonS))})
		}
	}
	if idle != nil {
		list = append(list, NotKnown{"which timeout calls to " + strings.Join(idle, ", ") + " have", "no fault kept them from an answer", "a phase with a hang on each, or `tailback audit`"})
	}
	return append(list, undeclaredNotKnown(r.DependenciesSeen)...)
}

// undeclaredNotKnown are the hosts that the egress saw and no fault can have met; a few are named.
func undeclaredNotKnown(seen []DependencySeen) []NotKnown {
	const named = 3
	var hosts []string
	for _, d := range seen {
		if d.Dependency == "" && !d.Self {
			hosts = append(hosts, d.Host)
		}
	}
	if hosts == nil {
		return nil
	}
	if n := len(hosts); n > named {
		hosts = append(hosts[:named:named], fmt.Sprintf("%d more", n-named))
	}
	return []NotKnown{{"which timeout calls to " + strings.Join(hosts, ", ") + " have", "hosts that are not declared pass through the egress without a fault",
		"`tailback audit FILE --from` the folder of this run"}}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
