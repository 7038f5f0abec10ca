package zoo

import (
	"time"

	"github.com/tailback/tailback/configs"
)

// moreContracts are situations of several parts, and those of contracts on other
// sites and at other rates. What a report says of each is tried by -keep, as with the others.
func moreContracts() []contract {
	call := func(change func(*Call)) func(*Site) { return func(s *Site) { change(&s.Pages[0].Calls[0]) } }
	return []contract{
		{name: "8 workers, 11 slots, hang", plan: phases(20, 20, 8*second), site: sized(8, 10)},
		{name: "6 workers, a page of 200 ms, TCP, overload", plan: overloaded(8, 60, 9*second), site: func(s *Site) {
			s.Pools[0] = Pool{Workers: 6, Backlog: 16, Network: TCP}
			s.Pages[0].Work.Mean, s.Gateway.Timeout = 200*ms, 5*second
		}},
		{name: "killed after 2 s, queue full", plan: phases(8, 14, 9*second), site: func(s *Site) {
			s.Pools[0].Kill, s.Pools[0].KillEvery = 2*second, killEvery(2*second)
		}},
		{name: "gateway gives up after 2 s, queue full", plan: phases(8, 14, 8*second), site: func(s *Site) { s.Gateway.Timeout = 2 * second }},
		{name: "kept connections, timeout 1 s", plan: phases(8, 8, 7*second), site: func(s *Site) {
			s.Dependencies[0].Kept = true
			s.Pages[0].Calls[0].Timeout = second
		}},
		{name: "three tries of 0.8 s on a share", plan: phases(12, 16, 10*second), site: func(s *Site) {
			s.Pools[0].Workers = 5
			s.Pages = append(s.Pages, Page{Name: "plain", Weight: 4, Work: Work{Mean: 100 * ms}})
			s.Pages[0].Calls[0].Timeout, s.Pages[0].Calls[0].Tries = 800*ms, 3
		}},
		{name: "answers 503 when the call fails", plan: phases(6, 6, 7*second), site: call(func(c *Call) { c.Timeout, c.Status = 400*ms, 503 })},
		{name: "session until the call", plan: phases(5, 5, 6*second), site: func(s *Site) { s.Pools[0].Workers, s.Pages[0].Session = 8, UntilCall }},
		{name: "two calls one after the other", plan: phases(5, 6, 6*second), site: func(s *Site) {
			s.Pages[0].Calls = []Call{{Share: 1, Timeout: 600 * ms}, {Share: 1, Timeout: 600 * ms}}
			s.Pages[0].Between = Work{Mean: 50 * ms}
		}},
		{name: "work after the call", plan: phases(6, 6, 7*second), site: func(s *Site) {
			s.Pages[0].Then = Work{Mean: 80 * ms}
			s.Pages[0].Calls[0].Timeout = 700 * ms
		}},
		{name: "one page takes ten times as long", plan: phases(5, 6, 7*second), site: func(s *Site) {
			s.Pages = append(s.Pages, Page{Name: "slow", Weight: 1, Work: Work{Mean: 600 * ms}})
			s.Pages[0].Weight = 4
		}},
		{name: "errors of the application from the start", plan: phases(8, 10, 6*second), site: func(s *Site) {
			s.Pages = append(s.Pages, Page{Name: "broken", Weight: 1, Status: 500, Work: Work{Mean: 20 * ms}})
			s.Pages[0].Weight = 6
		}},
		{name: "400 ms slower until it breaks", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "slow", Duration: 9 * second, Rate: constant(14), Faults: []configs.Fault{Slower("payments", 400*ms, 500*ms, 8*second)}},
			{Name: "recovery", Duration: 6 * second, Rate: constant(8)}}},
		{name: "a fault survived, an overload later", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "slow", Duration: 6 * second, Rate: constant(8), Faults: []configs.Fault{Slower("payments", 50*ms, 500*ms, 5*second)}},
			{Name: "calm", Duration: 6 * second, Rate: constant(8)}, {Name: "overload", Duration: 6 * second, Rate: constant(70)},
			{Name: "drain", Duration: 4 * second, Rate: constant(8)}}},
		{name: "ramp", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "ramp", Duration: 14 * second, Rate: &configs.Rate{From: constant(8).From, To: constant(70).From}},
			{Name: "drain", Duration: 4 * second, Rate: constant(8)}}},
		{name: "burst after a fault", site: call(func(c *Call) { c.Connect = 500 * ms }), plan: []configs.Phase{
			{Name: "baseline", Duration: 5 * second, Rate: constant(6)},
			{Name: "no_accept", Duration: 5 * second, Rate: constant(5), Faults: []configs.Fault{{Dependency: "payments", After: 500 * ms, For: 4 * second, Share: 1, NoAccept: &configs.NoAccept{}}}},
			{Name: "calm", Duration: 2 * second, Rate: constant(6)}, {Name: "burst", Duration: 4 * second, Burst: 50}}},
		{name: "answers cut short, overload", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "overload", Duration: 7 * second, Rate: constant(60), Faults: []configs.Fault{{Dependency: "payments", After: 500 * ms, For: 6 * second, Share: 1, Limit: &configs.Limit{Bytes: 20}}}},
			{Name: "drain", Duration: 4 * second, Rate: constant(8)}}},
		{name: "small steps in a ramp", plan: []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(8)},
			{Name: "ramp", Duration: 14 * second, Rate: &configs.Rate{From: constant(8).From, To: constant(60).From}, Faults: []configs.Fault{{Dependency: "payments", For: 14 * second, Share: 1,
				Latency: &configs.Latency{Delay: configs.Dose{From: 0, To: 60 * ms, Step: 10 * ms, Every: 2 * second}}}}},
			{Name: "drain", Duration: 5 * second, Rate: constant(8)}}},
		{name: "Poisson, hang, a timeout of 0.6 s", plan: phases(8, 8, 8*second), run: func(p *Plan) { p.Arrivals = configs.Poisson },
			site: call(func(c *Call) { c.Timeout = 600 * ms })},
		{name: "gunicorn, overload", plan: overloaded(8, 60, 5*second), site: func(s *Site) {
			s.Pools[0].Server, s.Logs = Gunicorn, Logs{GatewayErrors: true, GatewayAccess: true}
		}},
		{name: "gunicorn, a timeout of 0.5 s", plan: phases(6, 6, 7*second), site: func(s *Site) {
			s.Pools[0].Server, s.Logs = Gunicorn, Logs{GatewayErrors: true, GatewayAccess: true}
			s.Pages[0].Calls[0].Timeout = 500 * ms
		}},
		{name: "pm = ondemand, overload", plan: overloaded(4, 60, 6*second), site: func(s *Site) { s.Pools[0].Workers, s.Pools[0].Start = 6, 1 }},
		{name: "pm = dynamic, overload", plan: overloaded(4, 60, 6*second), site: func(s *Site) {
			s.Pools[0].Workers, s.Pools[0].Start, s.Pools[0].Spare = 6, 1, 1
		}},
		{name: "upstream named twice, overload", plan: overloaded(8, 60, 5*second), site: func(s *Site) {
			s.Gateway = Gateway{Timeout: 5 * second, Servers: 2, Tries: 2, MaxFails: 1, FailFor: 10 * second}
		}},
	}
}

// sized is a site's with so many workers and such a backlog.
func sized(workers, backlog int) func(*Site) {
	return func(s *Site) { s.Pools[0].Workers, s.Pools[0].Backlog = workers, backlog }
}

// overloaded is a calm rate, one that is too high, and time for what queues.
func overloaded(calm, high float64, drain time.Duration) []configs.Phase {
	return []configs.Phase{{Name: "baseline", Duration: 5 * second, Rate: constant(calm)},
		{Name: "overload", Duration: 6 * second, Rate: constant(high)}, {Name: "drain", Duration: drain, Rate: constant(calm / 2)}}
}
