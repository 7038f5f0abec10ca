package zoo

import (
	"time"

	"github.com/tailback/tailback/configs"
)

// callKinds are of how pages call.
func callKinds() []Kind {
	return []Kind{
		{"kept", "calls over connections that are kept, no timeout (row 2)", func(b build) {
			b.Site.Dependencies[0].Kept = true
			if b.one(0.5) {
				b.Site.Pools[0].Server = Gunicorn
			}
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"kept_timeout", "kept connections and a timeout that is too long", func(b build) {
			b.Site.Dependencies[0].Kept = true
			b.calm(0.4 * b.capacity())
			hz := 0.6 * b.capacity()
			b.Site.Pages[0].Calls[0].Timeout = b.longer(hz)
			b.hanging("payments", hz)
		}},
		{"tries", "three tries with pauses between them (row 6)", func(b build) {
			c := &b.Site.Pages[0].Calls[0]
			c.Timeout, c.Tries, c.Pause = b.Site.Dependencies[0].Delay+b.ms(150, 400), b.n(2, 4), b.ms(100, 700)
			b.calm(0.4 * b.capacity())
			b.hanging("payments", b.in(0.3, 0.6)*b.capacity())
		}},
		{"tries_share", "tries on a share of the requests (row 9)", func(b build) {
			c := &b.Site.Pages[0].Calls[0]
			c.Share, c.Timeout, c.Tries = b.in(0.12, 0.3), b.ms(500, 1000), 3
			b.calm(0.4 * b.capacity())
			b.hanging("payments", b.in(0.5, 0.8)*b.capacity())
		}},
		{"at_once", "two calls to one dependency at once (row 12)", func(b build) {
			p := &b.Site.Pages[0]
			p.AtOnce = true
			p.Calls = []Call{{Share: 1}, {Share: 1}}
			b.Site.Pools[0].Backlog = b.n(16, 300)
			if b.one(0.5) {
				p.Calls[0].Timeout, p.Calls[1].Timeout = 2500*time.Millisecond, 2500*time.Millisecond
			}
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"two_calls", "a page calls two dependencies one after the other, with work between", func(b build) {
			b.Site.Dependencies = append(b.Site.Dependencies, Dependency{Name: "search", Delay: b.ms(5, 60)})
			p := &b.Site.Pages[0]
			p.Calls = append(p.Calls, Call{To: 1, Share: 1})
			p.Between, p.Then = Work{Mean: b.ms(10, 60)}, Work{Mean: b.ms(5, 40)}
			b.calm(0.4 * b.capacity())
			b.hanging([]string{"payments", "search"}[b.IntN(2)], 0.6*b.capacity())
		}},
	}
}

// boundKinds are of what keeps calls from being made or from lasting: a pool of
// connections, a breaker, a limit on connecting.
func boundKinds() []Kind {
	return []Kind{
		{"inner_pool", "no fixed pool; calls go through a connection pool, other pages answer all along (row 8)", func(b build) {
			b.threads()
			b.Site.Dependencies[0].Places, b.Site.Dependencies[0].Kept = b.n(3, 8), b.one(0.5)
			hz := b.in(10, 25)
			b.phase("baseline", 8, hz)
			b.phase("hang", 9, hz, Hanging("payments", time.Second, 8*time.Second))
			b.phase("recovery", 8, hz)
		}},
		{"inner_pool_workers", "a connection pool smaller than the pool of workers", func(b build) {
			b.Site.Pools[0].Workers = b.n(10, 16)
			b.Site.Dependencies[0].Places = b.n(3, 6)
			b.Site.Dependencies[0].PlaceWait = time.Duration(b.n(0, 1)) * b.ms(500, 2000)
			b.calm(0.3 * b.capacity())
			b.hanging("payments", 0.5*b.capacity())
		}},
		{"breaker", "a circuit breaker opens after some failures (row 22)", func(b build) {
			c := &b.Site.Pages[0].Calls[0]
			c.Timeout, c.Breaker = b.ms(300, 1500), Breaker{Failures: b.n(3, 8), Open: b.ms(1000, 4000)}
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"connect_timeout", "a limit on connecting, and a dependency that accepts nothing (row 20)", func(b build) {
			c := &b.Site.Pages[0].Calls[0]
			c.Connect = b.ms(300, 900)
			b.calm(0.4 * b.capacity())
			f := configs.Fault{Dependency: "payments", After: time.Second, For: 8 * time.Second, Share: 1, NoAccept: &configs.NoAccept{}}
			b.phase("no_accept", 10, b.in(0.2, 0.5)*b.capacity(), f)
			b.phase("recovery", 8, 0.3*b.capacity())
		}},
	}
}

// dependencyKinds are of what is called, and how it is reached.
func dependencyKinds() []Kind {
	return []Kind{
		{"database", "a dependency that greets, and several round trips a call, as MySQL", func(b build) {
			d := &b.Site.Dependencies[0]
			d.Greets, d.RoundTrips, d.Delay = true, b.n(2, 5), b.ms(1, 10)
			b.calm(0.4 * b.capacity())
			if b.one(0.5) {
				b.phase("slow", 12, 0.5*b.capacity(), Slower("payments", b.ms(20, 200), time.Second, 10*time.Second))
			}
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"egress", "a dependency that is reached through the forward proxy", func(b build) {
			b.Site.Egress, b.Site.Dependencies[0].Host = "127.0.0.1:8888", "api.payments.example:80"
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"slow_dial", "a host that is slow to connect to, through the forward proxy", func(b build) {
			b.Site.Egress, b.Site.Dependencies[0].Host = "127.0.0.1:8888", "api.payments.example:80"
			b.calm(0.4 * b.capacity())
			f := configs.Fault{Dependency: "payments", After: time.Second, For: 8 * time.Second, Share: 1, SlowDial: &configs.SlowDial{Delay: b.ms(100, 1500)}}
			b.phase("slow_dial", 10, b.in(0.3, 0.6)*b.capacity(), f)
			b.phase("recovery", 8, 0.4*b.capacity())
		}},
		{"failing", "a dependency that is down, resets, cuts answers short or answers with errors", func(b build) {
			b.calm(0.4 * b.capacity())
			f := configs.Fault{Dependency: "payments", After: time.Second, For: 6 * time.Second, Share: 1}
			switch b.IntN(4) {
			case 0:
				f.Down = &configs.Down{}
			case 1:
				f.Reset = &configs.Reset{}
			case 2:
				f.Limit = &configs.Limit{Bytes: 10}
			default:
				f.HTTPError = &configs.HTTPError{Status: 503}
			}
			if b.one(0.3) {
				b.Site.Pages[0].Calls[0].Status = 500
			}
			b.phase("failing", 8, 0.5*b.capacity(), f)
			b.phase("recovery", 8, 0.4*b.capacity())
		}},
	}
}

// threads gives each request a thread of its own, and the second page none to call.
func (b build) threads() {
	b.Site.Pools[0] = Pool{Network: TCP, Backlog: 128}
	b.Site.Pages = []Page{
		{Name: "checkout", Weight: b.n(1, 3), Work: Work{Mean: b.ms(30, 100)}, Calls: []Call{{Share: 1}}},
		{Name: "list", Weight: b.n(0, 2), Work: Work{Mean: b.ms(30, 100)}},
	}
	if b.Site.Pages[1].Weight == 0 {
		b.Site.Pages = b.Site.Pages[:1]
	}
	b.Site.Logs.PHPAccess, b.Site.Logs.Status, b.Site.Logs.Slow = false, false, 0
}
