package measure

import (
	"cmp"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// firstErrors finds the first of each kind, apart from faults and under each
// of them, and in each phase the first of any gateway status under a fault.
type firstErrors struct {
	faults  []*Fault
	first   [][ErrorKinds]FirstError // by fault + 1; 0 is apart from faults
	byPhase []*FirstError
}

type FirstError struct {
	Count    int64
	At, Last time.Duration
	seq      uint64
	Code     int32
	class    journal.Class
	Fault    int // -1 is none
}

func newFirstErrors(phases int, faults []*Fault) firstErrors {
	return firstErrors{faults: faults, first: make([][ErrorKinds]FirstError, len(faults)+1), byPhase: make([]*FirstError, phases)}
}

func (g *firstErrors) add(h *journal.Hit) {
	kind := errorKindOf(h)
	if kind < 0 {
		return
	}
	fault := faultAt(g.faults, h.Done)
	one := FirstError{1, h.Done, h.Done, h.Seq, h.Code, h.Class, fault}
	f := &g.first[fault+1][kind]
	count, last := f.Count+1, max(f.Last, h.Done)
	if f.Count == 0 || h.Done < f.At || h.Done == f.At && h.Seq < f.seq {
		*f = one
	}
	f.Count, f.Last = count, last
	if p := g.byPhase[h.Phase]; badGateway(h) >= 0 && fault >= 0 && (p == nil || h.Done < p.At) {
		g.byPhase[h.Phase] = &one
	}
}

// Onset is the first error of one kind, and what the second pass counts around it.
type Onset struct {
	FirstError
	Kind      ErrorKind
	Seen      ErrorsSeen
	waiting   int64
	offered   int64 // due in the second before, or since T0 if that is shorter
	lasting   bool  // it became sustained, in the cell [from, to)
	from, to  time.Duration
	Sustained *time.Duration // the first error in that cell
}

// goesOn is how long before a fault an error must have been seen for the fault
// not to be its onset.
const goesOn = 2 * time.Second

// findOnsets are the onsets, the earliest first. An error that was there when a
// fault was applied did not begin with it.
func (run *Run) findOnsets(g firstErrors) []*Onset {
	var list []*Onset
	for _, kinds := range g.first {
		for i, first := range kinds {
			kind := ErrorKind(i)
			if first.Count == 0 {
				continue
			}
			if first.Fault >= 0 {
				applied := run.Faults[first.Fault].Applied
				if run.Cells.errors(kind, applied-goesOn, applied) > 0 {
					continue
				}
			}
			o := &Onset{FirstError: first, Kind: kind, Seen: newErrorsSeen()}
			if c, ok := run.Cells.sustained(kind, first.At, run.nextFault(first.At)); ok {
				o.lasting, o.from, o.to = true, run.Cells.Start(c), run.Cells.Start(c+1)
			}
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(x, y *Onset) int { return cmp.Compare(x.At, y.At) })
	return list
}

// nextFault returns when the next fault after t was applied, or the run's end.
func (run *Run) nextFault(t time.Duration) time.Duration {
	for _, f := range run.Faults {
		if f.Applied > t {
			return f.Applied
		}
	}
	return run.End
}

func (o *Onset) add(h *journal.Hit, warmup bool) {
	if !inFlight(h) {
		return
	}
	if h.Sent <= o.At && o.At < h.Done {
		o.waiting++
	}
	if o.At-time.Second <= h.Due && h.Due < o.At {
		o.offered++
	}
	if o.lasting && !warmup && errorKindOf(h) == o.Kind && o.from <= h.Done && h.Done < o.to {
		if o.Sustained == nil || h.Done < *o.Sustained {
			o.Sustained = new(h.Done)
		}
	}
}

func (run *Run) onsetFigures() []reports.Onset {
	list := []reports.Onset{}
	for _, o := range run.Onsets {
		f := reports.Onset{
			Code: int(o.Code), Class: o.class.String(), Phase: run.phaseAt(o.At), FirstS: o.At.Seconds(),
			Count: o.Count, InFlight: o.waiting, RateHz: PerSecond(o.offered, min(o.At, time.Second).Seconds()),
			Cause: reports.Unknown, Evidence: []string{},
		}
		if o.Sustained != nil {
			f.SustainedS = new(o.Sustained.Seconds())
		}
		if o.Fault >= 0 {
			fault := run.Faults[o.Fault]
			f.AfterFaultS, f.Dependency = new((o.At - fault.Applied).Seconds()), fault.Dependency
		}
		list = append(list, f)
	}
	return list
}

// phaseAt names the phase that lasts at t; after the end, the last one.
func (run *Run) phaseAt(t time.Duration) string {
	name := ""
	for _, p := range run.Manifest.Phases {
		if time.Duration(p.StartNS) <= t || name == "" {
			name = p.Name
		}
	}
	return name
}
