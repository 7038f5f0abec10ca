package zoo

import (
	"time"

	"github.com/tailback/tailback/configs"
)

// Row is a run that reports once got wrong, and were certain about: a row of
// issue 9's table.
type Row struct {
	Name  string // its number, with a letter where it is several runs
	Truth string // what a report may not contradict
	Site  *Site
	Plan  Plan
}

// Rows are those of the table. Unless a row says otherwise: nginx and php-fpm, 4
// workers, 17 slots on a unix socket, a page of 100 ms own work and one call of
// 20 ms, no logs; 8 s before, a fault of 12 s, 8 s after.
func Rows() (all []Row) {
	for _, some := range [][]Row{rowsOfCalls(), rowsOfLimits(), rowsOfLoads(), rowsOfSites()} {
		all = append(all, some...)
	}
	return all
}

// row makes one, whose plan hangs the dependency at that rate.
func row(name, truth string, hz float64, change func(*Site, *Plan)) Row {
	s := &Site{Gateway: Gateway{Timeout: 10 * time.Second}, Pools: []Pool{{Workers: 4, Backlog: 16, Network: Unix}},
		Dependencies: []Dependency{{Name: "payments", Delay: 20 * time.Millisecond}},
		Pages:        []Page{{Name: "page", Weight: 1, Work: Work{Mean: 100 * time.Millisecond}, Calls: []Call{{Share: 1}}}}}
	p := &Plan{Name: "row-" + name, Seed: 1, Arrivals: configs.Uniform, Patience: time.Minute}
	p.add("before", 8, hz)
	p.add("fault", 13, hz, Hanging("payments", time.Second, 12*time.Second))
	p.add("after", 8, hz)
	change(s, p)
	return Row{name, truth, s, *p}
}

// add appends a phase.
func (p *Plan) add(name string, seconds, hz float64, faults ...configs.Fault) {
	p.Phases = append(p.Phases, configs.Phase{Name: name, Duration: time.Duration(seconds * float64(time.Second)), Rate: constant(hz), Faults: faults})
}

func (p *Plan) burst(n int) {
	p.Phases = append(p.Phases, configs.Phase{Name: "burst", Duration: 8 * time.Second, Burst: n})
}

// own sets the page's own work.
func (s *Site) own(d time.Duration) { s.Pages[0].Work.Mean = d }

func rowsOfCalls() []Row {
	const ms = time.Millisecond
	return []Row{
		row("1", "6 workers, 11 slots, 0.40 s", 100, func(s *Site, _ *Plan) {
			s.Pools[0].Workers, s.Pools[0].Backlog = 6, 10
			s.own(180 * ms)
			s.Pages = append(s.Pages, Page{Name: "file", Static: true, Weight: 9})
		}),
		row("2", "no timeout: a wait ends when the call ends, not when its connection closes", 8, func(s *Site, _ *Plan) {
			s.Dependencies[0].Kept = true
		}),
		row("5", "payments hangs, and not search: 4 workers, 17 slots, about 0.42 s", 7.5, func(s *Site, p *Plan) {
			s.Dependencies = append(s.Dependencies, Dependency{Name: "search", Delay: 10 * ms})
			s.Pages[0].Calls = append(s.Pages[0].Calls, Call{To: 1, Share: 1})
			s.own(90 * ms)
			p.Phases[1].Faults = append(p.Phases[1].Faults, Slower("search", 30*ms, 3*time.Second, 10*time.Second))
		}),
		row("6a", "4 workers; 0.25 s carries 3.1/s, 9 needed for 6/s: 1 s of work follows each timeout", 6, func(s *Site, _ *Plan) {
			s.Pages[0].Calls[0].Timeout, s.Pages[0].Calls[0].Fallback = 300*ms, Work{Mean: time.Second}
		}),
		row("6b", "4 workers; three tries of 200 ms with 600 ms between them hold one for 1.9 s", 6, func(s *Site, _ *Plan) {
			c := &s.Pages[0].Calls[0]
			c.Timeout, c.Tries, c.Pause = 200*ms, 3, 600*ms
		}),
		row("8", "no workers to count: a pool of 5 connections; the other page answers all along", 20, func(s *Site, p *Plan) {
			s.Pools[0] = Pool{Network: TCP, Backlog: 128}
			s.own(50 * ms)
			s.Dependencies[0].Places = 5
			s.Pages = append(s.Pages, Page{Name: "other", Weight: 1, Work: Work{Mean: 50 * ms}})
			p.Phases[1].Faults = []configs.Fault{Hanging("payments", time.Second, 8*time.Second)}
		}),
		row("9", "about 0.39 s; 16/s has just overflowed the queue", 16, func(s *Site, _ *Plan) {
			s.Pools[0].Workers = 5
			c := &s.Pages[0].Calls[0]
			c.Share, c.Timeout, c.Tries = 0.18, 800*ms, 3
		}),
		row("12a", "the queue grew all along: two calls at once of 0.8 s let 2 workers carry 2.2/s of 5/s", 5, func(s *Site, _ *Plan) {
			s.Pools[0].Workers, s.Pools[0].Backlog = 2, 300
			s.Gateway.Timeout = time.Minute
			s.Pages[0].AtOnce = true
			s.Pages[0].Calls = []Call{{Share: 1, Timeout: 800 * ms}, {Share: 1, Timeout: 800 * ms}}
		}),
		row("12b", "the run was stopped: the timeout of 2.5 s carries 2.3/s of 5/s, and the queue grew", 5, func(s *Site, p *Plan) {
			s.Pools[0].Workers, s.Pages[0].Calls[0].Timeout = 6, 2500*ms
			p.Ending, p.EndsAt = Interrupted, 13*time.Second
		}),
		row("12c", "the run was killed: the timeout of 2.5 s carries 2.3/s of 5/s; what was under way is not in the record", 5, func(s *Site, p *Plan) {
			s.Pools[0].Workers, s.Pages[0].Calls[0].Timeout = 6, 2500*ms
			p.Ending, p.EndsAt = Killed, 13*time.Second
		}),
		row("20b", "the connect timeout is 0.50 s", 5, func(s *Site, p *Plan) {
			s.Pages[0].Calls[0].Connect = 500 * ms
			p.Phases[1].Faults = []configs.Fault{{Dependency: "payments", After: time.Second, For: 12 * time.Second, Share: 1, NoAccept: &configs.NoAccept{}}}
		}),
		row("22b", "a breaker opens after five failures: what is answered then was not called", 8, func(s *Site, _ *Plan) {
			s.Pages[0].Calls[0].Timeout = time.Second
			s.Pages[0].Calls[0].Breaker = Breaker{Failures: 5, Open: 3 * time.Second}
		}),
	}
}

