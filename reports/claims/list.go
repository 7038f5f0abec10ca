// Package claims lists what a report asserts and promises beyond its figures, each
// with the condition that it needs, and holds it against the record of the run. The
// summary and the advice say nothing of the kind that is not listed.
package claims

import (
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
)

// List is what the figures of a report allow to claim.
func List(r *reports.Report) []reports.Claim {
	return slices.Concat(waited(r), notToBlame(r), wellAgain(r), held(r), holds(r), within(r), workersHold(r), workersCarry(r), brokeFirst(r))
}

// mostOf is what share of the workers are most of them; cameLate is by how much the
// mean of the calls that waited is less than all of them where the last one came late.
const (
	mostOf   = 0.8
	cameLate = 0.25
)

// waited claims that all workers, or most of them, waited for a dependency when
// errors began: as many calls were seen waiting as there are workers, with a fault in
// force that makes calls wait. All means all.
func waited(r *reports.Report) (list []reports.Claim) {
	w := r.Pool.Counted()
	for i := range r.Onset {
		o := &r.Onset[i]
		fault := r.FaultOf(o)
		if fault == nil || !fault.Does.Waits || o.Held == nil || w == nil {
			continue
		}
		c := reports.Claim{Dependency: fault.Dependency, AtS: new(o.FirstS), Assumes: r.Pool.Assumes["workers"]}
		_, exact := w.Exact()
		switch calls := *o.Held; {
		case calls >= math.Round(w.Value)-cameLate:
			c.Kind, c.Workers = reports.AllWaited, new(int(math.Round(calls)))
		case exact && math.Floor(calls) >= mostOf*w.Low:
			c.Kind, c.Workers = reports.MostWaited, new(int(calls))
		default:
			continue
		}
		list = append(list, c)
	}
	return list
}

// nearlyAll is what part of errors must have come without a fault for none to be to blame.
const nearlyAll = 0.8

// fewErrors is how few errors, so many seconds after a lifting, may have come of what it
// left behind or of chance.
const (
	fewErrors    = 10
	afterLifting = 10.0
)

// notToBlame claims of errors that no fault is to blame for them: none was in force
// when they began, or nearly all would have come without. What set off a deadlock, which
// outlasts it, is not known; nor what a few errors soon after a fault have to do with it.
func notToBlame(r *reports.Report) (list []reports.Claim) {
	if len(r.Faults) == 0 {
		return nil
	}
	for i := range r.Onset {
		if o := &r.Onset[i]; o.AfterFaultS == nil && o.Count >= few(r) && o.Without != nil && *o.Without >= nearlyAll && o.Cause != reports.Unknown && !mayBeStuck(o) && !inTheWake(r, o) {
			list = append(list, reports.Claim{Kind: reports.NoFaultToBlame, AtS: new(o.FirstS)})
		}
	}
	return list
}

// few is how few errors tell nothing of what they would have been without a fault: of
// visits, what comes later depends on what was answered before.
func few(r *reports.Report) int64 {
	if r.Visits != nil {
		return fewErrors
	}
	return measure.Few
}

// inTheWake reports whether an onset is a few errors soon after a lifting.
func inTheWake(r *reports.Report, o *reports.Onset) bool {
	return o.Count < fewErrors && slices.ContainsFunc(r.Faults, func(f reports.Fault) bool {
		return f.LiftedS != nil && *f.LiftedS <= o.FirstS && o.FirstS < *f.LiftedS+afterLifting
	})
}

// mayBeStuck reports whether workers of an onset waited for pages of their own site, or
// may have: a fault that was small set that off as well.
func mayBeStuck(o *reports.Onset) bool {
	return o.Cause == reports.SelfDeadlock || slices.Contains(o.Or, reports.SelfDeadlock)
}

// wellAgain claims it of each lifting after which it was seen.
func wellAgain(r *reports.Report) (list []reports.Claim) {
	for i := range r.Recovery {
		if one := &r.Recovery[i]; one.AfterLiftS != nil {
			list = append(list, reports.Claim{Kind: reports.WellAgain, Dependency: one.Dependency, AtS: new(one.LiftedS), AfterS: new(*one.AfterLiftS)})
		}
	}
	return list
}

