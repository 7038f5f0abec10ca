package reports

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
)

// quantileOf are the metrics that are quantiles of the response time of good answers.
var quantileOf = map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1}

// finding is what was seen of an objective's metric.
type finding struct {
	observed *float64
	ok       *bool // decided, with or without an observed figure
	why      string
}

// scope is the phases that an objective speaks of, their hits together.
type scope struct {
	*tally
	chosen  []bool // by phase
	began   bool
	late    bool  // so many hits were sent late that the site got a burst that nobody asked for
	unsent  int64 // hits that were due and not sent
	seconds float64
	end     time.Duration // of the last of them
}

// objectives judges the manifest's objectives on the figures of their phases.
// What can't be judged is never met: no samples, a phase that did not come, a
// generator that failed in it so that it may have decided the objective.
func (a *run) objectives(f fidelity) []Objective {
	list := []Objective{}
	for _, text := range a.manifest.Objectives {
		o, err := configs.ParseObjective(text)
		if err != nil {
			list = append(list, Objective{Text: text, Phase: o.Phase, Unit: string(o.Unit), Why: err.Error()})
			continue
		}
		found := a.find(o, f)
		judged := Objective{Text: text, Phase: o.Phase, Observed: found.observed, OK: found.ok, Limit: o.Value, Unit: string(o.Unit), Why: found.why}
		if judged.OK == nil && found.why == "" {
			judged.OK = new(holds(*found.observed, o))
		}
		list = append(list, judged)
	}
	return list
}

// find looks for the metric of o: the figure, or the decision, or why there is none.
func (a *run) find(o configs.Objective, f fidelity) finding {
	s, why := a.scope(o.Phase)
	if why != "" {
		return finding{why: why}
	}
	if o.Metric == "recovered" {
		return a.findRecovered(o, s, f)
	}
	found := a.measure(o, s)
	if why := f.doubt(a.manifest, func(i int) bool { return s.chosen[i] }); why != "" && !s.settled(o, found) {
		return finding{why: why}
	}
	if why := a.cutShort(s); why != "" && found.why == "" && !found.missed(o, "ok", "rate") {
		return finding{why: why}
	}
	return found
}

// cutShort says which of the phases the run did not reach the end of, if any.
// What was recorded of it may miss an objective, but cannot meet one: what the
// rest would have been, and the answers still awaited, nobody knows.
func (a *run) cutShort(s scope) string {
	for i, p := range a.manifest.Phases {
		if s.chosen[i] && outcome(a.manifest) != complete && a.end < time.Duration(p.EndNS) {
			return fmt.Sprintf("the run ended %s into phase %s", span(a.lasted(i)), p.Name)
		}
	}
	return ""
}

// missed reports whether what was found misses the objective; of the metrics
// named, which grow with time, that can't be said.
func (f finding) missed(o configs.Objective, growing ...string) bool {
	if slices.Contains(growing, o.Metric) || f.why != "" {
		return false
	}
	if f.ok != nil {
		return !*f.ok
	}
	return !holds(*f.observed, o)
}

// measure looks for the metric of o, which is not recovered, in the hits of s.
func (a *run) measure(o configs.Objective, s scope) finding {
	if s.sent == 0 {
		return finding{why: "no request was sent and waited for"}
	}
	switch o.Metric {
	case "errors":
		return share(o, s.bad(), s.sent)
	case "ok":
		return share(o, s.ok, s.sent)
	case "degraded":
		return share(o, s.degraded, s.sent)
	case "502", "503", "504":
		return share(o, s.gateway[o.Metric[2]-'2'], s.sent)
	case "rate": // good answers to the hits due in the phase, over its length
		return finding{observed: perSecond(s.ok, s.seconds)}
	case "onset":
		return a.findOnset(o, s)
	}
	if s.ok == 0 {
		return finding{why: fmt.Sprintf("not one good answer among %s", requests(s.sent))}
	}
	return finding{observed: new(time.Duration(s.response.Quantile(quantileOf[o.Metric])).Seconds())}
}

func share(o configs.Objective, part, whole int64) finding {
	if o.Unit == configs.Ratio {
		return finding{observed: ratio(part, whole)}
	}
	return finding{observed: new(float64(part))}
}

