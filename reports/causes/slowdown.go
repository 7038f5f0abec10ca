package causes

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// A phase is slow when the middle one of its good answers took twice as long as
// in the fastest phase, and slowBy more: well beyond what the chance of Poisson
// arrivals does to a phase of fewest answers and more.
const (
	slowTimes = 2.0
	slowBy    = 0.020
	slowN     = 10
)

// Slowdowns are the phases in which good answers were slow, and why.
func Slowdowns(run *measure.Run, phases []reports.Phase, faults []reports.Fault, pool *reports.Pool) []reports.Slowdown {
	list := []reports.Slowdown{}
	fastest := fastestPhase(phases)
	if fastest == nil {
		return list
	}
	for _, p := range phases {
		if !counts(p) || p.StartS >= run.End.Seconds() || *p.ResponseS.P50 < slowTimes**fastest.ResponseS.P50+slowBy {
			continue
		}
		s := reports.Slowdown{Phase: p.Name, FromS: p.StartS, ToS: min(p.EndS, run.End.Seconds()), Cause: reports.Unknown,
			Evidence: []string{fmt.Sprintf("good answers took %s in the middle, %s in phase %s", words.Span(*p.ResponseS.P50), words.Span(*fastest.ResponseS.P50), fastest.Name)}}
		explainSlow(run, &s, &p, fastest, faults, pool)
		list = append(list, s)
	}
	return list
}

// counts reports whether a phase has enough good answers to be called slow or fast.
func counts(p reports.Phase) bool {
	return !p.Warmup && p.Kind != reports.BurstPhase && p.ResponseS.N >= slowN && p.ResponseS.P50 != nil
}

func fastestPhase(phases []reports.Phase) (best *reports.Phase) {
	for i := range phases {
		if p := &phases[i]; counts(*p) && (best == nil || *p.ResponseS.P50 < *best.ResponseS.P50) {
			best = p
		}
	}
	return best
}

// explainSlow names the cause: a dependency that made calls wait; a service
// time that grows with the load; a queue before the workers.
func explainSlow(run *measure.Run, s *reports.Slowdown, slow, fastest *reports.Phase, faults []reports.Fault, pool *reports.Pool) {
	grown := *slow.ResponseS.P50 - *fastest.ResponseS.P50
	for i := range faults {
		f := &faults[i]
		end := run.End.Seconds()
		if f.LiftedS != nil {
			end = *f.LiftedS
		}
		inForce := min(end, s.ToS) - max(f.AppliedS, s.FromS)
		if f.Does.Waits && f.Exercised && inForce > inForceFor*(s.ToS-s.FromS) && (heldEnough(run, run.Faults[i], grown) || tookWorkers(run, run.Faults[i], end, pool)) {
			s.Cause, s.Confidence = reports.SlowDependency, new(atMostOutside)
			text := "with " + f.State
			if f.RequestsHeld != nil {
				text += fmt.Sprintf(", %s to it %s held", words.Number(*f.RequestsHeld, "call"), words.Either(*f.RequestsHeld, "was", "were"))
			}
			s.FromS, s.ToS = max(s.FromS, f.AppliedS), min(s.ToS, end)
			s.Evidence = append(s.Evidence, text)
			return
		}
	}
	if name, before, now := slowerCalls(run, fastest, slow); now-before > grown/2 {
		s.Cause, s.Confidence = reports.SlowDependency, new(atMostOutside)
		s.Evidence = append(s.Evidence, fmt.Sprintf("a call to %s took %s, %s in phase %s", name, words.Span(now), words.Span(before), fastest.Name))
		return
	}
	explainLoad(run, s, pool)
}

// inForceFor is the share of a phase in which a fault must be in force to slow
// down the middle one of its answers.
const inForceFor = 0.25

// heldEnough reports whether the calls that a fault kept waiting did so for most
// of what the answers grew by; where the record does not tell it, they may have.
func heldEnough(run *measure.Run, f *measure.Fault, grown float64) bool {
	mean, ok := run.MeanHeld(f)
	return !ok || mean >= grown/2
}

// tookWorkers reports whether calls that a fault kept waiting had most of the workers,
// by the mean, so that requests queued for them.
func tookWorkers(run *measure.Run, f *measure.Fault, end float64, pool *reports.Pool) bool {
	w := pool.Counted()
	had, ok := run.HeldBy(f, f.Applied, time.Duration(end*float64(time.Second)))
	return ok && w != nil && had >= mostOf*w.Low
}

// mostOf is the share of the workers that calls must have to make a queue.
const mostOf = 0.8

// slowerCalls is the dependency whose calls, by their mean, grew most from one phase to another, seconds.
func slowerCalls(run *measure.Run, from, to *reports.Phase) (name string, before, now float64) {
	type sum struct{ ended, heldNS [2]int64 }
	sums := map[string]*sum{}
	for _, u := range run.Events.Uses {
		at := u.To.Seconds()
		for i, p := range []*reports.Phase{from, to} {
			if at > p.StartS && at <= p.EndS {
				s := get(sums, u.Dependency)
				s.ended[i] += u.Ended
				s.heldNS[i] += u.HeldNS
			}
		}
	}
	for d, s := range sums {
		if s.ended[0] < measure.Few || s.ended[1] < measure.Few {
			continue
		}
		b, n := part(s.heldNS[0], s.ended[0])/1e9, part(s.heldNS[1], s.ended[1])/1e9
		if grown := n - b; grown > now-before || grown == now-before && d < name {
			name, before, now = d, b, n
		}
	}
	return name, before, now
}

