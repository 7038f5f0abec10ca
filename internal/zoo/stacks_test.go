package zoo

import (
	"slices"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
)

// contract is an experiment that the simulation and real servers must give
// figures alike of. Short ones run always.
type contract struct {
	name  string
	short bool
	site  func(*Site) // changes a plain site: 4 workers, 17 slots, a page of 100 ms and a call of 20 ms
	plan  []configs.Phase
	run   func(*Plan)
}

const ms = time.Millisecond

func plainSite() *Site {
	return &Site{Gateway: Gateway{Timeout: 10 * second}, Pools: []Pool{{Workers: 4, Backlog: 16, Network: Unix}},
		Dependencies: []Dependency{{Name: "payments", Delay: 20 * ms}},
		Pages:        []Page{{Name: "page", Weight: 1, Work: Work{Mean: 100 * ms}, Calls: []Call{{Share: 1}}}},
		Logs:         Logs{GatewayErrors: true, GatewayAccess: true, PHPAccess: true, Status: true}, Busy: 0.3}
}

func phases(baseline, hang float64, lasts time.Duration) []configs.Phase {
	return []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(baseline)},
		{Name: "hang", Duration: lasts + second, Rate: constant(hang), Faults: []configs.Fault{Hanging("payments", 500*ms, lasts)}},
		{Name: "recovery", Duration: 6 * second, Rate: constant(baseline)}}
}

