package zoo

import (
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// Visit is one member of a mix of visits: pages that a visitor asks for one after the
// other, each when the answer before it was good and was thought about.
type Visit struct {
	Name   string
	Weight int
	Steps  []Step
}

// Step asks for a page of the site, by its number.
type Step struct {
	Name  string
	Page  int
	Think configs.Think
}

// walk is one visit under way.
type walk struct {
	*world
	visit   *Visit
	first   int // its first step, in the mix
	offset  uint64
	k       uint64 // number of the visit in its group, from 0
	session *places
	until   time.Duration // no more steps are taken from then on
	then    []func()      // what its visitor does next
}

// walkFrom begins a visit at its arrival. closes is when its closed phase ends, 0 of one in another.
func (w *world) walkFrom(a arrival, closes time.Duration, then ...func()) {
	one := &walk{world: w, visit: &w.plan.Visits[a.request], k: a.seq % journal.SeqStride, session: &places{free: 1}, then: then}
	one.offset, one.until = a.seq-one.k, w.plan.Duration()
	if closes > 0 {
		one.until = closes
	}
	if w.plan.Ending != Complete {
		one.until = min(one.until, w.plan.EndsAt)
	}
	for i := range a.request {
		one.first += len(w.plan.Visits[i].Steps)
	}
	one.step(0, a.due, a.phase)
}

// step sends the visit's step i now, and the one after it in time.
func (o *walk) step(i int, due time.Duration, phase int) {
	hit := &journal.Hit{Seq: o.seq(i), Phase: int32(phase), Request: int32(o.first + i), Due: due, Visit: o.offset/configs.MaxSteps + o.k + 1, Step: int32(i)}
	o.send(hit, o.session, func() {
		if hit.Class != journal.ClassOK || i+1 == len(o.visit.Steps) {
			for _, next := range o.then {
				next()
			}
			return
		}
		next := hit.Done + o.thinks(i+1)
		if sent := next + o.noise.lag(); next < o.until && (o.plan.Ending == Complete || sent < o.plan.EndsAt) {
			o.under++
			o.at(sent, func() { o.step(i+1, next, o.plan.phaseAt(next)) })
		}
	})
}

// seq numbers the steps of all visits.
func (o *walk) seq(i int) uint64 { return o.offset + o.k*configs.MaxSteps + uint64(i) }

// thinks draws how long the visitor thinks before step i, as package attack does.
func (o *walk) thinks(i int) time.Duration {
	drawn := scramble(o.plan.Seed ^ scramble(o.seq(i)^scramble('t')))
	return o.visit.Steps[i].Think.At(float64(drawn>>11) / (1 << 53))
}

// phaseAt is the phase that goes on at a time.
func (p Plan) phaseAt(at time.Duration) (phase int) {
	end := time.Duration(0)
	for i := range p.Phases {
		if end += p.Phases[i].Duration; at < end {
			return i
		}
	}
	return len(p.Phases) - 1
}

// mix are the pages that the requests of the mix ask for, and the weights by which a
// request, or a visit, is picked.
func (p Plan) mix(s *Site) (pages []*Page, weights []int) {
	for i := range p.Visits {
		weights = append(weights, p.Visits[i].Weight)
		for _, step := range p.Visits[i].Steps {
			pages = append(pages, &s.Pages[step.Page])
		}
	}
	for i := range s.Pages {
		if page := &s.Pages[i]; p.Visits == nil && page.Weight > 0 {
			pages, weights = append(pages, page), append(weights, page.Weight)
		}
	}
	return pages, weights
}

// meanSteps is how many steps a visit has on average.
func (p Plan) meanSteps() float64 {
	steps, all := 0, 0
	for _, v := range p.Visits {
		steps, all = steps+v.Weight*len(v.Steps), all+v.Weight
	}
	return float64(steps) / float64(max(all, 1))
}

// visits are those of the plan as its file has them.
func (p Plan) visits(s *Site) (all []configs.Visit) {
	for _, v := range p.Visits {
		one := configs.Visit{Name: v.Name, Weight: v.Weight}
		for _, step := range v.Steps {
			one.Steps = append(one.Steps, configs.Step{Request: s.Pages[step.Page].request(step.Name), Think: step.Think})
		}
		all = append(all, one)
	}
	return all
}

// request asks for the page, as the file has it.
func (p Page) request(name string) configs.Request {
	return configs.Request{Name: name, Method: "GET", Path: p.path(), Weight: p.Weight, Degraded: configs.Match{Body: "fallback"}}
}