// loadCell is one second of the run: requests in the site, by their mean, and answers that the application gave.
type loadCell struct{ inside, served float64 }

// fewCells is how many seconds a throughput is taken of at least.
const fewCells = 4

// explainLoad tells a queue from contention by throughput: workers that serve
// one request after another give as many answers a second however many wait;
// where requests hinder each other it falls as there are more of them. That is
// the retrograde part of N. Gunther's universal scalability law, "Guerrilla
// Capacity Planning", 2007, ch. 4. It also shows where fewer requests than there
// are workers take longer than one alone, or where busy workers give less than W/S.
func explainLoad(run *measure.Run, s *reports.Slowdown, pool *reports.Pool) {
	cells := loadCells(run, s.FromS, s.ToS)
	if len(cells) < 2*fewCells {
		return
	}
	slices.SortFunc(cells, func(x, y loadCell) int { return cmp.Compare(x.inside, y.inside) })
	third := max(len(cells)/3, fewCells)
	fewN, fewX := meanCell(cells[:third])
	manyN, manyX := meanCell(cells[len(cells)-third:])
	all := meanOf(cells)
	flow := fmt.Sprintf("%s a second with %s in flight, %s with %s", words.Amount(fewX, "answer"), words.Things(fewN), words.Things(manyX), words.Things(manyN))
	w := pool.Counted()
	var busy []loadCell // in which all workers were
	if w != nil {
		busy = slices.DeleteFunc(slices.Clone(cells), func(c loadCell) bool { return c.inside <= w.High })
	}
	switch {
	case manyN > 1.3*fewN && manyX < 0.8*fewX:
		s.Cause, s.Confidence = reports.Contention, new(0.8)
		s.Evidence = append(s.Evidence, flow+fmt.Sprintf(": each took %s, then %s", words.Span(fewN/fewX), words.Span(manyN/max(manyX, 1e-9))))
	case w != nil && all.inside <= w.Low:
		s.Cause, s.Confidence = reports.Contention, new(0.7)
		s.Evidence = append(s.Evidence, fmt.Sprintf("%s in flight, no more than the %s: none had to queue", words.Things(all.inside), words.Amount(w.Value, "worker")))
	case w != nil && pool.ServiceS != nil && len(busy) >= fewCells && meanOf(busy).served < 0.8*w.Low/pool.ServiceS.High:
		s.Cause, s.Confidence = reports.Contention, new(0.6)
		s.Evidence = append(s.Evidence, fmt.Sprintf("%s gave %s a second, where %s would have been %s", words.Amount(w.Value, "busy worker"), words.Amount(meanOf(busy).served, "answer"), words.Span(pool.ServiceS.Value)+" each", words.Things(w.Value/pool.ServiceS.Value)))
	case w != nil && all.inside > w.High:
		s.Cause, s.Confidence = reports.Queueing, new(atMostOutside)
		s.Evidence = append(s.Evidence, fmt.Sprintf("%s in flight on %s, which gave %s a second", words.Things(all.inside), words.Amount(w.Value, "worker"), words.Amount(all.served, "answer")))
	case manyN > 1.5*fewN && manyX > 0.9*fewX && manyX < 1.1*fewX:
		s.Cause, s.Confidence = reports.Queueing, new(0.7)
		s.Evidence = append(s.Evidence, flow+": more in flight, no more answers")
	default:
		s.Evidence = append(s.Evidence, flow)
	}
}

// loadCells are the full seconds within [from, to) without a fault that makes calls
// wait, up to the first request that was given up: from then on workers serve
// requests that nobody waits for.
func loadCells(run *measure.Run, from, to float64) []loadCell {
	second, waits := run.Cells.PerSecond(), run.WaitingCells()
	var list []loadCell
	for s := int(from + 0.999999); float64(s+1) <= to; s++ {
		cell := loadCell{served: float64(measure.SumCells(run.Cells.Flow.Served, s*second, (s+1)*second))}
		if measure.SumCells(run.Cells.Flow.GaveUp, s*second, (s+1)*second) > 0 {
			break
		}
		if slices.Contains(waits[min(s*second, len(waits)):min((s+1)*second, len(waits))], true) {
			continue
		}
		for c := s * second; c < (s+1)*second; c++ {
			cell.inside += float64(measure.At(run.Cells.InSystem, c)) / float64(second)
		}
		if cell.inside > 0 && cell.served > 0 {
			list = append(list, cell)
		}
	}
	return list
}

func meanCell(cells []loadCell) (inside, served float64) {
	m := meanOf(cells)
	return m.inside, m.served
}

func meanOf(cells []loadCell) (mean loadCell) {
	for _, c := range cells {
		mean.inside += c.inside / float64(len(cells))
		mean.served += c.served / float64(len(cells))
	}
	return mean
}
