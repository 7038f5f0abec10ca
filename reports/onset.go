package reports

import (
	"cmp"
	"slices"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// firstErrors finds the first of each kind, apart from faults and under each
// of them, and in each phase the first of any gateway status under a fault.
type firstErrors struct {
	faults  []*playedFault
	first   [][errorKinds]firstError // by fault + 1; 0 is apart from faults
	byPhase []*firstError
}

type firstError struct {
	count    int64
	at, last time.Duration
	seq      uint64
	code     int32
	class    journal.Class
	fault    int // -1 is none
}

func newFirstErrors(phases int, faults []*playedFault) firstErrors {
	return firstErrors{faults: faults, first: make([][errorKinds]firstError, len(faults)+1), byPhase: make([]*firstError, phases)}
}

func (g *firstErrors) add(h *journal.Hit) {
	kind := errorKindOf(h)
	if kind < 0 {
		return
	}
	fault := faultAt(g.faults, h.Done)
	one := firstError{1, h.Done, h.Done, h.Seq, h.Code, h.Class, fault}
	f := &g.first[fault+1][kind]
	count, last := f.count+1, max(f.last, h.Done)
	if f.count == 0 || h.Done < f.at || h.Done == f.at && h.Seq < f.seq {
		*f = one
	}
	f.count, f.last = count, last
	if p := g.byPhase[h.Phase]; badGateway(h) >= 0 && fault >= 0 && (p == nil || h.Done < p.at) {
		g.byPhase[h.Phase] = &one
	}
}

// onset is the first error of one kind, and what the second pass counts around it.
type onset struct {
	firstError
	kind      errorKind
	seen      errorsSeen
	waiting   int64
	offered   int64 // due in the second before, or since T0 if that is shorter
	lasting   bool  // it became sustained, in the cell [from, to)
	from, to  time.Duration
	sustained *time.Duration // the first error in that cell
}

// goesOn is how long before a fault an error must have been seen for the fault
// not to be its onset.
const goesOn = 2 * time.Second

// findOnsets are the onsets, the earliest first. An error that was there when a
// fault was applied did not begin with it.
func (a *run) findOnsets(g firstErrors) []*onset {
	var list []*onset
	for _, kinds := range g.first {
		for i, first := range kinds {
			kind := errorKind(i)
			if first.count == 0 {
				continue
			}
			if first.fault >= 0 {
				applied := a.faults[first.fault].applied
				if a.cells.errors(kind, applied-goesOn, applied) > 0 {
					continue
				}
			}
			o := &onset{firstError: first, kind: kind, seen: newErrorsSeen()}
			if c, ok := a.cells.sustained(kind, first.at, a.nextFault(first.at)); ok {
				o.lasting, o.from, o.to = true, a.cells.start(c), a.cells.start(c+1)
			}
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(x, y *onset) int { return cmp.Compare(x.at, y.at) })
	return list
}

// nextFault returns when the next fault after t was applied, or the run's end.
func (a *run) nextFault(t time.Duration) time.Duration {
	for _, f := range a.faults {
		if f.applied > t {
			return f.applied
		}
	}
	return a.end
}

func (o *onset) add(h *journal.Hit, warmup bool) {
	if !inFlight(h) {
		return
	}
	if h.Sent <= o.at && o.at < h.Done {
		o.waiting++
	}
	if o.at-time.Second <= h.Due && h.Due < o.at {
		o.offered++
	}
	if o.lasting && !warmup && errorKindOf(h) == o.kind && o.from <= h.Done && h.Done < o.to {
		if o.sustained == nil || h.Done < *o.sustained {
			o.sustained = new(h.Done)
		}
	}
}

func (a *run) onsetFigures() []Onset {
	list := []Onset{}
	for _, o := range a.onsets {
		f := Onset{
			Code: int(o.code), Class: o.class.String(), Phase: a.phaseAt(o.at), FirstS: o.at.Seconds(),
			Count: o.count, InFlight: o.waiting, RateHz: perSecond(o.offered, min(o.at, time.Second).Seconds()),
			Cause: Unknown, Evidence: []string{},
		}
		if o.sustained != nil {
			f.SustainedS = new(o.sustained.Seconds())
		}
		if o.fault >= 0 {
			fault := a.faults[o.fault]
			f.AfterFaultS, f.Dependency = new((o.at - fault.applied).Seconds()), fault.Dependency
		}
		list = append(list, f)
	}
	return list
}

// phaseAt names the phase that lasts at t; after the end, the last one.
func (a *run) phaseAt(t time.Duration) string {
	name := ""
	for _, p := range a.manifest.Phases {
		if time.Duration(p.StartNS) <= t || name == "" {
			name = p.Name
		}
	}
	return name
}