func rowsOfLimits() []Row {
	const ms = time.Millisecond
	return []Row{
		row("7", "8 workers, one session lock", 4, func(s *Site, _ *Plan) { s.Pools[0].Workers, s.Pages[0].Session = 8, Whole }),
		row("10", "anything over the kill limit fails: the budget is below 2 s", 3, func(s *Site, _ *Plan) {
			s.Pools[0].Workers, s.Pools[0].Kill, s.Pools[0].KillEvery = 16, 2*time.Second, killEvery(2*time.Second)
		}),
		row("11", "own work 0.08 s; the gateway's limit of 2 s decides", 3, func(s *Site, _ *Plan) {
			s.own(60 * ms)
			s.Pools[0].Workers, s.Gateway.Timeout = 20, 2*time.Second
		}),
		row("15", "queue full; the page is the gateway's", 8, func(s *Site, _ *Plan) { s.Gateway.JSONPage = true }),
		row("16", "two tries of 2 s took both servers out", 6, func(s *Site, _ *Plan) {
			s.Gateway = Gateway{Timeout: 2 * time.Second, Servers: 2, Tries: 2, MaxFails: 1, FailFor: 10 * time.Second}
		}),
		row("17", "workers were killed", 6, func(s *Site, _ *Plan) {
			s.Pools[0].Server, s.Pools[0].Kill, s.Pools[0].KillEvery, s.Pools[0].Boot = Gunicorn, 2*time.Second, time.Second, 40*ms
			s.Logs.GatewayErrors = true
		}),
		row("19", "6 workers", 10, func(s *Site, _ *Plan) {
			s.Pools[0].Workers, s.Pages[0].Session = 6, UntilCall
			s.Pages = append(s.Pages, Page{Name: "list", Weight: 1, Work: Work{Mean: 200 * ms}})
			s.Logs.Status = true
		}),
		row("22c", "300 ms of work follow each answer on its worker", 8, func(s *Site, p *Plan) {
			s.Pages[0].Behind = Work{Mean: 300 * ms}
			p.Phases = nil
			p.add("before", 8, 5)
			p.add("high", 10, 16)
			p.add("after", 8, 3)
		}),
		row("22f", "the gateway lets 12 through: the queue was not full", 8, func(s *Site, _ *Plan) { s.Gateway.MaxConns = 12 }),
	}
}

