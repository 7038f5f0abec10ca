package zoo

import (
	"time"

	"github.com/tailback/tailback/configs"
)

// loadKinds are of the traffic: how much is asked, by whom, and for how long.
func loadKinds() []Kind {
	return []Kind{
		{"step_load", "a low rate, then one that is too high, no fault (row 3)", func(b build) {
			b.Plan.Phases = nil
			b.phase("low", 10, 0.3*b.capacity())
			b.phase("high", b.inside()/b.capacity()+8, b.in(1.3, 2.5)*b.capacity())
		}},
		{"ramp", "a rate that grows until the pool is full, no fault", func(b build) {
			b.calm(0.3 * b.capacity())
			ramp := configs.Rate{From: constant(0.3 * b.capacity()).From, To: constant(2 * b.capacity()).From}
			b.Plan.Phases = append(b.Plan.Phases, configs.Phase{Name: "ramp", Duration: 20 * time.Second, Rate: &ramp})
			b.phase("drain", 8, 0.3*b.capacity())
		}},
		{"burst", "more at once than workers and queue hold (row 13)", func(b build) {
			b.Site.Pools[0].Workers, b.Site.Pools[0].Backlog = b.n(2, 5), b.n(4, 12)
			b.calm(0.3 * b.capacity())
			b.Plan.Phases = append(b.Plan.Phases, configs.Phase{Name: "burst", Duration: 8 * time.Second, Burst: int(b.inside()) + b.n(4, 20)})
		}},
		{"burst_after", "a burst after a fault that was lifted (row 20)", func(b build) {
			b.Site.Pages[0].Calls[0].Connect = 500 * time.Millisecond
			hz := 0.2 * b.capacity()
			b.calm(hz)
			f := configs.Fault{Dependency: "payments", After: time.Second, For: 4 * time.Second, Share: 1, NoAccept: &configs.NoAccept{}}
			b.phase("no_accept", 5, hz, f)
			b.phase("calm", 2, hz)
			b.Plan.Phases = append(b.Plan.Phases, configs.Phase{Name: "burst", Duration: 8 * time.Second, Burst: int(b.inside()) + b.n(10, 30)})
		}},
		{"closed", "visitors that wait for their answers before they ask again", func(b build) {
			b.calm(0.4 * b.capacity())
			b.Plan.Phases = append(b.Plan.Phases, configs.Phase{Name: "closed", Duration: 10 * time.Second,
				Concurrency: b.Site.Pools[0].Workers + b.n(0, b.Site.Pools[0].Slots())})
			b.phase("drain", 6, 0.3*b.capacity())
		}},
		{"impatient", "visitors leave before the gateway gives up", func(b build) {
			b.Plan.Patience = b.ms(1500, 4000)
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"interrupted", "a run that somebody stopped in the middle of a hang (row 12)", func(b build) { b.endInHang(Interrupted) }},
		{"killed_run", "a run that was killed in the middle of a hang (row 12)", func(b build) { b.endInHang(Killed) }},
	}
}

// faultPlanKinds are of when which fault comes, and what else goes on then.
func faultPlanKinds() []Kind {
	return []Kind{
		{"survived", "a fault that was survived, and an overload later that has nothing to do with it (row 4)", func(b build) {
			hz := 0.4 * b.capacity()
			b.calm(hz)
			b.phase("slow", 6, hz, Slower("payments", b.ms(30, 80), 500*time.Millisecond, 5*time.Second))
			b.phase("calm", 6, hz)
			b.overload(b.in(1.5, 2.5))
		}},
		{"two_faults", "one dependency hangs, a little later another is slow (row 5)", func(b build) {
			b.Site.Dependencies = append(b.Site.Dependencies, Dependency{Name: "search", Delay: b.ms(5, 40)})
			b.Site.Pages = append(b.Site.Pages[:1], Page{Name: "find", Weight: 1, Work: Work{Mean: b.ms(60, 200)}, Calls: []Call{{To: 1, Share: 1}}})
			hz := 0.6 * b.capacity()
			b.calm(0.4 * b.capacity())
			long := max(10, 2*b.inside()/hz+6)
			b.phase("faults", long+1, hz, Hanging("payments", time.Second, time.Duration(long*float64(time.Second))-time.Second),
				Slower("search", b.ms(30, 100), 3*time.Second, time.Duration((long-3)*float64(time.Second))))
			b.phase("recovery", 2*b.inside()/b.capacity()+6, 0.4*b.capacity())
		}},
		{"cut_answers", "answers are cut short while the rate is too high (row 18)", func(b build) {
			b.calm(0.4 * b.capacity())
			f := configs.Fault{Dependency: "payments", After: time.Second, For: 8 * time.Second, Share: 1, Limit: &configs.Limit{Bytes: 20}}
			b.phase("overload", max(10, b.inside()/b.capacity()+6), b.in(1.5, 2)*b.capacity(), f)
			b.phase("drain", 8, 0.3*b.capacity())
		}},
		{"steps_in_ramp", "a delay grows in small steps while the rate grows beyond the capacity (row 18)", func(b build) {
			b.calm(0.4 * b.capacity())
			length := 16 * time.Second
			f := configs.Fault{Dependency: "payments", For: length, Share: 1,
				Latency: &configs.Latency{Delay: configs.Dose{From: 0, To: 60 * time.Millisecond, Step: 10 * time.Millisecond, Every: 2 * time.Second}}}
			ramp := configs.Rate{From: constant(0.4 * b.capacity()).From, To: constant(b.in(1.6, 2.2) * b.capacity()).From}
			b.Plan.Phases = append(b.Plan.Phases, configs.Phase{Name: "ramp", Duration: length, Rate: &ramp, Faults: []configs.Fault{f}})
			b.phase("drain", 8, 0.3*b.capacity())
		}},
		{"stepped", "a delay grows in steps until it breaks the site", func(b build) {
			b.calm(0.4 * b.capacity())
			hz := 0.5 * b.capacity()
			step := max(b.budget(hz, 0.4).Round(10*time.Millisecond), 20*time.Millisecond)
			f := configs.Fault{Dependency: "payments", For: 15 * time.Second, Share: 1,
				Latency: &configs.Latency{Delay: configs.Dose{From: 0, To: 4 * step, Step: step, Every: 3 * time.Second}}}
			b.phase("steps", 15, hz, f)
			b.phase("recovery", 10, 0.4*b.capacity())
		}},
		{"share", "a fault on a share of the connections", func(b build) {
			b.calm(0.4 * b.capacity())
			f := Hanging("payments", time.Second, 8*time.Second)
			f.Share = b.in(0.3, 0.7)
			b.phase("hang", 9, 0.5*b.capacity(), f)
			b.phase("recovery", 2*b.inside()/b.capacity()+5, 0.4*b.capacity())
		}},
	}
}

// endInHang hangs payments, whose calls have a timeout too long for the rate, and
// ends the run in the middle of it.
func (b build) endInHang(how Ending) {
	b.calm(0.4 * b.capacity())
	hz := 0.6 * b.capacity()
	b.Site.Pages[0].Calls[0].Timeout = b.longer(hz)
	before := b.Plan.Duration()
	length := b.hanging("payments", hz)
	b.Plan.Ending, b.Plan.EndsAt = how, before+time.Second+length/2
}
