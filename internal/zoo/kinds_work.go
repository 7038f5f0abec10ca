package zoo

import "time"

// workKinds are of what pages do themselves.
func workKinds() []Kind {
	return []Kind{
		{"static", "most answers are files that the gateway serves: they take no worker (row 1)", func(b build) {
			b.Site.Pages = append(b.Site.Pages, Page{Name: "file", Static: true, Weight: b.n(4, 20)})
			b.calm(0.4 * b.capacity())
			b.hanging("payments", b.in(0.5, 0.8)*b.capacity())
		}},
		{"fallback", "when a call has timed out the page works on by itself (row 6)", func(b build) {
			b.Site.Pages[0].Calls[0].Timeout = b.Site.Dependencies[0].Delay + b.ms(200, 400)
			b.Site.Pages[0].Calls[0].Fallback = Work{Mean: b.ms(500, 1500)}
			b.calm(0.4 * b.capacity())
			b.hanging("payments", b.in(0.4, 0.7)*b.capacity())
		}},
		{"behind", "work after the answer, still on the worker: fastcgi_finish_request (row 22)", func(b build) {
			b.Site.Pages[0].Behind = Work{Mean: b.ms(100, 600)}
			b.calm(0.4 * b.capacity())
			b.overload(b.in(1.4, 2))
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"computing", "pages compute on two cores (point 11)", func(b build) {
			b.Site.Cores, b.Site.Pages = 2, b.Site.Pages[:1]
			b.Site.Pages[0].Work = Work{Mean: b.ms(30, 80), CPU: true}
			b.Site.Pools[0].Workers = b.n(4, 12)
			b.calm(0.3 * b.capacity())
			b.overload(b.in(1.4, 1.8))
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"contention", "a page takes longer the more others are at it", func(b build) {
			b.Site.Pools[0].Workers, b.Site.Pools[0].Backlog = b.n(6, 12), b.n(32, 64)
			b.Site.Pages[0].Work = Work{Mean: b.ms(50, 150), Grow: b.in(0.2, 0.6)}
			b.calm(0.1 * b.capacity())
			b.phase("busy", 12, b.in(0.35, 0.6)*b.capacity())
			b.phase("drain", 8, 0.1*b.capacity())
		}},
		{"varied", "what a page takes varies without memory", func(b build) {
			b.Site.Pages[0].Work.Spread = Exponential
			b.Site.Dependencies[0].Spread = Exponential
			b.calm(0.4 * b.capacity())
			b.overload(b.in(1.5, 2.2))
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"slow_page", "one page takes many times what the others do", func(b build) {
			b.Site.Pages = append(b.Site.Pages, Page{Name: "export", Weight: 1, Work: Work{Mean: b.ms(800, 2000)}})
			b.Site.Pages[0].Weight = b.n(6, 12)
			b.calm(0.4 * b.capacity())
			b.overload(b.in(1.4, 2))
			b.hanging("payments", 0.6*b.capacity())
		}},
	}
}

// ownErrorKinds fail by themselves, whatever the dependencies and the pool do.
func ownErrorKinds() []Kind {
	return []Kind{
		{"app_errors", "the application answers some requests 5xx, from the start (row 22)", func(b build) {
			status := []int{500, 502, 503, 504}[b.IntN(4)]
			b.Site.Pages = append(b.Site.Pages, Page{Name: "broken", Weight: 1, Status: status, Work: Work{Mean: b.ms(2, 30)}})
			b.calm(0.4 * b.capacity())
			b.hanging("payments", 0.6*b.capacity())
		}},
		{"closes", "a worker ends without an answer now and then", func(b build) {
			b.Site.Pages = append(b.Site.Pages, Page{Name: "crash", Weight: 1, Dies: true, Work: Work{Mean: b.ms(5, 100)}})
			b.Site.Pages[0].Weight = b.n(4, 9)
			b.phase("baseline", 15, b.in(0.3, 0.5)*b.capacity())
		}},
		{"gives_up", "the application answers with an error of its own when a call has timed out", func(b build) {
			c := &b.Site.Pages[0].Calls[0]
			c.Timeout, c.Status = b.Site.Dependencies[0].Delay+b.ms(200, 900), []int{500, 502, 503, 504}[b.IntN(4)]
			b.calm(0.4 * b.capacity())
			b.hanging("payments", b.in(0.2, 0.4)*b.capacity())
		}},
	}
}

// longer is the page's call with a timeout as no budget allows.
func (b build) longer(hz float64) time.Duration {
	return b.budget(hz, b.in(2, 4)).Round(10 * time.Millisecond)
}