func contracts() []contract {
	call := func(change func(*Call)) func(*Site) { return func(s *Site) { change(&s.Pages[0].Calls[0]) } }
	return []contract{
		{name: "hang", short: true, plan: phases(8, 10, 8*second)},
		{name: "overload", short: true, plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "overload", Duration: 6 * second, Rate: constant(60)}, {Name: "drain", Duration: 4 * second, Rate: constant(8)}}},
		{name: "timeout 1 s", plan: phases(8, 8, 9*second), site: call(func(c *Call) { c.Timeout = second })},
		{name: "timeout 0.25 s", short: true, plan: phases(8, 8, 5*second), site: call(func(c *Call) { c.Timeout = 250 * ms })},
		{name: "killed after 2 s", plan: phases(4, 6, 9*second), site: func(s *Site) {
			s.Pools[0].Kill, s.Pools[0].KillEvery = 2*second, killEvery(2*second)
		}},
		{name: "gateway gives up after 2 s", plan: phases(4, 3, 8*second), site: func(s *Site) {
			s.Gateway.Timeout, s.Pools[0].Workers = 2*second, 12
		}},
		{name: "static files beside", plan: phases(60, 100, 8*second), site: func(s *Site) {
			s.Pages = append(s.Pages, Page{Name: "file", Static: true, Weight: 9})
			s.Logs.PHPAccess = false
		}},
		{name: "kept connections", plan: phases(8, 10, 6*second), site: func(s *Site) { s.Dependencies[0].Kept = true }},
		{name: "fallback of 1 s", plan: phases(6, 6, 8*second), site: call(func(c *Call) { c.Timeout, c.Fallback = 300*ms, Work{Mean: second} })},
		{name: "three tries with pauses", plan: phases(6, 6, 8*second), site: call(func(c *Call) { c.Timeout, c.Tries, c.Pause = 200*ms, 3, 600*ms })},
		{name: "session lock", plan: phases(4, 4, 6*second), site: func(s *Site) { s.Pools[0].Workers, s.Pages[0].Session = 8, Whole }},
		{name: "two calls at once", plan: phases(4, 5, 6*second), site: func(s *Site) {
			s.Pages[0].AtOnce, s.Pages[0].Calls = true, []Call{{Share: 1, Timeout: 2500 * ms}, {Share: 1, Timeout: 2500 * ms}}
		}},
		{name: "work behind the answer", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(5)},
			{Name: "overload", Duration: 8 * second, Rate: constant(16)}, {Name: "drain", Duration: 5 * second, Rate: constant(3)}},
			site: func(s *Site) { s.Pages[0].Behind = Work{Mean: 300 * ms} }},
		{name: "burst", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)}, {Name: "burst", Duration: 3 * second, Burst: 30}}},
		{name: "upstream named twice", plan: phases(4, 6, 7*second), site: func(s *Site) {
			s.Gateway = Gateway{Timeout: 2 * second, Servers: 2, Tries: 2, MaxFails: 1, FailFor: 10 * second}
		}},
		{name: "TCP, overload", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "overload", Duration: 6 * second, Rate: constant(60)}, {Name: "drain", Duration: 9 * second, Rate: constant(4)}},
			site: func(s *Site) { s.Pools[0].Network, s.Gateway.Timeout = TCP, 5*second }},
		{name: "TCP, hang", plan: phases(8, 10, 8*second), site: func(s *Site) { s.Pools[0].Network = TCP }},
		{name: "visitors leave", plan: phases(8, 8, 6*second), run: func(p *Plan) { p.Patience = 2 * second }},
		{name: "gunicorn, hang", plan: phases(8, 10, 7*second), site: func(s *Site) {
			s.Pools[0].Server, s.Logs = Gunicorn, Logs{GatewayErrors: true, GatewayAccess: true}
		}},
		{name: "gunicorn, killed after 2 s", plan: phases(4, 6, 8*second), site: func(s *Site) {
			s.Pools[0].Server, s.Logs = Gunicorn, Logs{GatewayErrors: true, GatewayAccess: true}
			s.Pools[0].Kill, s.Pools[0].KillEvery, s.Pools[0].Boot = 2*second, second, 40*ms
		}},
		{name: "threads, a pool of 5 connections", plan: phases(20, 20, 6*second), site: func(s *Site) {
			s.Pools[0] = Pool{Network: TCP, Backlog: 128}
			s.Gateway.Timeout, s.Logs = 20*second, Logs{GatewayErrors: true, GatewayAccess: true}
			s.Dependencies[0].Places = 5
			s.Pages[0].Work.Mean = 50 * ms
			s.Pages = append(s.Pages, Page{Name: "other", Weight: 1, Work: Work{Mean: 50 * ms}})
		}},
		{name: "Puma, hang", plan: phases(8, 10, 7*second), site: func(s *Site) {
			s.Pools[0].Server, s.Logs = Puma, Logs{GatewayErrors: true, GatewayAccess: true}
		}},
		{name: "Puma, overload", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "overload", Duration: 6 * second, Rate: constant(60)}, {Name: "drain", Duration: 4 * second, Rate: constant(8)}}, site: func(s *Site) {
			s.Pools[0].Server, s.Logs = Puma, Logs{GatewayErrors: true, GatewayAccess: true}
		}},
		{name: "Apache prefork, hang", plan: phases(8, 10, 6*second), site: prefork},
		{name: "Apache prefork, overload", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "overload", Duration: 6 * second, Rate: constant(50)}, {Name: "drain", Duration: 9 * second, Rate: constant(4)}}, site: prefork},
		{name: "MariaDB, hang", plan: phases(8, 10, 7*second), site: database},
		{name: "MariaDB, 100 ms slower", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "slow", Duration: 7 * second, Rate: constant(8), Faults: []configs.Fault{Slower("payments", 100*ms, 500*ms, 6*second)}},
			{Name: "recovery", Duration: 4 * second, Rate: constant(8)}}, site: database},
		{name: "pm = ondemand", plan: phases(4, 10, 7*second), site: func(s *Site) { s.Pools[0].Workers, s.Pools[0].Start = 6, 1 }},
		{name: "pm = dynamic", plan: phases(4, 10, 8*second), site: func(s *Site) { s.Pools[0].Workers, s.Pools[0].Start, s.Pools[0].Spare = 6, 1, 1 }},
		{name: "a page that calls its own site", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(4)},
			{Name: "busy", Duration: 3 * second, Rate: constant(30)}, {Name: "recovery", Duration: 12 * second, Rate: constant(2)}}, site: func(s *Site) {
			s.Gateway.Timeout = 5 * second
			s.Pages = []Page{{Name: "whole", Weight: 1, Work: Work{Mean: 50 * ms}, Self: 2}, {Name: "part", Work: Work{Mean: 100 * ms}}}
		}},
		{name: "no_accept, connect timeout", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "no_accept", Duration: 8 * second, Rate: constant(5), Faults: []configs.Fault{{Dependency: "payments", After: 500 * ms, For: 6 * second, Share: 1, NoAccept: &configs.NoAccept{}}}},
			{Name: "recovery", Duration: 5 * second, Rate: constant(8)}}, site: call(func(c *Call) { c.Connect = 500 * ms })},
		{name: "down", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "down", Duration: 6 * second, Rate: constant(10), Faults: []configs.Fault{{Dependency: "payments", After: 500 * ms, For: 4 * second, Share: 1, Down: &configs.Down{}}}}}},
		{name: "reset", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "reset", Duration: 6 * second, Rate: constant(10), Faults: []configs.Fault{{Dependency: "payments", After: 500 * ms, For: 4 * second, Share: 1, Reset: &configs.Reset{}}}}}},
		{name: "hang of half the connections", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "half", Duration: 7 * second, Rate: constant(8), Faults: []configs.Fault{half(Hanging("payments", 500*ms, 5*second))}}, {Name: "recovery", Duration: 5 * second, Rate: constant(8)}}},
		{name: "closed loop", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)}, {Name: "closed", Duration: 6 * second, Concurrency: 10}}},
		{name: "Poisson, overload", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "overload", Duration: 6 * second, Rate: constant(60)}, {Name: "drain", Duration: 4 * second, Rate: constant(8)}},
			run: func(p *Plan) { p.Arrivals = configs.Poisson }},
		{name: "delays in steps", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "steps", Duration: 8 * second, Rate: constant(10), Faults: []configs.Fault{{Dependency: "payments", For: 8 * second, Share: 1,
				Latency: &configs.Latency{Delay: configs.Dose{From: 0, To: 600 * ms, Step: 200 * ms, Every: 2 * second}}}}},
			{Name: "recovery", Duration: 4 * second, Rate: constant(8)}}},
	}
}

