package judge

import (
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/measure"
)

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
		one := judgeRecovery(r, o)
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

// judgeRecovery holds one recovery against an objective.
func judgeRecovery(r *measure.Recovery, o configs.Objective) finding {
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
		return finding{ok: new(false), said: phrase{fmt.Sprintf("the site was not well again within %d s of lifting", refused), fmt.Sprintf("not within %d s", refused)}}
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
