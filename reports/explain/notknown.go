package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// What a run needs to tell of a pool.
const (
	needsHang     = "a phase in which a dependency that every page calls hangs until 502s come"
	needsCalm     = "some seconds without a fault at so low a rate that requests do not overlap"
	needsSessions = "the same run with a session for each visitor"
	needsOverload = "a phase at more requests/s than the site carries, or `tailback capacity`"
)

// NotKnown is what the run could not tell, why, and what would. Nothing is said
// of a run in which nothing was sent: it could not tell anything.
func NotKnown(r *reports.Report) []reports.NotKnown {
	list := []reports.NotKnown{}
	if r.Total.Sent == 0 {
		return list
	}
	list = append(list, causesNotKnown(r)...)
	list = append(list, twinsNotKnown(r)...)
	list = append(list, poolNotKnown(r)...)
	list = append(list, visitsNotKnown(r)...)
	return append(list, timeoutsNotKnown(r)...)
}

// visitsNotKnown are the dependencies of which a part of a visit does not tell what the whole asks.
func visitsNotKnown(r *reports.Report) []reports.NotKnown {
	var names []string
	for _, d := range r.Dependencies {
		faulted := slices.ContainsFunc(r.Faults, func(f reports.Fault) bool { return f.Dependency == d.Name && f.Exercised })
		if r.Visits != nil && faulted && d.CallsPerHit == nil {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []reports.NotKnown{{What: "how often a whole visit calls " + words.Join(names) + ", and so which timeout would hold the rate", Why: "without a fault too few of the visits' later steps were sent",
		Needs: "a phase before the fault that is several times as long as a visit"}}
}

// causesNotKnown are the errors that could not be explained.
func causesNotKnown(r *reports.Report) []reports.NotKnown {
	var codes []string
	for _, o := range r.Onset {
		if what := what(&o); (o.Cause == reports.Unknown || o.Cause == "") && !slices.Contains(codes, what) {
			codes = append(codes, what)
		}
	}
	if codes == nil {
		return nil
	}
	n := reports.NotKnown{What: "why the " + words.Join(codes) + " came", Why: "what was seen from outside fits more than one cause", Needs: "a run with more traffic around the onset"}
	if missing := missingLogs(r); missing != "" {
		n.Needs = "the same run with " + missing + " given under site:"
	}
	return []reports.NotKnown{n}
}

// twinsNotKnown are the causes that were named, and may as well be another.
func twinsNotKnown(r *reports.Report) []reports.NotKnown {
	var list []reports.NotKnown
	or := func(cause reports.Cause) bool {
		return slices.ContainsFunc(r.Onset, func(o reports.Onset) bool { return slices.Contains(o.Or, cause) })
	}
	if or(reports.GatewayLimit) {
		list = append(list, reports.NotKnown{What: "whether it was the pool's queue that was full", Why: "a gateway that limits its connections (nginx: max_conns) refuses at one number of requests as well",
			Needs: "the same run with nginx_error_log given under site:"})
	}
	if or(reports.SelfDeadlock) {
		list = append(list, reports.NotKnown{What: "whether workers waited for pages of their own site", Why: "something held workers that is not seen: some requests waited longer than others in the same queue, or a pool with these figures would have served what was asked",
			Needs: "the same run with the site's calls going through the egress, or with php_slow_log given under site:"})
	}
	return list
}

// missingLogs names the logs that tell causes and were not read.
func missingLogs(r *reports.Report) string {
	var names []string
	for _, logs := range [][]string{{"nginx_error_log", "apache_error_log"}, {"php_access_log", "gunicorn_error_log"}} {
		if !slices.ContainsFunc(logs, func(s string) bool { return slices.Contains(r.Sources, s) }) {
			names = append(names, logs[0])
		}
	}
	return words.Join(names)
}

// poolNotKnown are the figures of the pool that the run does not tell. Those
// that lack the same run are told of together.
func poolNotKnown(r *reports.Report) []reports.NotKnown {
	var list []reports.NotKnown
	add := func(known *reports.Estimate, what, why, needs string) {
		if known != nil {
			return
		}
		for i := range list {
			if list[i].Why == why && list[i].Needs == needs {
				list[i].What += ", " + what
				return
			}
		}
		list = append(list, reports.NotKnown{What: what, Why: why, Needs: needs})
	}
	p := r.Pool
	if p.Assumes["workers"] != "" && p.Workers != nil {
		list = append(list, reports.NotKnown{What: "whether there are more workers behind a smaller pool of connections", Why: "nothing tells of the workers but how many calls waited at once, and such a pool bounds that in the same way",
			Needs: "site.php_fpm_status or php_access_log, or " + needsOverload})
	}
	needs := needsHang
	if strings.HasSuffix(p.WhyUnknown("workers"), ownSession) {
		needs = needsSessions
	}
	add(p.Workers, "how many workers there are", p.WhyUnknown("workers"), needs)
	needs = needsHang
	if p.Network == "tcp" {
		needs = "site.php_fpm_status, or the pool's listen.backlog"
	}
	add(p.QueueSlots, "how many queue slots there are", p.WhyUnknown("queue_slots"), needs)
	add(p.ServiceS, "how long a request holds a worker", p.WhyUnknown("service_s"), needsCalm)
	needs = needsOverload
	if p.ServiceS == nil && p.Unknown["capacity_hz"] != "" {
		needs = needsCalm
	}
	if r.SessionLock != nil {
		needs = needsSessions
	}
	add(p.CapacityHz, "how much the site carries", p.WhyUnknown("capacity_hz"), needs)
	why := p.WhyUnknown("gateway_timeout_s")
	if longest := longest(r); p.Unknown["gateway_timeout_s"] == "" && longest > 0 {
		why += ", and the longest answer took " + words.Span(longest)
	}
	add(p.GatewayTimeoutS, "how long the gateway waits", why, "a hang that lasts longer than the gateway waits (nginx: 60 s unless set)")
	return list
}

// longest is the longest answer of any kind outside warm-ups, seconds.
func longest(r *reports.Report) float64 {
	longest := 0.0
	for _, p := range r.Phases {
		if m := p.ResponseAllS.Max; m != nil && !p.Warmup {
			longest = max(longest, *m)
		}
	}
	return longest
}

// timeoutsNotKnown are the dependencies whose timeout the run does not tell.
func timeoutsNotKnown(r *reports.Report) []reports.NotKnown {
	var list []reports.NotKnown
	var idle []string
	for _, name := range r.Declared {
		switch t := reports.TimeoutOn(r.Timeouts, name); {
		case t == nil:
			idle = append(idle, name)
		case t.Verdict == "":
			list = append(list, reports.NotKnown{What: "which timeout calls to " + name + " have", Why: reports.WhyUntold(t), Needs: "a longer hang on " + name + ", or `tailback audit`"})
		case t.Verdict == reports.ByNobody:
			list = append(list, reports.NotKnown{What: "whether calls to " + name + " have a timeout longer than " + words.Held(t.HorizonS),
				Why: "no call was watched for longer", Needs: fmt.Sprintf("a hang on %s of more than %s, or `tailback audit`", name, words.Held(t.HorizonS))})
		}
	}
	if idle != nil {
		list = append(list, reports.NotKnown{What: "which timeout calls to " + strings.Join(idle, ", ") + " have", Why: "no fault kept them from an answer", Needs: "a phase with a hang on each, or `tailback audit`"})
	}
	return append(list, undeclaredNotKnown(r.DependenciesSeen)...)
}

// undeclaredNotKnown are the hosts that the egress saw and no fault can have met; a few are named.
func undeclaredNotKnown(seen []reports.DependencySeen) []reports.NotKnown {
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
	return []reports.NotKnown{{What: "which timeout calls to " + strings.Join(hosts, ", ") + " have", Why: "hosts that are not declared pass through the egress without a fault",
		Needs: "`tailback audit FILE --from` the folder of this run"}}
}