// database has the page ask a real MariaDB, by mysqli: it greets, wants to be told
// who asks, and answers one query.
func database(s *Site) {
	s.Dependencies[0].Delay, s.Dependencies[0].Greets, s.Dependencies[0].RoundTrips = 0, true, 2
}

// prefork is Apache alone.
func prefork(s *Site) {
	s.Gateway, s.Logs = Gateway{Absent: true}, Logs{}
	s.Pools[0].Server, s.Pools[0].Network = Prefork, TCP
}

func half(f configs.Fault) configs.Fault {
	f.Share = 0.5
	return f
}

func TestSimulationIsLikeRealServers(t *testing.T) {
	contracts := append(contracts(), moreContracts()...)
	if !*long {
		all := len(contracts)
		contracts = slices.DeleteFunc(contracts, func(c contract) bool { return !c.short })
		t.Logf("%d of %d contracts: -long runs all", len(contracts), all)
	}
	for _, c := range contracts {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			site, plan := plainSite(), Plan{Name: "contract", Seed: 1, Arrivals: configs.Uniform, Patience: 30 * second, Phases: c.plan}
			if c.site != nil {
				c.site(site)
			}
			if c.run != nil {
				c.run(&plan)
			}
			var simulated []*Record
			for seed := range uint64(12) {
				site.Busy = float64(seed) / 11 // how busy the machine will be is not known
				r, _ := Simulate(site, plan, seed)
				simulated = append(simulated, r)
			}
			real := realRun(t, site, plan)
			for try := 1; try < 3 && late(real) > 0.03; try++ { // the machine is busy with something else
				if again := realRun(t, site, plan); late(again) < late(real) {
					real = again
				}
			}
			alike(t, simulated, real)
		})
	}
}
