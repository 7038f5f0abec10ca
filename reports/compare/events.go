package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// events compares when errors began and when the site was well again. A run has
// one of each, so that chance is taken from what they are made of.
type events struct {
	before, after []Run
	spoils        spoils
	alpha         float64
	o             Options
}

// happening is an event of a run: after so many seconds, or not within so many.
type happening struct {
	after   *float64 // null: it did not come
	watched float64
	chance  float64 // its standard deviation from run to run, seconds; meaningless when it did not come
	unknown string  // why it can't be told; empty: it can
}

// onsets compares the onset of gateway errors under the faults of each phase. Only
// one that is sustained counts: a stray error is in the ratios.
func (e events) onsets() []reports.Compared { return e.each("onset", onsetOf, more, showsOnset) }

// recoveries compares when the site was well again after each fault was lifted.
func (e events) recoveries() []reports.Compared {
	return e.each("recovered", recoveryOf, less, showsAgain)
}

// each compares what happened under each fault that all runs have.
func (e events) each(figure string, of func(*reports.Report, *reports.Fault) happening, way good, shows float64) (all []reports.Compared) {
	for _, p := range e.faulted() {
		f := reports.Compared{Phase: p.phase, Dependency: p.dependency, Figure: figure, Unit: "s"}
		before, bOK := happenings(e.before, p, of)
		after, aOK := happenings(e.after, p, of)
		if bOK && aOK {
			all = append(all, e.compare(f, before, after, way, shows))
		}
	}
	return all
}

// place is where a fault was played.
type place struct{ phase, dependency string }

// faulted are the places of the faults of the first run before, in their order.
func (e events) faulted() (all []place) {
	for _, f := range e.before[0].Report.Faults {
		if p := (place{f.Phase, f.Dependency}); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

func happenings(runs []Run, p place, of func(*reports.Report, *reports.Fault) happening) (all []happening, ok bool) {
	for _, r := range runs {
		i := slices.IndexFunc(r.Report.Faults, func(f reports.Fault) bool { return f.Phase == p.phase && f.Dependency == p.dependency })
		if i < 0 {
			return nil, false
		}
		all = append(all, of(r.Report, &r.Report.Faults[i]))
	}
	return all, true
}

// onsetOf is the first sustained onset that is counted from the fault. Until a pool
// of n places is full n requests have to come; n by chance is off by its root, so
// that of an onset after t seconds at the rate r the standard deviation is sqrt(t/r).
func onsetOf(r *reports.Report, f *reports.Fault) happening {
	if f.LiftedS == nil {
		return happening{unknown: "the fault was not lifted"}
	}
	h := happening{watched: *f.LiftedS - f.AppliedS}
	if !f.Exercised && !f.Uncounted {
		return happening{unknown: "the fault touched nothing"}
	}
	for _, o := range r.OnsetsIn(f.Phase) {
		if o.SustainedS == nil || r.FaultOf(o) != f {
			continue
		}
		h.after = o.AfterFaultS
		rate := 1.0
		if o.RateHz != nil && *o.RateHz > 0 {
			rate = *o.RateHz
		}
		h.chance = math.Sqrt(max(*h.after, 1/rate) / rate)
		break
	}
	return h
}

// recoveryOf is when the site was well after the fault. It is seen to a second, and
// what had piled up by then varies as the time to work it off does.
func recoveryOf(r *reports.Report, f *reports.Fault) happening {
	for _, one := range r.Recovery {
		if f.LiftedS == nil || one.Dependency != f.Dependency || math.Abs(one.LiftedS-*f.LiftedS) > 1e-6 {
			continue
		}
		switch {
		case one.Ill != nil && !*one.Ill:
			zero := 0.0
			return happening{after: &zero, chance: againChance}
		case one.AfterLiftS != nil:
			return happening{after: one.AfterLiftS, chance: againChance + againPart**one.AfterLiftS}
		case one.NotWellS != nil:
			return happening{watched: *one.NotWellS}
		}
		return happening{unknown: one.Why}
	}
	return happening{unknown: "it was not seen"}
}

const (
	againChance = 0.3 // seconds: the standard deviation of what is rounded up to one
	againPart   = 0.1
)

// compare judges an event of both sides. What did not come on one side is a change
// when it would have had to, by what is chance.
func (e events) compare(f reports.Compared, before, after []happening, way good, shows float64) reports.Compared {
	if why := e.spoils.phase(f.Phase); why != "" {
		return cantTell(f, why)
	}
	for _, h := range slices.Concat(before, after) {
		if h.unknown != "" {
			return cantTell(f, h.unknown)
		}
	}
	b, a := came(before), came(after)
	f.Before, f.After = median(b), median(a)
	switch {
	case len(b)+len(a) == 0:
		f.Change, f.Why = reports.Same, fmt.Sprintf("it did not come within %s", words.Span(watched(before, after)))
		if way == less {
			return cantTell(f, fmt.Sprintf("it was not seen within %s, before or after", words.Span(watched(before, after))))
		}
		return f
	case len(b) == len(before) && len(a) == len(after):
		low, high := e.interval(before, after)
		f.Low, f.High = &low, &high
		judge(&f, way, shows, e.o)
		return f
	case len(b) == len(before) && len(a) == 0:
		return e.oneSided(f, before, after, way == more)
	case len(a) == len(after) && len(b) == 0:
		return e.oneSided(f, after, before, way == less)
	}
	return cantTell(f, "it came in some runs of a side, and in others not")
}

// oneSided judges an event that came on one side only.
func (e events) oneSided(f reports.Compared, with, without []happening, better bool) reports.Compared {
	latest := 0.0
	for _, h := range with {
		latest = max(latest, *h.after+stats.NormalQuantile(1-e.alpha/2)*h.chance)
	}
	watch := watched(without)
	if latest > watch {
		return cantTell(f, fmt.Sprintf("on one side it did not come within %s, and by chance it may have come no sooner on the other", words.Span(watch)))
	}
	f.Change, f.Why = reports.Worse, fmt.Sprintf("on one side it did not come within %s", words.Span(watch))
	if better {
		f.Change = reports.Improved
	}
	return f
}

// interval holds the difference: of few runs as chance has it, and of several also as they differ.
func (e events) interval(before, after []happening) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	z := stats.NormalQuantile(1 - e.alpha/2)
	for _, b := range before {
		for _, a := range after {
			d, off := *a.after-*b.after, z*math.Hypot(b.chance, a.chance)
			low, high = min(low, d-off), max(high, d+off)
		}
	}
	if len(before) >= fewRuns && len(after) >= fewRuns {
		return across(came(before), came(after), e.alpha)
	}
	return low, high
}

// came are the seconds after which an event came, of those runs in which it did.
func came(all []happening) (list []float64) {
	for _, h := range all {
		if h.after != nil {
			list = append(list, *h.after)
		}
	}
	return list
}

// watched is the shortest time for which it was waited for.
func watched(sides ...[]happening) float64 {
	least := math.Inf(1)
	for _, h := range slices.Concat(sides...) {
		least = min(least, h.watched)
	}
	return least
}
