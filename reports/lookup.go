package reports

// FaultOf returns the fault that an onset is counted from, or nil.
func (r *Report) FaultOf(o *Onset) *Fault {
	if o.AfterFaultS == nil {
		return nil
	}
	applied := o.FirstS - *o.AfterFaultS
	var nearest *Fault
	for i := range r.Faults {
		f := &r.Faults[i]
		if f.Dependency == o.Dependency && (nearest == nil || Distance(f.AppliedS, applied) < Distance(nearest.AppliedS, applied)) {
			nearest = f
		}
	}
	return nearest
}

func Distance(a, b float64) float64 { return max(a-b, b-a) }

// TimeoutOn returns what was seen of timeouts on a dependency: the one that
// says most, of several that say as much the one that was watched longest, or nil.
func TimeoutOn(list []Timeout, dependency string) *Timeout {
	var best *Timeout
	for i := range list {
		t := &list[i]
		if t.Dependency == dependency && (best == nil || tells(t) > tells(best) || tells(t) == tells(best) && t.ObservedS == nil && t.HorizonS > best.HorizonS) {
			best = t
		}
	}
	return best
}

// tells ranks what was seen of a timeout: a total one before one on connecting.
func tells(t *Timeout) int {
	rank := 0
	if !t.Connect {
		rank++
	}
	switch {
	case t.ObservedS != nil && t.Verdict != "":
		rank += 4
	case t.Verdict != "":
		rank += 2
	}
	return rank
}

// BudgetOf returns the budget of a dependency, or nil.
func (r *Report) BudgetOf(dependency string) *Budget {
	for i := range r.Budget {
		if r.Budget[i].Dependency == dependency {
			return &r.Budget[i]
		}
	}
	return nil
}

// FirstOnset returns the earliest onset that is counted from a fault of the phase, or nil.
func (r *Report) FirstOnset(phase string) *Onset {
	if all := r.OnsetsIn(phase); len(all) > 0 {
		return all[0]
	}
	return nil
}

// OnsetsIn returns the onsets that are counted from a fault of the phase, the earliest first.
func (r *Report) OnsetsIn(phase string) []*Onset {
	var list []*Onset
	for i := range r.Onset {
		if f := r.FaultOf(&r.Onset[i]); f != nil && f.Phase == phase {
			list = append(list, &r.Onset[i])
		}
	}
	return list
}

// OverloadHz is the most that was asked, per second, when a queue overflowed without a
// fault to blame; 0 when none did.
func (r *Report) OverloadHz() (asked float64) {
	for _, o := range r.Onset {
		if o.Cause == QueueFull && o.AfterFaultS == nil && o.RateHz != nil {
			asked = max(asked, *o.RateHz, r.ofWholeVisits(o.Phase))
		}
	}
	return asked
}

// ofWholeVisits is what the visits of a phase would ask, per second, if each were completed,
// as where the site carries them; 0 of a run of requests by themselves. Visits that are
// abandoned ask less.
func (r *Report) ofWholeVisits(phase string) float64 {
	for _, p := range r.Phases {
		if p.Name == phase && p.Visits != nil && p.RateAskedHz != nil {
			return *p.RateAskedHz
		}
	}
	return 0
}

// Contended is the first stretch of answers that were slow, as like as not, because
// workers hinder each other; nil when there was none.
func (r *Report) Contended() *Slowdown {
	for i := range r.Slowdowns {
		if s := &r.Slowdowns[i]; s.Cause == Contention && s.Confidence != nil && *s.Confidence >= Likely {
			return s
		}
	}
	return nil
}

// HeldWhenWell is how long a dependency takes when well, seconds; 0 when not known.
func (r *Report) HeldWhenWell(name string) float64 {
	for _, d := range r.Dependencies {
		if d.Name == name && d.HeldMeanS != nil {
			return *d.HeldMeanS
		}
	}
	return 0
}

// DependencyNamed is the dependency of that name, or one without any figures.
func DependencyNamed(list []Dependency, name string) Dependency {
	for _, d := range list {
		if d.Name == name {
			return d
		}
	}
	return Dependency{}
}
