package chaos

import (
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Timeline returns the events of faults that are applied, stepped and lifted in
// a run that goes as planned, in their order. It plays nothing. The error tells
// of a fault that cannot be played.
func Timeline(exp *configs.Experiment) ([]journal.Event, error) {
	listened := map[string]bool{}
	for _, d := range exp.Dependencies {
		listened[d.Name] = d.Listen != ""
	}
	var faults []journal.Fault
	for _, phase := range exp.Phases {
		for _, spec := range phase.Faults {
			e, err := effectOf(spec, listened[spec.Dependency])
			if err != nil {
				return nil, err
			}
			faults = append(faults, journal.Fault{Index: len(faults), Phase: phase.Name, Dependency: spec.Dependency,
				Kind: spec.Kind(), Share: spec.Share, SizeS: e.size.Seconds()})
		}
	}
	kinds := map[actionKind]journal.EventKind{actionApply: journal.FaultApplied, actionStep: journal.FaultStepped, actionLift: journal.FaultLifted}
	var events []journal.Event
	for _, a := range faultActions(exp) {
		f := &faults[a.fault]
		if a.kind == actionStep {
			f.SizeS = a.size.Seconds()
		}
		now := *f
		events = append(events, journal.Event{AtNS: int64(a.at), Kind: kinds[a.kind], Fault: &now})
	}
	return events, nil
}
