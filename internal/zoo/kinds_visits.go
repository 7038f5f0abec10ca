package zoo

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tailback/tailback/configs"
)

// DrawVisits draws the site and plan of Draw, asked for as much work by visits: 1 to 3
// courses of 1 to 6 steps over its pages, with all kinds of think times.
func (k Kind) DrawVisits(seed uint64) (*Site, Plan) {
	site, plan := k.Draw(seed)
	b := build{newDice(k.Name+" by visits", seed), site, &plan}
	b.visited()
	return b.Site, *b.Plan
}

// visited makes visits of the requests.
func (b build) visited() {
	plain := b.service() * b.asks()
	pages, weights := b.Plan.mix(b.Site)
	for i := range b.n(1, 3) {
		b.Plan.Visits = append(b.Plan.Visits, b.course(i, pages, weights))
	}
	faulted := &b.Plan.Visits[0]
	faulted.Steps[b.IntN(len(faulted.Steps))].Page = 0 // which calls what is faulted
	steps := b.Plan.meanSteps()
	site := *b.Site
	site.Pages = b.Plan.asVisited(site.Pages)
	of := build{b.dice, &site, b.Plan}
	scale := 1.0
	if visited := of.service() * of.asks(); visited > 0 {
		scale = plain / visited
	}
	b.stretch(b.in(1, steps))
	for i := range b.Plan.Phases {
		if p := &b.Plan.Phases[i]; p.Rate != nil {
			p.Rate = scaled(*p.Rate, scale/steps)
		}
	}
}

// course draws a visit over some pages, by their weights.
func (b build) course(i int, pages []*Page, weights []int) Visit {
	v := Visit{Name: fmt.Sprintf("visit%d", i+1), Weight: b.n(1, 3)}
	for k := range b.n(1, 6) {
		page := pages[pick(b.Uint64(), uint64(k), weights)]
		s := Step{Name: fmt.Sprintf("step%d", k+1), Page: slices.IndexFunc(b.Site.Pages, func(p Page) bool { return p.Name == page.Name })}
		if k > 0 {
			s.Think = b.think()
		}
		v.Steps = append(v.Steps, s)
	}
	return v
}

// think draws a think time of 2 s at most on average, or none.
func (b build) think() (t configs.Think) {
	d := b.ms(50, 2000)
	switch b.IntN(5) {
	case 0:
	case 1:
		t.From, t.To = d, d
	case 2:
		t.From, t.To = d/2, d+d/2
	case 3:
		t.Mean = d
	case 4:
		t.Median, t.P95 = d/2, 2*d
	}
	return t
}

// stretch makes phases with faults longer by a factor, as held visitors ask for less, and
// the first by what a visit takes to be half through.
func (b build) stretch(factor float64) {
	old := slices.Clone(b.Plan.Phases)
	for i := range b.Plan.Phases {
		p := &b.Plan.Phases[i]
		p.Faults = slices.Clone(p.Faults)
		switch {
		case p.Rate == nil || p.Rate.Step > 0 || slices.ContainsFunc(p.Faults, func(f configs.Fault) bool { return f.Latency != nil && f.Latency.Delay.Every > 0 }):
			continue
		case i == 0 && len(p.Faults) == 0:
			p.Duration += b.Plan.thinking().Round(time.Second / 2)
			continue
		case len(p.Faults) == 0:
			continue
		}
		p.Duration = time.Duration(factor * float64(p.Duration)).Round(time.Second / 2)
		for k := range p.Faults {
			if f := &p.Faults[k]; f.For > 0 {
				f.For += p.Duration - old[i].Duration
			}
		}
	}
	moved := func(at time.Duration) time.Duration {
		var was, is time.Duration
		for i, p := range old {
			if at < was+p.Duration || i == len(old)-1 {
				return is + time.Duration(float64(at-was)*float64(b.Plan.Phases[i].Duration)/float64(p.Duration))
			}
			was, is = was+p.Duration, is+b.Plan.Phases[i].Duration
		}
		return at
	}
	if b.Plan.Ending != Complete {
		b.Plan.EndsAt = moved(b.Plan.EndsAt)
	}
	for i := range b.Site.Pools {
		if at := b.Site.Pools[i].DownFrom; at > 0 {
			b.Site.Pools[i].DownFrom = moved(at)
		}
	}
}

// thinking is how long a visit thinks in all, on average.
func (p Plan) thinking() time.Duration {
	var sum time.Duration
	all := 0
	for _, v := range p.Visits {
		for _, s := range v.Steps {
			sum += time.Duration(v.Weight) * s.Think.MeanTime()
		}
		all += v.Weight
	}
	return sum / time.Duration(max(all, 1))
}

// asVisited are the pages weighed by how often visits ask for them that are all completed.
func (p Plan) asVisited(pages []Page) []Page {
	pages = slices.Clone(pages)
	for i := range pages {
		pages[i].Weight = 0
	}
	for _, v := range p.Visits {
		for _, s := range v.Steps {
			pages[s.Page].Weight += v.Weight
		}
	}
	return pages
}

// scaled is a rate multiplied, in thousandths.
func scaled(r configs.Rate, factor float64) *configs.Rate {
	by := func(hz float64) float64 { return max(math.Round(factor*hz*1000), 1) / 1000 }
	r.From, r.To = by(r.From), by(r.To)
	if r.Step > 0 {
		r.Step = by(r.Step)
	}
	return &r
}
