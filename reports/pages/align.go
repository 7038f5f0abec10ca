package pages

import (
	"math"
	"slices"

	"github.com/tailback/tailback/reports"
)

// section is a stretch of the axis that two runs share: a phase by its name, or
// the part of one before or since the first fault.
type section struct {
	Name     string  // "" where a phase goes on
	At, Long float64 // seconds of the axis; as long as the longer of the two runs was in it
}

// stretch is a section as one run went through it.
type stretch struct {
	key, name string
	from, to  float64 // seconds of the run
	right     bool    // it ends with its section, and need not begin with it
}

// piece is where a stretch of a run lies on the axis.
type piece struct{ from, to, at float64 }

// clock lays the seconds of one run on the axis.
type clock []piece

// axis is the time that two runs share. Zero is where the first fault was
// applied, or 0 without one.
type axis struct {
	Sections []section
	Long     float64
	Zero     float64
	Fault    bool // Zero is a fault's
	// OneClock: all sections are as long in both runs, so that the axis tells the
	// time of both. Otherwise a phase tells its own, from its beginning.
	OneClock bool
	Clocks   [2]clock
}

// near is how far, in seconds, two lengths may differ that were asked to be the same.
const near = 0.5

// align lays two runs on one axis: their first faults over each other, and their
// phases by name. Where their phases can't be matched, the runs are laid over
// each other whole, by the fault or else by their beginnings.
func align(before, after *reports.Report) axis {
	faults := [2]*float64{firstFault(before), firstFault(after)}
	if faults[0] == nil || faults[1] == nil {
		faults = [2]*float64{}
	}
	runs := [2][]stretch{byPhase(before, faults[0]), byPhase(after, faults[1])}
	keys, ok := merged(keysOf(runs[0]), keysOf(runs[1]))
	if ok && faults[0] != nil {
		ok = faultKey(runs[0]) == faultKey(runs[1])
	}
	if !ok {
		runs = [2][]stretch{whole(before, faults[0]), whole(after, faults[1])}
		keys, _ = merged(keysOf(runs[0]), keysOf(runs[1]))
	}
	a := laid(keys, runs)
	if f := faults[0]; f != nil {
		a.Fault, a.Zero = true, a.Clocks[0].at(*f)
	}
	return a
}

// laid gives every key a section as long as the longer of its stretches.
func laid(keys []string, runs [2][]stretch) axis {
	a := axis{OneClock: true}
	for _, key := range keys {
		s := section{At: a.Long}
		var found [2]*stretch
		for i := range runs {
			for k := range runs[i] {
				if one := &runs[i][k]; one.key == key {
					found[i], s.Name, s.Long = one, one.name, max(s.Long, one.to-one.from)
				}
			}
		}
		for i, one := range found {
			if one == nil {
				a.OneClock = a.OneClock && key == over
				continue
			}
			long := one.to - one.from
			a.OneClock = a.OneClock && (s.Long-long < near || key == over) // nothing comes after that
			at := s.At
			if one.right {
				at += s.Long - long
			}
			a.Clocks[i] = append(a.Clocks[i], piece{one.from, one.to, at})
		}
		a.Long += s.Long
		a.Sections = append(a.Sections, s)
	}
	return a
}

// firstFault is when the first fault was applied; nil without one.
func firstFault(r *reports.Report) (at *float64) {
	for i := range r.Faults {
		if f := &r.Faults[i].AppliedS; at == nil || *f < *at {
			at = f
		}
	}
	return at
}

// until is when the run ended.
func until(r *reports.Report) float64 {
	end := r.DurationS
	if n := len(r.Timeline.StartS); n > 0 {
		end = max(end, r.Timeline.StartS[n-1])
	}
	return end
}

// The keys of stretches that are no phase of their own. No phase's name holds a 0 byte.
const (
	ahead = "\x00ahead" // of the fault
	since = "\x00since" // the fault
	over  = "\x00over"  // the phases: the run waited for answers
)

// byPhase are the phases that a run came to, the one with its first fault in two
// parts, and what came after them.
func byPhase(r *reports.Report, fault *float64) (list []stretch) {
	end, last := until(r), 0.0
	for _, p := range r.Phases {
		from, to := p.StartS, min(p.EndS, end)
		if to <= from {
			continue
		}
		last = to
		switch {
		case fault == nil || *fault < from || *fault >= to:
			list = append(list, stretch{p.Name, p.Name, from, to, false})
		case *fault-from < near: // the phase began with it
			if len(list) > 0 {
				list[len(list)-1].to = *fault
			}
			list = append(list, stretch{p.Name + since, p.Name, *fault, to, false})
		default:
			list = append(list, stretch{p.Name + ahead, p.Name, from, *fault, true}, stretch{p.Name + since, "", *fault, to, false})
		}
	}
	if end > last {
		list = append(list, stretch{over, "", last, end, false})
	}
	return list
}

// whole is a run in one stretch, or in two around its first fault.
func whole(r *reports.Report, fault *float64) []stretch {
	end := until(r)
	if fault == nil {
		return []stretch{{since, "", 0, end, false}}
	}
	return []stretch{{ahead, "", 0, *fault, true}, {since, "", *fault, max(end, *fault), false}}
}

func keysOf(list []stretch) (keys []string) {
	for _, s := range list {
		keys = append(keys, s.key)
	}
	return keys
}

// faultKey is the stretch that begins with the fault.
func faultKey(list []stretch) string {
	i := slices.IndexFunc(list, func(s stretch) bool { return len(s.key) > len(since) && s.key[len(s.key)-len(since):] == since })
	if i < 0 {
		return ""
	}
	return list[i].key
}

// merged are the keys of both lists in an order that both have. Without such an
// order, or when a key comes twice, ok is false.
func merged(a, b []string) (keys []string, ok bool) {
	next := 0
	for _, key := range b {
		i := slices.Index(a, key)
		if i < 0 {
			continue
		}
		if i < next {
			return nil, false
		}
		next = i + 1
	}
	keys = slices.Clone(a)
	at := 0
	for _, key := range b {
		if i := slices.Index(keys, key); i >= 0 {
			at = i + 1
			continue
		}
		keys = slices.Insert(keys, at, key)
		at++
	}
	sorted := slices.Sorted(slices.Values(keys))
	return keys, len(slices.Compact(sorted)) == len(keys)
}

// at is where a moment of the run lies, in seconds of the axis. A moment between
// two stretches lies at the nearer end.
func (c clock) at(s float64) float64 {
	best, far := 0.0, math.Inf(1)
	for _, p := range c {
		in := min(max(s, p.from), p.to)
		if off := math.Abs(s - in); off < far {
			best, far = p.at+in-p.from, off
		}
	}
	return best
}
