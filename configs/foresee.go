package configs

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Foreseen is something that a run of the experiment could not tell. It is no
// mistake of the file's, as it depends on what the site does: Never says that it
// does not, so that the run would be inconclusive.
type Foreseen struct {
	Mistake
	Never bool
}

// What the report needs to tell that a site is well again: a full second that is
// as good as those before the first fault, and two after it that are not bad; of
// visits four, as visitors who were let go think, and come back in a wave.
const (
	toRecover       = 3 * time.Second
	toRecoverVisits = 5 * time.Second
	toCompare       = time.Second
	lateLifting     = 100 * time.Millisecond // how late a fault may be lifted, and so the seconds after it begin
)

// toRecover is how long it takes to tell that a site is well again, and the seconds of
// it that confirm the first, in words.
func (e *Experiment) toRecover() (time.Duration, string) {
	if len(e.Visits) > 0 {
		return toRecoverVisits, "four"
	}
	return toRecover, "two"
}

// Foresee lists what can be told beforehand of objectives that could not, or
// hardly, be judged. The experiment must be valid.
func (e *Experiment) Foresee() []Foreseen {
	var list foreseen
	list.sessions(e)
	for i, o := range e.Objectives {
		path := element("objectives", i)
		switch o.Metric {
		case "recovered":
			list.recovered(e, o, path)
		case "onset":
			list.onset(e, o, path)
		default:
			if o.Diagnosed() {
				list.diagnosed(e, o, path)
			} else {
				list.hits(e, o, path)
			}
		}
		if o.Baseline && !slices.ContainsFunc(e.Objectives[:i], func(o Objective) bool { return o.Baseline }) {
			list.add(false, path, "%q is judged only in a run that is given a baseline: `tailback run FILE --baseline DIR`, where DIR is the folder of an earlier run", o.Text)
		}
	}
	for i := range e.Visits {
		list.thinking(e, &e.Visits[i], element("visits", i))
	}
	return list
}

type foreseen []Foreseen

// thinking looks whether the run is long enough for a visit: its end is the end of the
// visits that are under way.
func (l *foreseen) thinking(e *Experiment, v *Visit, path string) {
	var sum time.Duration
	for j, s := range v.Steps {
		if sum += s.Think.MeanTime(); sum > e.Duration() && len(e.Phases) > 0 && v.Weight > 0 {
			l.add(false, element(path+".steps", j), "%s is hardly ever sent: until then a visit thinks for %s on average, and the run lasts %s; let the last phase go on for longer, or think less", StepName(v.Name, s.Name), human(sum.Round(time.Millisecond)), human(e.Duration()))
			return
		}
	}
}

func (l *foreseen) add(never bool, path, format string, args ...any) {
	*l = append(*l, Foreseen{Mistake{Path: path, Text: fmt.Sprintf(format, args...)}, never})
}

// placed is a fault of the run, in its time.
type placed struct {
	Fault
	phase         string
	start, lifted time.Duration
}

// placed lists the faults by when they begin.
func (e *Experiment) placed() []placed {
	var list []placed
	for i, p := range e.Phases {
		for _, f := range p.Faults {
			start := e.Start(i) + f.After
			list = append(list, placed{f, p.Name, start, start + f.For})
		}
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.start, b.start) })
	return list
}

// name is the fault in words, such as "hang on payments".
func (p placed) name() string { return p.Kind() + " on " + p.Dependency }

// recovered looks whether there is time enough to see that the site is well
// again: after each fault that the objective speaks of, until the next one or the end.
func (l *foreseen) recovered(e *Experiment, o Objective, path string) {
	faults := e.placed()
	if len(faults) == 0 {
		return
	}
	if !e.baseline(faults[0].start) {
		l.add(true, path, "%q could not be judged: no full second with load comes before the first fault (%s) to hold it against; add a phase before it that is no warm-up, such as {name: baseline, duration: 10s, rate: 8}", o.Text, faults[0].name())
		return
	}
	spoken := e.spokenOf(o, faults)
	apart := slices.DeleteFunc(slices.Clone(spoken), func(f placed) bool { return covered(f, faults) })
	if len(apart) == 0 && len(spoken) > 0 {
		l.add(true, path, "%q could not be judged: %s is lifted while another fault is in force; let them end together, or one after the other", o.Text, spoken[0].name())
	}
	for _, f := range apart {
		l.recoveredFrom(e, o, path, f)
	}
}