// scope gathers the phase of that name, or, when name is empty, all that are no warm-up.
func (a *run) scope(name string) (s scope, why string) {
	s = scope{tally: &tally{}, chosen: make([]bool, len(a.manifest.Phases))}
	found := false
	for i, p := range a.manifest.Phases {
		if name != "" && p.Name != name {
			continue
		}
		found = true
		if p.Warmup {
			if name != "" {
				return s, "phase " + name + " is a warm-up, which is left out of every figure"
			}
			continue
		}
		s.chosen[i] = true
		s.merge(a.traffic.of(i))
		lack := a.shortfall(i)
		s.late = s.late || lack.isLate()
		s.unsent += lack.dropped + lack.generator + lack.missing
		if seconds := a.lasted(i); seconds > 0 {
			s.began = true
			s.seconds += seconds
		}
		s.end = max(s.end, time.Duration(p.EndNS))
	}
	switch {
	case !found && name != "":
		return s, "there is no phase " + name
	case !s.began && name != "":
		return s, "the run ended before phase " + name
	case !s.began:
		return s, "the run ended before a phase that is no warm-up"
	}
	return s, ""
}

// findOnset is the seconds from the fault to the first bad 502, 503 or 504
// among the hits of the scope under a fault, or in its aftermath. Where none came,
// the onset lies beyond any bound: "onset > X" is met, and any other form,
// which asks for an onset, can't be judged.
func (a *run) findOnset(o configs.Objective, s scope) finding {
	if len(a.faults) == 0 {
		return finding{why: "no fault was applied"}
	}
	if a.faults[0].applied >= s.end {
		return finding{why: "no fault was applied before the phase's end"}
	}
	var first *firstError
	for i, one := range a.firstUnder {
		if s.chosen[i] && one != nil && (first == nil || one.at < first.at) {
			first = one
		}
	}
	if first != nil {
		return finding{observed: new((first.at - a.faults[first.fault].applied).Seconds())}
	}
	if o.Op == ">" || o.Op == ">=" {
		return finding{ok: new(true)}
	}
	return finding{why: "no 502, 503 or 504 came after the fault, so there is no onset to hold it against"}
}

// findRecovered is the worst recovery of the faults lifted in one phase: the
// last phase up to the scope's own in which one was lifted; all faults, when
// the objective names no phase. A site that was not well again for longer than
// the objective allows has missed it; when the run was too short to see that,
// it can't be judged.
func (a *run) findRecovered(o configs.Objective, s scope, f fidelity) finding {
	chosen := a.liftedBy(o.Phase, s.end)
	if len(chosen) == 0 {
		return finding{why: "no fault had been lifted by the phase's end"}
	}
	first, lifted := a.faults[0].applied, *chosen[0].fault.lifted
	involved := func(i int) bool { // in the baseline, or after the lifting
		p := a.manifest.Phases[i]
		return !p.Warmup && (time.Duration(p.StartNS) < first || time.Duration(p.EndNS) > lifted)
	}
	if why := f.doubt(a.manifest, involved); why != "" {
		return finding{why: why}
	}
	var worst finding
	for _, r := range chosen {
		one := r.judge(o)
		switch {
		case one.ok != nil && !*one.ok:
			return one
		case one.why != "":
			worst = one
		case worst.why == "" && (worst.observed == nil || *one.observed > *worst.observed):
			worst = one
		}
	}
	return worst
}

// judge holds one recovery against an objective.
func (r *recovery) judge(o configs.Objective) finding {
	if r.why != "" {
		return finding{why: "the recovery can't be told: " + r.why}
	}
	second, refused, ok := r.recovered()
	if ok {
		return finding{observed: new(float64(second)), ok: new(holds(float64(second), o))}
	}
	// It took refused seconds or more. That may be enough to decide.
	longer := holds(float64(refused), o)
	if (o.Op == "<" || o.Op == "<=") && !longer {
		return finding{ok: new(false)}
	}
	if (o.Op == ">" || o.Op == ">=") && longer {
		return finding{ok: new(true)}
	}
	return finding{why: fmt.Sprintf("%s %d s after lifting, too soon to tell", r.stop, len(r.seconds))}
}

// liftedBy returns the recoveries that an objective on a phase speaks of; see
// findRecovered. Those that another fault hid are left out unless all are.
func (a *run) liftedBy(phase string, end time.Duration) []*recovery {
	var chosen []*recovery
	for _, r := range a.recoveries { // in the order of lifting
		if *r.fault.lifted > end {
			continue
		}
		if phase != "" && len(chosen) > 0 && chosen[0].fault.Phase != r.fault.Phase {
			chosen = nil // a later phase with a lifting
		}
		chosen = append(chosen, r)
	}
	if clear := slices.DeleteFunc(slices.Clone(chosen), func(r *recovery) bool { return r.overlap }); len(clear) > 0 {
		return clear
	}
	return chosen
}

// holds reports whether observed satisfies the objective.
func holds(observed float64, o configs.Objective) bool {
	switch o.Op {
	case "<":
		return observed < o.Value
	case "<=":
		return observed <= o.Value
	case ">":
		return observed > o.Value
	case ">=":
		return observed >= o.Value
	}
	return observed == o.Value
}