// held claims of a timeout that it held a rate in this run.
func held(r *reports.Report) (list []reports.Claim) {
	for i := range r.Timeouts {
		if t := &r.Timeouts[i]; t.HeldHz != nil && t.ObservedS != nil {
			list = append(list, reports.Claim{Kind: reports.TimeoutHeld, Dependency: t.Dependency, TimeoutS: new(t.ObservedS.Value), RateHz: new(*t.HeldHz)})
		}
	}
	return list
}

// holds claims of a timeout that it would hold a rate.
func holds(r *reports.Report) (list []reports.Claim) {
	for i := range r.Budget {
		if b := &r.Budget[i]; b.MaxTimeoutS != nil {
			list = append(list, reports.Claim{Kind: reports.TimeoutHolds, Dependency: b.Dependency, TimeoutS: new(*b.MaxTimeoutS), RateHz: new(b.RateHz), Assumes: b.Assumes})
		}
	}
	return list
}

// within claims of the timeout that the site has that it is within the budget: all
// of its interval is, and no queue overflowed on account of that dependency.
func within(r *reports.Report) (list []reports.Claim) {
	for i := range r.Budget {
		b := &r.Budget[i]
		t := reports.TimeoutOn(r.Timeouts, b.Dependency)
		if b.MaxTimeoutS == nil || t == nil || t.Verdict != reports.ByApp || t.ObservedS == nil || t.ObservedS.High > *b.MaxTimeoutS {
			continue
		}
		if !slices.ContainsFunc(r.Onset, func(o reports.Onset) bool { return o.Dependency == b.Dependency && o.Cause == reports.QueueFull }) {
			list = append(list, reports.Claim{Kind: reports.WithinBudget, Dependency: b.Dependency, TimeoutS: new(t.ObservedS.Value), RateHz: new(b.RateHz), Assumes: b.Assumes})
		}
	}
	return list
}

// workersHold claims how many workers hold a rate with the timeout that was seen, or
// where none was with one that people ship: only where workers are counted, and more
// are needed than there are.
func workersHold(r *reports.Report) (list []reports.Claim) {
	w := r.Pool.Counted()
	for i := range r.Budget {
		b := &r.Budget[i]
		t := reports.TimeoutOn(r.Timeouts, b.Dependency)
		if w == nil || t == nil {
			continue
		}
		timeout, need := 0.0, 0
		switch c := b.Example(); {
		case t.ObservedS != nil && b.WorkersNeeded != nil && b.TimeoutS != nil && t.Verdict == reports.ByApp:
			timeout, need = *b.TimeoutS, *b.WorkersNeeded
		case t.ObservedS == nil && c != nil:
			timeout, need = c.TimeoutS, c.WorkersNeeded
		}
		if float64(need) > w.High {
			list = append(list, reports.Claim{Kind: reports.WorkersHold, Dependency: b.Dependency, Workers: new(need), RateHz: new(b.RateHz), TimeoutS: new(timeout), Assumes: b.Assumes})
		}
	}
	return list
}

// competes is the share of workers over service time that a site carries less than
// when its workers hinder each other: more of them would not help.
const competes = 0.88

// workersCarry claims how many workers carry the rate that was asked when a queue
// overflowed without a fault: lambda·S workers are busy then, by Little's law. Workers
// must be counted, wait rather than compete, and have no fault to blame.
func workersCarry(r *reports.Report) []reports.Claim {
	w, s, c := r.Pool.Counted(), r.Pool.ServiceS, r.Pool.CapacityHz
	asked := r.OverloadHz()
	if asked == 0 || w == nil || s == nil || s.Value <= 0 || c == nil || c.Value < competes*w.Value/s.Value || r.Contended() != nil {
		return nil
	}
	return []reports.Claim{{Kind: reports.WorkersCarry, RateHz: new(asked), Workers: new(int(math.Ceil(asked*s.Value/reports.BusyAtMost - 1e-9))), Assumes: r.Pool.Assumes["workers"]}}
}

// brokeFirst claims which size of a stepped fault broke the site, where it was not the rate.
func brokeFirst(r *reports.Report) (list []reports.Claim) {
	for i := range r.Dose {
		if d := &r.Dose[i]; d.SizeS != nil && !d.Load {
			list = append(list, reports.Claim{Kind: reports.BrokeFirst, Dependency: d.Dependency, SizeS: new(*d.SizeS)})
		}
	}
	return list
}