// recoveredFrom looks whether there is time enough after one fault.
func (l *foreseen) recoveredFrom(e *Experiment, o Objective, path string, f placed) {
	least, confirming := e.toRecover()
	sure := least + time.Duration(math.Floor(o.Value))*time.Second
	if o.Op == "<" {
		sure = least + time.Duration(max(math.Ceil(o.Value)-1, 0))*time.Second
	}
	until, next := e.watched(f)
	whole := until - f.lifted
	watched := (whole - lateLifting).Truncate(time.Second)
	if watched >= sure {
		return
	}
	come := "the traffic ends"
	if next != nil {
		come = fmt.Sprintf("the next fault (%s) begins", next.name())
	}
	advice := fmt.Sprintf("leave %s between them", human(sure+time.Second))
	if next == nil {
		advice = fmt.Sprintf("make the last phase go on for %s after it", human(sure+time.Second))
	}
	switch {
	case whole < least || whole == least && next == nil: // no fault is lifted early
		l.add(true, path, "%q could not be judged: %s %s after %s is lifted, and it takes a good second and the %s after it; %s", o.Text, come, human(whole), f.name(), confirming, advice)
	case o.Op == "<" || o.Op == "<=":
		within := "at once"
		if watched > least {
			within = "within " + human(watched-least)
		}
		l.add(false, path, "%q could be judged only if the site is well %s: %s %s after %s is lifted; %s", o.Text, within, come, human(whole), f.name(), advice)
	}
}

// baseline reports whether a full second of load comes before the first fault.
func (e *Experiment) baseline(fault time.Duration) bool {
	for i, p := range e.Phases {
		if loaded := p.Concurrency > 0 || p.Open() && e.MaxRate(p) > 0; loaded && !p.Warmup && min(e.Start(i+1), fault)-e.Start(i) >= toCompare {
			return true
		}
	}
	return false
}

// spokenOf are the faults that an objective on recovered is about: all, or those
// of the last phase up to its own in which one is lifted.
func (e *Experiment) spokenOf(o Objective, faults []placed) []placed {
	byLifting := slices.SortedStableFunc(slices.Values(faults), func(a, b placed) int { return cmp.Compare(a.lifted, b.lifted) })
	if o.Phase == "" {
		return byLifting
	}
	end := e.Start(1 + slices.IndexFunc(e.Phases, func(p Phase) bool { return p.Name == o.Phase }))
	var chosen []placed
	for _, f := range byLifting {
		if f.lifted >= end {
			continue
		}
		if len(chosen) > 0 && chosen[0].phase != f.phase {
			chosen = nil
		}
		chosen = append(chosen, f)
	}
	return chosen
}

// covered reports whether another fault goes on when f is lifted. Faults that end
// together are lifted one after the other: a second is allowed.
func covered(f placed, faults []placed) bool {
	return slices.ContainsFunc(faults, func(o placed) bool { return o.start <= f.lifted && o.lifted > f.lifted+time.Second })
}

// watched is until when the site's recovery from a fault can be seen, and the
// fault that ends it, or nil.
func (e *Experiment) watched(f placed) (until time.Duration, next *placed) {
	for i, p := range e.Phases {
		if !p.Warmup {
			until = e.Start(i + 1)
		}
	}
	for _, o := range e.placed() {
		if o.start >= f.lifted && o.start < until {
			return o.start, &o
		}
	}
	return max(until, f.lifted), nil
}

// onset looks whether an onset after which it is asked could come under a fault at all.
func (l *foreseen) onset(e *Experiment, o Objective, path string) {
	if o.Op != ">" && o.Op != ">=" {
		return
	}
	asked := time.Duration(o.Value * float64(time.Second))
	var longest time.Duration
	for _, f := range e.placed() {
		if o.Phase == "" || f.phase == o.Phase {
			longest = max(longest, f.For)
		}
	}
	if longest > 0 && longest <= asked {
		l.add(false, path, "%q would be met whatever the site does: the fault lasts %s, and errors that begin later can't be seen; make it last longer than %s", o.Text, human(longest), human(asked))
	}
}

