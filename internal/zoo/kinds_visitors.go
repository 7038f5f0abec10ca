package zoo

import "time"

// visitorKinds are of traffic that is not the run's.
func visitorKinds() []Kind {
	return []Kind{
		{"monitor", "a monitor fetches a file several times a second (row 14)", func(b build) {
			b.Site.Pages = append(b.Site.Pages, Page{Name: "health", Static: true})
			b.Site.Visitors = []Visitor{{Page: len(b.Site.Pages) - 1, Rate: b.in(2, 6)}}
			b.Site.Logs.GatewayAccess = true
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"others", "other visitors use the pool (row 14)", func(b build) {
			b.Site.Pages = append(b.Site.Pages, Page{Name: "other", Work: Work{Mean: b.ms(50, 200)}})
			b.Site.Visitors = []Visitor{{Page: len(b.Site.Pages) - 1, Rate: b.in(0.1, 0.3) * b.capacity(), Poisson: b.one(0.5)}}
			b.calm(0.3 * b.capacity())
			b.hanging("payments", 0.5*b.capacity())
		}},
		{"cron", "a job of the site's calls the same dependency (row 22)", func(b build) {
			b.Site.Crons = []Cron{{Every: b.ms(1000, 3000), Calls: b.n(1, 3)}}
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"itself", "a page that calls its own site (point 8)", func(b build) {
			b.itself(0.3)
			b.phase("baseline", 8, 0.2*b.capacity())
			b.phase("busy", 15, b.in(0.8, 1.5)*b.capacity())
			b.phase("recovery", 25, 0.1*b.capacity())
		}},
		{"deadlock_elsewhere", "a self-deadlock that does not end, in a run with a fault elsewhere (row 21)", func(b build) {
			b.itself(0.7)
			b.Site.Gateway.Timeout = 20 * time.Second
			hz := 0.15 * b.capacity()
			b.phase("baseline", 8, hz)
			b.phase("slow", 6, hz, Slower("payments", b.ms(20, 60), time.Second, 4*time.Second))
			b.phase("busy", 16, b.in(1.2, 2)*b.capacity())
		}},
		{"itself_egress", "the same, seen by the forward proxy", func(b build) {
			b.itself(0.5)
			b.Site.Egress, b.Site.Host, b.Site.Dependencies[0].Host = "127.0.0.1:8888", "shop.example.com:80", "api.payments.example:80"
			b.phase("baseline", 8, 0.2*b.capacity())
			b.phase("busy", 15, b.in(0.8, 1.5)*b.capacity())
			b.phase("recovery", 20, 0.1*b.capacity())
		}},
	}
}

// itself adds a page that fetches the second one from its own site, as that
// share of the requests.
func (b build) itself(share float64) {
	b.Site.Pages = append(b.Site.Pages[:1], Page{Name: "part", Work: Work{Mean: b.ms(50, 150)}},
		Page{Name: "whole", Work: Work{Mean: b.ms(10, 50)}, Self: 2})
	b.Site.Pages[0].Weight = int(10 * (1 - share))
	b.Site.Pages[2].Weight = 10 - b.Site.Pages[0].Weight
	b.Site.Gateway.Timeout = time.Duration(b.n(2, 10)) * time.Second
}
