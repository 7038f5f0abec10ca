// Package accuracy holds the diagnosis against the truth: it draws sites by
// seed, runs an experiment on each with real servers, and compares what the
// report says with what the site was built as. Nothing of the product sees how
// the site was drawn.
package accuracy

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tailback/tailback/internal/staging"
)

// Site is a site as drawn: the truth.
type Site struct {
	Seed      uint64
	Workers   int
	Backlog   int
	Network   string // "unix" or "tcp"
	Arrivals  string // "uniform" or "poisson"
	Calling   time.Duration
	Plain     time.Duration // work of the page that calls nobody; there is one if Share < 1
	Share     float64       // of requests that call the dependency
	Delay     time.Duration // of the dependency when it is well
	Timeout   time.Duration // of the call; 0 is none
	CPU       bool          // the calling page computes instead of sleeping
	Python    bool          // gunicorn's sync workers instead of php-fpm
	Gateway   time.Duration // R
	callParts int           // weights of the mix
	allParts  int
}

// Draw draws a site: W 2 to 12, 5 to 33 queue slots, a mean service time of
// about 0.1 to 0.5 s, every third on TCP, half with Poisson arrivals, half with
// a second kind of request, half with a timeout.
func Draw(seed uint64) Site {
	r := rand.New(rand.NewPCG(seed, 7))
	ms := func(from, to int) time.Duration { return time.Duration(from+r.IntN(to-from+1)) * time.Millisecond }
	s := Site{Seed: seed, Workers: 2 + r.IntN(11), Backlog: 4 + r.IntN(29), Network: "unix", Arrivals: "uniform",
		Calling: ms(60, 300), Gateway: 10 * time.Second, callParts: 1, allParts: 1}
	if r.IntN(3) == 0 {
		s.Network = "tcp"
	}
	if r.IntN(2) == 0 {
		s.Arrivals = "poisson"
	}
	if r.IntN(2) == 0 {
		s.Plain = ms(60, 300)
		s.callParts = 1 + r.IntN(2)
		s.allParts = s.callParts + 1 + r.IntN(2)
	}
	s.Share = float64(s.callParts) / float64(s.allParts)
	if r.IntN(2) == 0 {
		s.Delay = ms(20, 200)
	}
	if r.IntN(2) == 0 {
		s.Timeout = s.Delay + ms(300, 1500)
	}
	return s
}

// Bound makes of a site one whose calling page computes.
func (s Site) Bound() Site {
	s.CPU, s.Calling, s.Workers = true, 40*time.Millisecond, 4+s.Workers/2
	return s
}

// QueueSlots is how many connections the kernel queues: one more than listen(2) was told.
func (s Site) QueueSlots() int { return s.Backlog + 1 }

// ServiceS is the mean time that a request holds a worker, seconds.
func (s Site) ServiceS() float64 {
	return s.Share*(s.Calling+s.Delay).Seconds() + (1-s.Share)*s.Plain.Seconds()
}

// CapacityHz is W/S.
func (s Site) CapacityHz() float64 { return float64(s.Workers) / s.ServiceS() }

// String names the site in a table.
func (s Site) String() string {
	text := fmt.Sprintf("%s W=%d B=%d %s S=%.0fms", s.Network, s.Workers, s.Backlog, s.Arrivals, s.ServiceS()*1000)
	if s.Share < 1 {
		text += fmt.Sprintf(" share=%.2f", s.Share)
	}
	if s.Delay > 0 {
		text += fmt.Sprintf(" d=%v", s.Delay)
	}
	if s.Timeout > 0 {
		text += fmt.Sprintf(" T=%v", s.Timeout)
	}
	if s.CPU {
		text += " cpu"
	}
	if s.Python {
		text += " gunicorn"
	}
	return text
}

// options are what the staging site is started with.
func (s Site) options(proxy string) staging.Options {
	o := staging.Options{Workers: s.Workers, Backlog: s.Backlog, Network: s.Network, GatewayTimeout: s.Gateway, Dependency: proxy}
	if !s.Python {
		o.AccessFormat = accessFormat
	}
	return o
}
