package judge

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
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
	*measure.Tally
	chosen  []bool // by phase
	began   bool
	late    bool  // so many hits were sent late that the site got a burst that nobody asked for
	unsent  int64 // hits that were due and not sent
	seconds float64
	end     time.Duration // of the last of them
}

// Objectives judges the manifest's objectives on the figures of their phases.
// What can't be judged is never met: no samples, a phase that did not come, a
// generator that failed in it so that it may have decided the objective.
func Objectives(run *measure.Run, f measure.Fidelity) []reports.Objective {
	list := []reports.Objective{}
	for _, text := range run.Manifest.Objectives {
		o, err := configs.ParseObjective(text)
		if err != nil {
			list = append(list, reports.Objective{Text: text, Phase: o.Phase, Unit: string(o.Unit), Why: err.Error()})
			continue
		}
		found := find(run, o, f)
		judged := reports.Objective{Text: text, Phase: o.Phase, Observed: found.observed, OK: found.ok, Limit: o.Value, Unit: string(o.Unit), Why: found.why}
		if judged.OK == nil && found.why == "" {
			judged.OK = new(holds(*found.observed, o))
		}
		list = append(list, judged)
	}
	return list
}

// find looks for the metric of o: the figure, or the decision, or why there is none.
func find(run *measure.Run, o configs.Objective, f measure.Fidelity) finding {
	s, why := scopeOf(run, o.Phase)
	if why != "" {
		return finding{why: why}
	}
	if o.Metric == "recovered" {
		return findRecovered(run, o, s, f)
	}
	found := metric(run, o, s)
	if why := f.Doubt(run.Manifest, func(i int) bool { return s.chosen[i] }); why != "" && !s.settled(o, found) {
		return finding{why: why}
	}
	if why := cutShort(run, s); why != "" && found.why == "" && !found.missed(o, "ok", "rate") {
		return finding{why: why}
	}
	return found
}

// cutShort says which of the phases the run did not reach the end of, if any.
// What was recorded of it may miss an objective, but cannot meet one: what the
// rest would have been, and the answers still awaited, nobody knows.
func cutShort(run *measure.Run, s scope) string {
	for i, p := range run.Manifest.Phases {
		if s.chosen[i] && measure.Outcome(run.Manifest) != reports.OutcomeComplete && run.End < time.Duration(p.EndNS) {
			return fmt.Sprintf("the run ended %s into phase %s", words.Moment(run.Lasted(i)), p.Name)
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

// metric looks for the metric of o, which is not recovered, in the hits of s.
func metric(run *measure.Run, o configs.Objective, s scope) finding {
	if s.Sent == 0 {
		return finding{why: "no request was sent and waited for"}
	}
	switch o.Metric {
	case "errors":
		return share(o, s.Bad(), s.Sent)
	case "ok":
		return share(o, s.Ok, s.Sent)
	case "degraded":
		return share(o, s.Degraded, s.Sent)
	case "502", "503", "504":
		return share(o, s.Gateway[o.Metric[2]-'2'], s.Sent)
	case "rate": // good answers to the hits due in the phase, over its length
		return finding{observed: measure.PerSecond(s.Ok, s.seconds)}
	case "onset":
		return findOnset(run, o, s)
	}
	if s.Ok == 0 {
		return finding{why: fmt.Sprintf("not one good answer among %s", words.Number(s.Sent, "request"))}
	}
	return finding{observed: new(time.Duration(s.Response.Quantile(quantileOf[o.Metric])).Seconds())}
}

func share(o configs.Objective, part, whole int64) finding {
	if o.Unit == configs.Ratio {
		return finding{observed: measure.Ratio(part, whole)}
	}
	return finding{observed: new(float64(part))}
}

// scopeOf gathers the phase of that name, or, when name is empty, all that are no warm-up.
func scopeOf(run *measure.Run, name string) (s scope, why string) {
	s = scope{Tally: &measure.Tally{}, chosen: make([]bool, len(run.Manifest.Phases))}
	found := false
	for i, p := range run.Manifest.Phases {
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
		s.Merge(run.Traffic.Of(i))
		lack := run.Shortfall(i)
		s.late = s.late || lack.IsLate()
		s.unsent += lack.Dropped + lack.Generator + lack.Missing
		if seconds := run.Lasted(i); seconds > 0 {
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
func findOnset(run *measure.Run, o configs.Objective, s scope) finding {
	if len(run.Faults) == 0 {
		return finding{why: "no fault was applied"}
	}
	if run.Faults[0].Applied >= s.end {
		return finding{why: "no fault was applied before the phase's end"}
	}
	var first *measure.FirstError
	for i, one := range run.FirstUnder {
		if s.chosen[i] && one != nil && (first == nil || one.At < first.At) {
			first = one
		}
	}
	if first != nil {
		return finding{observed: new((first.At - run.Faults[first.Fault].Applied).Seconds())}
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
func findRecovered(run *measure.Run, o configs.Objective, s scope, f measure.Fidelity) finding {
	chosen := liftedBy(run, o.Phase, s.end)
	if len(chosen) == 0 {
		return finding{why: "no fault had been lifted by the phase's end"}
	}
	first, lifted := run.Faults[0].Applied, *chosen[0].Fault.Lifted
	involved := func(i int) bool { // in the baseline, or after the lifting
		p := run.Manifest.Phases[i]
		return !p.Warmup && (time.Duration(p.StartNS) < first || time.Duration(p.EndNS) > lifted)
	}
	if why := f.Doubt(run.Manifest, involved); why != "" {
		return finding{why: why}
	}
	var worst finding
	for _, r := range chosen {
		one := judge(r, o)
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
func judge(r *measure.Recovery, o configs.Objective) finding {
	if r.Why != "" {
		return finding{why: "the recovery can't be told: " + r.Why}
	}
	second, refused, ok := r.Recovered()
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
	return finding{why: fmt.Sprintf("%s %d s after lifting, too soon to tell", r.Stop, len(r.Seconds))}
}

// liftedBy returns the recoveries that an objective on a phase speaks of; see
// findRecovered. Those that another fault hid are left out unless all are.
func liftedBy(run *measure.Run, phase string, end time.Duration) []*measure.Recovery {
	var chosen []*measure.Recovery
	for _, r := range run.Recoveries { // in the order of lifting
		if *r.Fault.Lifted > end {
			continue
		}
		if phase != "" && len(chosen) > 0 && chosen[0].Fault.Phase != r.Fault.Phase {
			chosen = nil // a later phase with a lifting
		}
		chosen = append(chosen, r)
	}
	if clear := slices.DeleteFunc(slices.Clone(chosen), func(r *measure.Recovery) bool { return r.Overlap }); len(clear) > 0 {
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
