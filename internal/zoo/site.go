package zoo

import "time"

// Site is a site as it is built. Its zero fields are "none" unless they say
// otherwise.
type Site struct {
	Gateway      Gateway
	Pools        []Pool
	Pages        []Page
	Dependencies []Dependency
	Cores        int // that pages compute on; 0: as many as they want
	Visitors     []Visitor
	Crons        []Cron
	Logs         Logs
	OldKernel    bool    // Linux before 6.5: SYNs are sent again after 1, 3, 7 s, not 1, 2, 3
	Busy         float64 // of the machine, 0..1: how often it stalls
	Egress       string  // host:port of the forward proxy that all calls go through
	Host         string  // host:port of the site itself, as its pages name it
}

// Gateway is what stands in front of the pools, such as nginx.
type Gateway struct {
	Absent   bool          // there is none: visitors connect to the pool, and nobody gives up but they
	Timeout  time.Duration // R: how long it waits for the answer
	Connect  time.Duration // for connecting; 0: R
	Servers  int           // how often the upstream names the pool; 0 is 1
	MaxFails int           // failures that take a server out for FailFor; 0: never
	FailFor  time.Duration // and the time in which they are counted
	Tries    int           // servers asked one after another; 0 is 1
	MaxConns int           // requests at the pool at once, beyond which there is no live upstream
	JSONPage bool          // errors come as JSON of its own, which looks like an application's
	Edge     bool          // a CDN before it turns 502 and 504 into a 503 of its own
}

// Pool is a pool of workers with an accept queue.
type Pool struct {
	Workers int // W; 0: no fixed pool, each request has a thread of its own
	Start   int // workers at first, of a pool that grows; 0 is all of them
	Spare   int // idle workers that pm = dynamic keeps; 0: pm = ondemand, if it grows
	Backlog int // B of listen(2): the kernel queues one more
	Network string
	// Kill ends a worker whose request has taken so long, looked at KillEvery.
	Kill, KillEvery time.Duration
	Boot            time.Duration // of a worker in the place of a killed one
	Server          Server
	DownFrom        time.Duration // the pool is stopped then, as by a deploy; 0: never
}

// Server is what the workers run in.
type Server int

// The servers. Only php-fpm has logs that are read.
const (
	PHPFPM   Server = iota
	Gunicorn        // sync workers; a killed one closes without a reset
	Puma            // threads
	Prefork         // Apache, without a gateway
)

// The networks of a Pool.
const (
	Unix = "unix"
	TCP  = "tcp"
)

// Static reports whether all workers are there from the start.
func (p Pool) Static() bool { return p.Workers > 0 && p.Start == 0 }

// Slots is how many connections the kernel queues.
func (p Pool) Slots() int { return p.Backlog + 1 }

// Spread is how a piece of work varies.
type Spread int

// The spreads. Mean is the mean of each.
const (
	Fixed       Spread = iota
	Uniform            // from half to one and a half of the mean
	Exponential        // memoryless
)

// Work is time that a page takes itself.
type Work struct {
	Mean   time.Duration
	Spread Spread
	CPU    bool    // it computes; else it waits for something that never fails
	Grow   float64 // by which share it is longer for each other page at it: contention
}

// Hold says how long a page holds the lock of the visitor's session.
type Hold int

// The holds. All visitors of a run send one cookie, so they share one session.
const (
	NoSession Hold = iota
	Whole          // until the answer: session_start
	UntilCall      // until the calls: session_write_close
)

// cookie is the number of the session that all visitors share; 0 where no page has one.
func (s *Site) cookie() int32 {
	for _, p := range s.Pages {
		if p.Session != NoSession {
			return 1
		}
	}
	return 0
}

// Page is one kind of request, and what it does: Work, the calls with Between
// between them, Then, the answer, and Behind.
type Page struct {
	Name    string
	Weight  int
	Static  bool // the gateway answers by itself: a file, or a cache
	Pool    int
	Session Hold
	Work    Work
	Calls   []Call
	AtOnce  bool // the calls are made at once, each by a thread of its own
	Between Work
	Then    Work
	Behind  Work // after the answer, still on the worker: fastcgi_finish_request
	Self    int  // counts the page that it fetches from its own site, from 1; 0 is none
	Status  int  // of the application's own answer; 0 is 200
	Dies    bool // the worker ends without an answer
}

// Call is a call to a dependency.
type Call struct {
	To       int           // the dependency
	Share    float64       // how likely it is made
	Timeout  time.Duration // of all of it
	Connect  time.Duration // of connecting; 0: Timeout
	Tries    int           // 0 is 1
	Pause    time.Duration // before another try
	Fallback Work          // when no try had an answer
	Status   int           // of the page's answer then; 0: it is good, and degraded
	Breaker  Breaker
}

// Breaker lets no call through for a while after so many failures in a row. All
// workers share it. With Failures 0 there is none.
type Breaker struct {
	Failures int
	Open     time.Duration
}

// Dependency is what the site calls, through a proxy of ours.
type Dependency struct {
	Name       string
	Delay      time.Duration // d, of each round trip, when it is well
	Spread     Spread        // of the delay
	RoundTrips int           // of a call; 0 is 1
	Greets     bool          // it speaks first, as MySQL does
	Kept       bool          // connections are kept from one call to the next, one to a worker
	Places     int           // of the site's connection pool to it; 0: no bound
	PlaceWait  time.Duration // how long a page waits for a place; 0: for ever
	Host       string        // host:port as the site names it, through the egress
}

// Visitor is traffic that is not ours.
type Visitor struct {
	Page    int
	Rate    float64 // per second
	Poisson bool
}

// Cron calls a dependency by itself, on no worker.
type Cron struct {
	To      int
	Every   time.Duration
	Calls   int // at once
	Timeout time.Duration
}

// Logs say which of its logs the site lets us read.
type Logs struct {
	GatewayErrors, GatewayAccess, PHPAccess bool
	JSON                                    bool          // the gateway's access log has the upstream's status
	Slow                                    time.Duration // of php-fpm's slow log; 0: none
	Status                                  bool          // php-fpm's status page, on a socket of its own
}
