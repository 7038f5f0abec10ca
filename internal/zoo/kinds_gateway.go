package zoo

import "time"

// gatewayKinds are of what the gateway does by itself.
func gatewayKinds() []Kind {
	return []Kind{
		{"gateway_timeout", "the gateway gives up first, and decides the budget (row 11)", func(b build) {
			b.Site.Pools[0].Workers = b.n(14, 24)
			b.Site.Gateway.Timeout = time.Duration(b.n(1, 3)) * time.Second
			b.Site.Pages[0].Work.Mean = b.ms(50, 120)
			hz := b.in(2, 4)
			b.calm(hz)
			b.phase("hang", 9, hz, Hanging("payments", time.Second, 7*time.Second))
			b.phase("recovery", 10, hz)
		}},
		{"gateway_timeout_full", "the gateway gives up, and workers and queue fill", func(b build) {
			b.Site.Gateway.Timeout = time.Duration(b.n(1, 3)) * time.Second
			if b.one(0.4) {
				b.Site.Pools[0].Network = TCP
			}
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"json_page", "the gateway's own error page is JSON, like an application's (row 15)", func(b build) {
			b.Site.Gateway.JSONPage = true
			b.calm(0.4 * b.capacity())
			if b.one(0.5) {
				b.overload(b.in(1.5, 2))
			} else {
				b.hanging("payments", 0.6*b.capacity())
			}
		}},
		{"twice_named", "an upstream names one pool twice: two tries take both out (row 16)", func(b build) {
			b.Site.Gateway = Gateway{Timeout: time.Duration(b.n(1, 3)) * time.Second, Servers: 2, Tries: 2, MaxFails: 1, FailFor: 10 * time.Second}
			b.calm(0.4 * b.capacity())
			b.phase("hang", 9, 0.5*b.capacity(), Hanging("payments", time.Second, 7*time.Second))
			b.phase("recovery", 14, 0.3*b.capacity())
		}},
		{"max_conns", "the gateway lets only so many requests through at once (row 22)", func(b build) {
			b.Site.Gateway.MaxConns = b.Site.Pools[0].Workers + b.n(1, b.Site.Pools[0].Slots())
			b.calm(0.4 * b.capacity())
			if b.one(0.5) {
				b.overload(b.in(1.5, 2))
			} else {
				b.hanging("payments", 0.6*b.capacity())
			}
		}},
		{"edge", "a CDN turns 502 and 504 into a 503 of its own", func(b build) {
			b.Site.Gateway.Edge = true
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
	}
}
