package zoo

import (
	"fmt"
	"time"
)

// Kind is a kind of site and run.
type Kind struct {
	Name  string
	About string // what it is and what it tests
	draw  func(build)
}

// Kinds are all of them.
func Kinds() []Kind {
	var all []Kind
	for _, some := range [][]Kind{textbookKinds(), workKinds(), ownErrorKinds(), callKinds(), boundKinds(), dependencyKinds(),
		fpmKinds(), serverKinds(), poolKinds(), gatewayKinds(), loadKinds(), faultPlanKinds(), visitorKinds()} {
		all = append(all, some...)
	}
	return all
}

// KindNamed is the kind of that name.
func KindNamed(name string) (Kind, error) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("find a kind of site: there is none called %q", name)
}

// Draw draws a site and a plan of the kind. The same seed gives the same ones.
func (k Kind) Draw(seed uint64) (*Site, Plan) {
	d := newDice(k.Name, seed)
	b := build{d, d.textbook(), &Plan{Name: fmt.Sprintf("%s-%d", k.Name, seed), Seed: seed, Arrivals: d.arrivals(), Patience: 60 * time.Second}}
	d.machine(b.Site)
	d.logs(b.Site)
	k.draw(b)
	return b.Site, *b.Plan
}

// textbook draws a pool as in a textbook: W 2 to 12, 5 to 33 slots on a unix
// socket, a page of 60 to 300 ms own work and one call, every second time beside
// one that calls nobody.
func (d dice) textbook() *Site {
	s := &Site{
		Gateway:      Gateway{Timeout: time.Duration(d.n(8, 20)) * time.Second},
		Pools:        []Pool{{Workers: d.n(2, 12), Backlog: d.n(4, 32), Network: Unix}},
		Dependencies: []Dependency{{Name: "payments", Delay: d.ms(2, 120)}},
		Pages:        []Page{{Name: "checkout", Weight: 1, Work: Work{Mean: d.ms(60, 300)}, Calls: []Call{{Share: 1}}}},
	}
	if d.one(0.5) {
		s.Pages[0].Weight = d.n(1, 2)
		s.Pages = append(s.Pages, Page{Name: "list", Weight: d.n(1, 2), Work: Work{Mean: d.ms(60, 300)}})
	}
	return s
}

// textbookKinds are the situations of physics.md on plain pools.
func textbookKinds() []Kind {
	return []Kind{
		{"hang", "a dependency hangs, no timeout, unix socket (points 3, 4)", func(b build) {
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"hang_tcp", "the same on TCP: no instant 502, 504s, SYN retries (point 6)", func(b build) {
			b.Site.Pools[0].Network = TCP
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"overload", "more than the pool carries, unix socket (points 1, 2, 3)", func(b build) {
			b.calm(0.4 * b.capacity())
			b.overload(b.in(1.4, 2.2))
		}},
		{"overload_tcp", "the same on TCP: goodput is capacity only before the first give-up (point 10)", func(b build) {
			b.Site.Pools[0].Network = TCP
			b.calm(0.4 * b.capacity())
			b.overload(b.in(1.4, 2.2))
		}},
		{"healthy", "well within what the pool carries", func(b build) {
			b.phase("baseline", 20, b.in(0.2, 0.6)*b.capacity())
		}},
		{"all", "well, overloaded, drained, a dependency hanging, well: as one would test a release", func(b build) {
			if b.one(1. / 3) {
				b.Site.Pools[0].Network = TCP
			}
			if b.one(0.5) {
				b.Site.Pages[0].Calls[0].Timeout = b.Site.Dependencies[0].Delay + b.ms(300, 1500)
			}
			b.calm(0.4 * b.capacity())
			b.overload(1.7)
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"timeout_long", "a timeout that is set, and too long for the rate (point 5)", func(b build) {
			b.calm(0.4 * b.capacity())
			hz := b.in(0.5, 0.8) * b.capacity()
			b.Site.Pages[0].Calls[0].Timeout = b.budget(hz, b.in(1.4, 3))
			b.hanging("payments", hz)
		}},
		{"timeout_short", "a timeout within the budget: every answer comes (point 5)", func(b build) {
			b.calm(0.4 * b.capacity())
			hz := b.in(0.3, 0.6) * b.capacity()
			b.Site.Pages[0].Calls[0].Timeout = b.budget(hz, b.in(0.5, 0.8))
			b.hanging("payments", hz)
		}},
		{"slow", "a dependency slower than usual", func(b build) {
			b.calm(0.4 * b.capacity())
			hz := b.in(0.4, 0.7) * b.capacity()
			b.phase("slow", 12, hz, Slower("payments", b.budget(hz, b.in(0.4, 2.5)), time.Second, 10*time.Second))
			b.phase("recovery", 2*b.inside()/b.capacity()+5, hz)
		}},
	}
}

// budget is a share of the longest timeout on the first page's call that holds
// the rate on a plain pool: (W/rate - S0)/p, at least 50 ms over what it takes
// when it is well.
func (b build) budget(hz, share float64) time.Duration {
	workers, calls := float64(b.Site.Pools[0].Workers), b.calling()
	d := b.Site.Dependencies[0].Delay.Seconds()
	most := (workers/(hz*b.asks()) - (b.service() - calls*d)) / calls
	return time.Duration(max(share*most, d+0.05)*1000) * time.Millisecond
}

// overload asks for so many times the capacity until the queue has been full for
// a while, and drains it.
func (b build) overload(times float64) {
	c := b.capacity()
	b.phase("overload", b.inside()/((times-1)*c)+max(5, 30/c), times*c)
	b.phase("drain", 1.5*b.inside()/c+2, 0.2*c)
}