// rowsOfLoads are of what is asked, by visitors and by others.
func rowsOfLoads() []Row {
	const ms = time.Millisecond
	return []Row{
		row("3", "asked 60/s; the page sleeps, and 10 workers carry 60/s", 8, func(s *Site, p *Plan) {
			s.own(140 * ms)
			p.Phases = nil
			p.add("low", 10, 8)
			p.add("high", 10, 60)
		}),
		row("4", "plain overload; the site was well between", 10, func(_ *Site, p *Plan) {
			p.Phases = nil
			p.add("before", 8, 10)
			p.add("slow", 5, 10, Slower("payments", 50*ms, 0, 5*time.Second))
			p.add("calm", 6, 10)
			p.add("high", 10, 70)
		}),
		row("13", "queue full: 24 at once on 3 workers and 10 slots", 4, func(s *Site, p *Plan) {
			s.Pools[0].Workers, s.Pools[0].Backlog = 3, 9
			p.Phases = p.Phases[:1]
			p.burst(24)
		}),
		row("14a", "a monitor's traffic", 8, func(s *Site, _ *Plan) {
			s.Pages = append(s.Pages, Page{Name: "health", Static: true})
			s.Visitors = []Visitor{{Page: 1, Rate: 4}}
			s.Logs.GatewayAccess = true
		}),
		row("14b", "others' traffic: 4 workers, 17 slots", 8, func(s *Site, _ *Plan) {
			s.Pages = append(s.Pages, Page{Name: "other", Work: Work{Mean: 100 * ms}})
			s.Visitors = []Visitor{{Page: 1, Rate: 6}}
		}),
		row("18a", "the rate is too high; few calls wait", 8, func(_ *Site, p *Plan) {
			f := configs.Fault{Dependency: "payments", After: time.Second, For: 8 * time.Second, Share: 1, Limit: &configs.Limit{Bytes: 20}}
			p.Phases = p.Phases[:1]
			p.add("high", 10, 60, f)
			p.add("after", 8, 8)
		}),
		row("18b", "the rate broke it, not 20 ms of delay", 8, func(_ *Site, p *Plan) {
			f := configs.Fault{Dependency: "payments", For: 16 * time.Second, Share: 1,
				Latency: &configs.Latency{Delay: configs.Dose{From: 0, To: 60 * ms, Step: 10 * ms, Every: 2 * time.Second}}}
			p.Phases = append(p.Phases[:1], configs.Phase{Name: "ramp", Duration: 16 * time.Second, Rate: &configs.Rate{From: 8, To: 60}, Faults: []configs.Fault{f}})
			p.add("after", 8, 8)
		}),
		row("20a", "the burst", 5, func(s *Site, p *Plan) {
			s.Pages[0].Calls[0].Connect = 500 * ms
			f := configs.Fault{Dependency: "payments", After: time.Second, For: 4 * time.Second, Share: 1, NoAccept: &configs.NoAccept{}}
			p.Phases = p.Phases[:1]
			p.add("no_accept", 5, 5, f)
			p.add("calm", 2, 5)
			p.burst(50)
		}),
	}
}

// rowsOfSites are of sites that do something else beside the calls.
func rowsOfSites() []Row {
	const ms = time.Millisecond
	return []Row{
		row("21", "the site waits for itself, and does not recover", 6, func(s *Site, p *Plan) {
			s.Gateway.Timeout = 20 * time.Second
			s.Pages = append(s.Pages, Page{Name: "part", Work: Work{Mean: 100 * ms}}, Page{Name: "whole", Weight: 3, Work: Work{Mean: 30 * ms}, Self: 2})
			p.Phases = nil
			p.add("before", 8, 4)
			p.add("slow", 6, 4, Slower("payments", 40*ms, time.Second, 4*time.Second))
			p.add("high", 16, 40)
		}),
		row("22a", "15% of the answers are the application's 502, from the start", 8, func(s *Site, _ *Plan) {
			s.Pages[0].Weight = 17
			s.Pages = append(s.Pages, Page{Name: "broken", Weight: 3, Status: 502, Work: Work{Mean: 2 * ms}})
		}),
		row("22d", "a job calls the same dependency, on no worker", 8, func(s *Site, _ *Plan) { s.Crons = []Cron{{Every: 2 * time.Second, Calls: 2}} }),
		row("22e", "two pools: 4 workers are of the page that calls", 12, func(s *Site, _ *Plan) {
			s.Pools = append(s.Pools, Pool{Workers: 3, Backlog: 16, Network: Unix})
			s.Pages = append(s.Pages, Page{Name: "blog", Weight: 1, Pool: 1, Work: Work{Mean: 80 * ms}})
		}),
	}
}
