package measure

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// firstErrors finds the first of each kind in each stretch that the journal
// tells apart. When the site was well after a lifting is known only later, so that
// errors after one are kept by the half second in which they were due.
type firstErrors struct {
	blamed *blamed
	first  map[errorKey]*FirstError
	// Errors come in rows of one key: these are the last one's.
	key  errorKey
	last *FirstError
}

type errorKey struct {
	era  era
	kind ErrorKind
	due  int64 // half seconds, after a lifting; else 0
	// phase is that of a gateway status, -1 of other errors.
	phase int32
}

const dueStep = time.Second / 2

type FirstError struct {
	Count    int64
	At, Last time.Duration
	seq      uint64
	Code     int32
	class    journal.Class
	Fault    int // -1 is none
}

func newFirstErrors(b *blamed) firstErrors {
	return firstErrors{blamed: b, first: map[errorKey]*FirstError{}}
}

func (g *firstErrors) add(h *journal.Hit) {
	kind := errorKindOf(h)
	if kind < 0 {
		return
	}
	k := errorKey{era: g.blamed.at(h.Done), kind: kind, phase: -1}
	if k.era.after && !k.era.late {
		k.due = int64(h.Due / dueStep)
	}
	if badGateway(h) >= 0 {
		k.phase = h.Phase
	}
	if g.last == nil || k != g.key {
		g.key, g.last = k, g.first[k]
	}
	if g.last == nil {
		g.last = &FirstError{1, h.Done, h.Done, h.Seq, h.Code, h.Class, -1}
		g.first[k] = g.last
		return
	}
	g.last.merge(FirstError{1, h.Done, h.Done, h.Seq, h.Code, h.Class, -1})
}

// merge takes in others of the same kind.
func (f *FirstError) merge(o FirstError) {
	count, last := f.Count+o.Count, max(f.Last, o.Last)
	if o.At < f.At || o.At == f.At && o.seq < f.seq {
		*f = o
	}
	f.Count, f.Last = count, last
}

// sortOf is what errors are counted from, once it is known when the site was well again.
func (g *firstErrors) sortOf(k errorKey) sort {
	return g.blamed.of(time.Duration(k.due)*dueStep, k.era.from)
}

// sorted are the first of each kind, by what they are counted from.
func (g *firstErrors) sorted() map[sort]*[ErrorKinds]FirstError {
	all := map[sort]*[ErrorKinds]FirstError{}
	for k, f := range g.first {
		s := g.sortOf(k)
		if all[s] == nil {
			all[s] = new([ErrorKinds]FirstError)
		}
		one, sum := *f, &all[s][k.kind]
		if one.Fault = s.fault; sum.Count == 0 {
			*sum = one
		} else {
			sum.merge(one)
		}
	}
	return all
}

// under are the first gateway errors under a fault in each phase; nil is none.
func (g *firstErrors) under(phases int) []*FirstError {
	list := make([]*FirstError, phases)
	for k, f := range g.first {
		s := g.sortOf(k)
		if k.phase < 0 || s.fault < 0 {
			continue
		}
		one := *f
		one.Fault = s.fault
		if p := list[k.phase]; p == nil || one.At < p.At || one.At == p.At && one.seq < p.seq {
			list[k.phase] = &one
		}
	}
	return list
}

// Onset is the first error of one kind, and what the second pass counts around it.
type Onset struct {
	FirstError
	Kind      ErrorKind
	sorts     []sort // its errors are those of these
	Seen      ErrorsSeen
	waiting   int64
	offered   int64 // due in the second before, or since T0 if that is shorter; of visits their first steps
	lasting   bool  // it became sustained, in the cell [from, to)
	from, to  time.Duration
	Sustained *time.Duration // the first error in that cell
}

// goesOn is how long before a fault an error must have been seen for the fault
// not to be its onset.
const goesOn = 2 * time.Second

