package chaos

import (
	"cmp"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
)

// faultAction is one thing that a Play does with a fault.
type faultAction struct {
	at    time.Duration // since t0
	kind  actionKind
	fault int           // its index
	size  time.Duration // of a step
}

// actionKind orders the actions of one moment: where one fault ends as another
// begins, the first is lifted before the second is applied.
type actionKind int

const (
	actionLift actionKind = iota
	actionStep
	actionApply
)

// faultActions lays out when the experiment's faults are applied, stepped and lifted.
func faultActions(exp *configs.Experiment) []faultAction {
	var actions []faultAction
	index := 0
	for i, phase := range exp.Phases {
		for _, f := range phase.Faults {
			from, last := exp.Start(i)+f.After, f.For
			if last == 0 {
				last = phase.Duration - f.After
			}
			actions = append(actions, faultAction{at: from, kind: actionApply, fault: index}, faultAction{at: from + last, kind: actionLift, fault: index})
			if f.Latency != nil {
				at, sizes := doses(f.Latency.Delay, last)
				for k := range at {
					actions = append(actions, faultAction{from + at[k], actionStep, index, sizes[k]})
				}
			}
			index++
		}
	}
	slices.SortStableFunc(actions, func(a, b faultAction) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind))
	})
	return actions
}
