package judge

import (
	"fmt"
	"math"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// What may differ between two runs of one experiment.
const (
	sameRate  = 0.01 // of the rate asked
	sameTime  = 1.0  // seconds by which a fault may be applied or lifted earlier or later
	sameShare = 0.05 // of the requests: those of which so few are sent may be missing in one by chance
)

// unlike says why the baseline's figure is not to be held against this run's: it was
// measured in another experiment, or not as it was asked. Empty when it can be.
func unlike(r, base *reports.Report, o configs.Objective) string {
	if o.Diagnosed() {
		if b, was := r.BudgetOf(o.Dependency), base.BudgetOf(o.Dependency); o.Metric == "budget" && b != nil && was != nil && !near(b.RateHz, was.RateHz) {
			return fmt.Sprintf("its budget is for %s, and this run's for %s", words.Asked(was.RateHz), words.Asked(b.RateHz))
		}
		return ""
	}
	if !base.Fidelity.OK {
		return "its load was not as asked: " + base.Fidelity.Why
	}
	for i := range r.Phases {
		p := &r.Phases[i]
		if p.Warmup || o.Phase != "" && p.Name != o.Phase {
			continue
		}
		was := phaseNamed(base, p.Name)
		if was == nil {
			return "it has no phase " + p.Name
		}
		if why := unlikePhase(p, was); why != "" {
			return "phase " + p.Name + " " + why
		}
		if why := unlikeFaults(faultsIn(r, p), faultsIn(base, was)); why != "" {
			return "phase " + p.Name + " " + why
		}
	}
	for i := range base.Phases {
		if was := &base.Phases[i]; o.Phase == "" && !was.Warmup && phaseNamed(r, was.Name) == nil {
			return "it has a phase " + was.Name + " besides"
		}
	}
	return unlikeMix(r, base, o)
}

func near(a, b float64) bool { return math.Abs(a-b) <= sameRate*max(a, b) }

// phaseNamed is the phase of that name that is no warm-up, or nil.
func phaseNamed(r *reports.Report, name string) *reports.Phase {
	for i := range r.Phases {
		if p := &r.Phases[i]; p.Name == name && !p.Warmup {
			return p
		}
	}
	return nil
}

// unlikePhase says how the load of a phase was another, to follow its name.
func unlikePhase(p, was *reports.Phase) string {
	switch {
	case was.CutShort:
		return "was not seen to its end there"
	case p.Kind != was.Kind:
		return fmt.Sprintf("had a load of another kind there: %s, and %s here", was.Kind, p.Kind)
	case p.RateAskedHz != nil && was.RateAskedHz != nil && !near(*p.RateAskedHz, *was.RateAskedHz):
		return fmt.Sprintf("was asked %s there, and %s here", words.Asked(*was.RateAskedHz), words.Asked(*p.RateAskedHz))
	case p.Kind == reports.BurstPhase && p.Hits != was.Hits:
		return fmt.Sprintf("had a burst of %s there, and of %s here", words.Count(was.Hits), words.Count(p.Hits))
	}
	return ""
}

// inPhase is a fault within its phase, to hold two runs against each other.
type inPhase struct {
	*reports.Fault
	after, length float64 // seconds from the phase's start, and its own
	rest          float64 // of the phase without it
}

// name says what a fault did, and to which part of the connections where that is not all.
func (f inPhase) name() string {
	if f.Share < 1 {
		return f.State + " on " + words.Percent(f.Share) + " of connections"
	}
	return f.State
}

// faultsIn are the faults that were applied in a phase.
func faultsIn(r *reports.Report, p *reports.Phase) []inPhase {
	var list []inPhase
	for i := range r.Faults {
		f := &r.Faults[i]
		if f.Phase != p.Name {
			continue
		}
		one := inPhase{Fault: f, after: f.AppliedS - p.StartS, length: p.EndS - f.AppliedS}
		if f.LiftedS != nil {
			one.length = *f.LiftedS - f.AppliedS
		}
		one.rest = p.EndS - p.StartS - one.length
		list = append(list, one)
	}
	return list
}

// unlikeFaults says how the faults of a phase were others, to follow its name.
func unlikeFaults(now, were []inPhase) string {
	if len(now) != len(were) {
		return fmt.Sprintf("had %s there, and %s here", words.Number(int64(len(were)), "fault"), words.Number(int64(len(now)), "fault"))
	}
	apart := func(a, b float64) bool { return math.Abs(a-b) > sameTime }
	for i, f := range now {
		was := were[i]
		size, before := 0.0, 0.0
		if f.SizeS != nil && was.SizeS != nil {
			size, before = *f.SizeS, *was.SizeS
		}
		switch {
		case f.Dependency != was.Dependency || f.Kind != was.Kind || !near(f.Share, was.Share) || !near(size, before):
			return fmt.Sprintf("had another fault there: %s, and %s here", was.name(), f.name())
		case apart(f.after, was.after) || apart(f.length, was.length) || apart(f.rest, was.rest):
			return fmt.Sprintf("had its fault for %s there, after %s of %s, and for %s here, after %s of %s", words.Moment(was.length), words.Moment(was.after),
				words.Moment(was.length+was.rest), words.Moment(f.length), words.Moment(f.after), words.Moment(f.length+f.rest))
		}
	}
	return ""
}

// unlikeMix says which request only one of the runs sent, where o is on all of them.
func unlikeMix(r, base *reports.Report, o configs.Objective) string {
	if o.Request != "" || base.Requests == nil {
		return ""
	}
	for _, side := range []struct {
		has, other *reports.Report
		say        string
	}{{r, base, "it did not send the request %s"}, {base, r, "it sent a request %s besides"}} {
		for _, one := range side.has.Requests {
			if float64(one.Sent) >= sameShare*float64(side.has.Total.Sent) && !sends(side.other, one.Name) {
				return fmt.Sprintf(side.say, one.Name)
			}
		}
	}
	return ""
}

func sends(r *reports.Report, name string) bool {
	for _, one := range r.Requests {
		if one.Name == name {
			return true
		}
	}
	return false
}
