package zoo

import "time"

// fpmKinds are of php-fpm pools that are not plain.
func fpmKinds() []Kind {
	return []Kind{
		{"session", "all hits have one session, whose lock is held until the answer (row 7)", func(b build) {
			b.Site.Pools[0].Workers, b.Site.Pages = b.n(4, 10), b.Site.Pages[:1]
			b.Site.Pages[0].Session = Whole
			one := 1 / b.service()
			b.phase("baseline", 10, 0.5*one)
			b.phase("hang", 11, 0.7*one, Hanging("payments", time.Second, 9*time.Second))
			b.phase("recovery", 10, 0.5*one)
		}},
		{"session_part", "pages of a session beside others, with the status page (row 19)", func(b build) {
			b.Site.Pages[0].Session = []Hold{Whole, UntilCall}[b.IntN(2)]
			b.Site.Pages = append(b.Site.Pages[:1], Page{Name: "list", Weight: b.n(1, 3), Work: Work{Mean: b.ms(60, 300)}})
			b.Site.Logs.Status = true
			one := 1 / b.service()
			b.phase("baseline", 10, 0.6*one)
			b.hanging("payments", min(0.6*b.capacity(), 1.2*one))
		}},
		{"dynamic", "pm = dynamic: few workers at first, and more each second (point 9)", func(b build) {
			p := &b.Site.Pools[0]
			p.Workers = b.n(6, 14)
			p.Start, p.Spare = b.n(1, 2), b.n(1, 3)
			b.calm(0.15 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"ondemand", "pm = ondemand: a worker is started for a request that finds none", func(b build) {
			p := &b.Site.Pools[0]
			p.Workers, p.Start = b.n(4, 14), 1
			b.calm(0.2 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"killed", "request_terminate_timeout ends workers in a hang, at a rate that fills nothing (row 10)", func(b build) {
			p := &b.Site.Pools[0]
			p.Workers, p.Kill = b.n(12, 20), time.Duration(b.n(1, 4))*time.Second
			p.KillEvery = killEvery(p.Kill)
			b.Site.Gateway.Timeout = time.Minute
			hz := b.in(0.4, 0.7) * float64(p.Workers) / (p.Kill.Seconds() + p.KillEvery.Seconds())
			b.calm(hz)
			b.phase("hang", 13, hz, Hanging("payments", time.Second, 11*time.Second))
			b.phase("recovery", 8, hz)
		}},
		{"killed_full", "a killer, and a rate that fills workers and queue", func(b build) {
			p := &b.Site.Pools[0]
			p.Kill = time.Duration(b.n(2, 5)) * time.Second
			p.KillEvery = killEvery(p.Kill)
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
	}
}

// serverKinds are of pools that are not php-fpm's.
func serverKinds() []Kind {
	return []Kind{
		{"gunicorn", "gunicorn's sync workers, hanging and overloaded (point 13)", func(b build) {
			b.python()
			b.calm(0.4 * b.capacity())
			b.overload(b.in(1.4, 2))
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"gunicorn_killed", "gunicorn --timeout (row 17)", func(b build) {
			b.python()
			p := &b.Site.Pools[0]
			p.Kill, p.KillEvery, p.Boot = time.Duration(b.n(2, 4))*time.Second, time.Second, 40*time.Millisecond
			b.calm(0.4 * b.capacity())
			b.hanging("payments", b.in(0.3, 0.6)*b.capacity())
		}},
		{"puma", "Puma's threads, hanging and overloaded (point 13)", func(b build) {
			b.python()
			b.Site.Pools[0].Server = Puma
			b.calm(0.4 * b.capacity())
			b.overload(b.in(1.4, 2))
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"prefork", "Apache prefork without a gateway: no 502, only connect times (point 13)", func(b build) {
			b.prefork()
			b.calm(0.4 * b.capacity())
			if b.one(0.5) {
				b.overload(b.in(1.4, 2))
			}
			b.hanging("payments", 0.6*b.capacity())
		}},
	}
}

// poolKinds are of sites with other than one pool: none for a while, two, none at all.
func poolKinds() []Kind {
	return []Kind{
		{"pool_down", "the pool is stopped in the middle of the run", func(b build) {
			if b.one(0.4) {
				b.Site.Pools[0].Network = TCP
			}
			b.Site.Pools[0].DownFrom = b.ms(8000, 11000)
			b.phase("baseline", 16, 0.4*b.capacity())
		}},
		{"two_pools", "two pools behind one gateway (row 22)", func(b build) {
			b.Site.Pools = append(b.Site.Pools, Pool{Workers: b.n(2, 8), Backlog: b.n(8, 32), Network: Unix})
			b.Site.Pages = append(b.Site.Pages[:1], Page{Name: "blog", Weight: 1, Pool: 1, Work: Work{Mean: b.ms(40, 200)}})
			hz := 0.5 * min(float64(b.Site.Pools[0].Workers)/b.pageS(b.Site.Pages[0]), float64(b.Site.Pools[1].Workers)/b.pageS(b.Site.Pages[1]))
			b.phase("baseline", 8, hz)
			b.phase("hang", 9+b.inside()/hz, 2*hz, Hanging("payments", time.Second, 0))
			b.phase("recovery", 10, hz)
		}},
		{"threads", "no fixed pool at all: a hang ends at the gateway", func(b build) {
			b.threads()
			b.Site.Gateway.Timeout = time.Duration(b.n(3, 6)) * time.Second
			hz := b.in(8, 25)
			b.phase("baseline", 8, hz)
			b.phase("hang", 11, hz, Hanging("payments", time.Second, 10*time.Second))
			b.phase("recovery", 8, hz)
		}},
	}
}

// python makes the pool one of gunicorn's.
func (b build) python() {
	p := &b.Site.Pools[0]
	p.Server = Gunicorn
	if b.one(0.5) {
		p.Network = TCP
	}
	b.Site.Logs.PHPAccess, b.Site.Logs.Status, b.Site.Logs.Slow = false, false, 0
}

// prefork takes the gateway away.
func (b build) prefork() {
	b.Site.Gateway = Gateway{Absent: true}
	b.Site.Pools[0].Server, b.Site.Pools[0].Network = Prefork, TCP
	b.Site.Logs = Logs{}
	b.Plan.Patience = time.Duration(b.n(8, 30)) * time.Second
}

// killEvery is how often php-fpm looks for requests that have taken too long: it
// takes a third of the timeout (fpm_conf.c), measured as 0.67 s for 2 s.
func killEvery(kill time.Duration) time.Duration { return max(kill/3, 130*time.Millisecond) }