// findOnsets are the onsets, the earliest first. An error that was there when a
// fault was applied did not begin with it; and one that had been coming before the
// faults, or had never ceased, does not begin after them.
func (run *Run) findOnsets(all map[sort]*[ErrorKinds]FirstError) []*Onset {
	var list []*Onset
	for _, s := range sortsOf(all) {
		for i, first := range all[s] {
			kind := ErrorKind(i)
			if first.Count == 0 || s.fault >= 0 && run.Cells.Errors(kind, run.Faults[s.fault].Applied-goesOn, run.Faults[s.fault].Applied) > 0 {
				continue
			}
			if s.after >= 0 {
				if before := apartFrom(list, kind); before != nil {
					before.sorts = append(before.sorts, s)
					before.merge(first)
					continue
				}
				if run.Cells.Errors(kind, first.At-goesOn, first.At) > 0 {
					continue
				}
			}
			o := &Onset{FirstError: first, Kind: kind, sorts: []sort{s}, Seen: newErrorsSeen()}
			if c, ok := run.Cells.sustained(kind, first.At, run.nextFault(first.At)); ok {
				o.lasting, o.from, o.to = true, run.Cells.Start(c), run.Cells.Start(c+1)
			}
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(x, y *Onset) int { return cmp.Compare(x.At, y.At) })
	return list
}

// sortsOf are the sorts of errors, those before any fault first.
func sortsOf(all map[sort]*[ErrorKinds]FirstError) []sort {
	return slices.SortedFunc(maps.Keys(all), func(x, y sort) int {
		return cmp.Or(cmp.Compare(x.after, y.after), cmp.Compare(x.fault, y.fault))
	})
}

// apartFrom is the lasting onset of a kind apart from faults, or nil.
func apartFrom(list []*Onset, kind ErrorKind) *Onset {
	for _, o := range list {
		if o.Kind == kind && o.Fault < 0 && o.lasting {
			return o
		}
	}
	return nil
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
	if o.At-time.Second <= h.Due && h.Due < o.At && h.Step == 0 {
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
			Count: o.Count, InFlight: o.waiting, RateHz: run.rateBefore(o),
			Cause: reports.Unknown, Or: []reports.Cause{}, Evidence: []string{},
		}
		if o.Sustained != nil {
			f.SustainedS = new(o.Sustained.Seconds())
		}
		if o.Fault >= 0 {
			fault := run.Faults[o.Fault]
			f.AfterFaultS, f.Dependency = new((o.At - fault.Applied).Seconds()), fault.Dependency
			if held, ok := run.HeldBy(fault, max(o.At-heldFor, fault.Applied), o.At); ok && fault.inForce(o.At) {
				f.Held = new(held)
			}
		} else {
			f.Without = new(1.0)
		}
		list = append(list, f)
	}
	return list
}

// heldFor is how long before an onset calls are looked at.
const heldFor = 200 * time.Millisecond

// rateBefore is what was asked in the second before an onset; when a phase of one
// rate had begun within it, that rate; nil when the run had hardly begun. Of visits it is
// as if each that began then were completed: what comes of their later steps depends on
// what was answered.
func (run *Run) rateBefore(o *Onset) *float64 {
	for _, p := range run.Manifest.Phases {
		from, to := time.Duration(p.StartNS), time.Duration(p.EndNS)
		if p.Kind == reports.OpenPhase && p.RateFrom == p.RateTo && p.RateTo > 0 && from <= o.At && o.At < min(from+time.Second, to) {
			return new(p.RateTo)
		}
	}
	if o.At < enoughBefore {
		return nil
	}
	hz := PerSecond(o.offered, min(o.At, time.Second).Seconds())
	if run.Visits != nil && hz != nil {
		if *hz == 0 {
			return nil
		}
		*hz *= meanSteps(run.Manifest)
	}
	return hz
}

// enoughBefore is how long a run must have lasted for what it asked to be a rate.
const enoughBefore = time.Second / 4

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

// Of requests that are sent together the last find those before them inside.
const (
	atOnce  = 10 * time.Millisecond
	crowded = 5
)

// found is how many were in the site for a request that was sent in cell c. Where
// many were sent at once it is as many as there were when the last of them had
// come, as a cell's start is before them all.
func (g *Cells) found(c int) int32 {
	level, until := At(g.InSystem, c), c+max(int(atOnce/g.Width), 1)
	if SumCells(g.Flow.Sent, c, until) < crowded {
		return level
	}
	for i := c + 1; i <= until; i++ {
		level = max(level, At(g.InSystem, i))
	}
	return level
}