// mean is the average of the rate over a phase, per second.
func (r Rate) mean(phase time.Duration) float64 {
	if r.Logged != nil {
		return float64(r.Logged.Hits) / phase.Seconds()
	}
	if r.Step == 0 {
		return (r.From + r.To) / 2
	}
	hits, level := 0.0, r.From
	for at := time.Duration(0); at < phase; at += r.Every {
		hits += level * min(r.Every, phase-at).Seconds()
		if level < r.To {
			level = min(level+r.Step, r.To)
		} else {
			level = max(level-r.Step, r.To)
		}
	}
	return hits / phase.Seconds()
}

// ranks are how many requests a quantile needs, lest it be the slowest of them.
var ranks = map[string]float64{"p90": 10, "p95": 20, "p99": 100, "p999": 1000}

// hits looks whether the phases that an objective is about, or each of its windows in
// them, have load enough for it.
func (l *foreseen) hits(e *Experiment, o Objective, path string) {
	n, hz, least := 0.0, 0.0, math.Inf(1)
	part, own := e.part(o.Request)
	if part == 0 && own == 0 {
		l.add(true, path, "%q could not be judged: %s has weight 0, so it is never sent; give it a weight", o.Text, o.Request)
		return
	}
	for _, p := range e.Phases {
		if p.Warmup || o.Phase != "" && p.Name != o.Phase {
			continue
		}
		if p.Concurrency > 0 {
			return // as many as the site answers
		}
		if p.Open() {
			rate := part*p.Rate.mean(p.Duration) + own
			hz = max(hz, rate)
			if rate > 0 {
				least = min(least, rate)
			}
			n += rate * p.Duration.Seconds()
		}
		n += part * float64(p.Burst)
	}
	where := "all phases"
	if o.Phase != "" {
		where = "phase " + o.Phase
	}
	switch need := ranks[o.Metric]; {
	case len(e.Phases) == 0:
	case n == 0 && e.Arrivals.Replayed():
		l.add(true, path, "%q could not be judged: the log has no request in %s; give the phases other durations", o.Text, where)
	case n == 0:
		l.add(true, path, "%q could not be judged: no request is due in %s; give it a higher rate", o.Text, where)
	case o.Over > 0 && least*o.Over.Seconds() < need/2:
		l.add(false, path, "%q is about the slowest of %.3g requests in a window, which one slow answer decides; make it %s or longer, or ask for %s", o.Text, least*o.Over.Seconds(),
			human(time.Duration(math.Ceil(need/least))*time.Second), quantileFor(least*o.Over.Seconds()))
	case o.Over > 0:
	case n < need/2 && hz > 0:
		l.add(false, path, "%q is about the slowest of %.0f requests, which one slow answer decides: %s is too short for it; make it %s or longer, or ask for %s", o.Text, n, where,
			human(time.Duration(math.Ceil(need/hz))*time.Second), quantileFor(n))
	}
}

// part is how many of a request, or of a visit, come of each that is due by the rate: of a
// mix of requests its share, 0..1; of visits the share of its visit, and of all their
// steps how many a visit has. All are meant by "". own is the rate that requests have of
// their own beside it, per second.
func (e *Experiment) part(name string) (part, own float64) {
	sum, weight := 0, 0
	for _, v := range e.Visits {
		sum += v.Weight
		steps := []string{v.Name}
		for _, s := range v.Steps {
			steps = append(steps, StepName(v.Name, s.Name))
		}
		switch {
		case name == "":
			weight += v.Weight * len(v.Steps)
		case slices.Contains(steps, name):
			weight += v.Weight
		}
	}
	for _, r := range e.Requests {
		sum += r.Weight
		if name != "" && r.Name != name {
			continue
		}
		if weight += r.Weight; r.Rate != nil {
			own += float64(*r.Rate)
		}
	}
	if sum == 0 && own == 0 {
		return 1, 0
	}
	return float64(weight) / float64(max(sum, 1)), own
}

// quantileFor is the highest quantile that so many requests tell.
func quantileFor(n float64) string {
	for _, q := range []string{"p99", "p95", "p90"} {
		if n >= ranks[q] {
			return q
		}
	}
	return "p50"
}
