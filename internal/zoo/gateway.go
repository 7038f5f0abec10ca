package zoo

import (
	"cmp"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// Cause is why a request was not answered well, as the site itself would know
// it. The names are those of the report's causes.
type Cause string

// The causes. The last two are not the report's: it names them app_error and client_timeout.
const (
	NoCause        Cause = ""
	QueueFull      Cause = "queue_full"
	WorkerKilled   Cause = "worker_killed"
	GatewayTimeout Cause = "gateway_timeout"
	GatewayLimit   Cause = "gateway_limit"
	PoolDown       Cause = "pool_down"
	WorkerClosed   Cause = "worker_closed"
	SelfDeadlock   Cause = "self_deadlock"
	AppError       Cause = "app_error"
	ClientTimeout  Cause = "client_timeout"
)

// answer is what comes back for a request.
type answer struct {
	code     int
	by       journal.Answerer
	cause    Cause
	bytes    int64
	degraded bool
	broken   bool // the connection ended without an answer: there is no gateway to say so
}

// request is one request at the gateway.
type request struct {
	page   *Page
	lock   *places      // of its visitor's session
	reply  func(answer) // to who asked
	at     time.Duration
	tried  int
	given  *attempt // the attempt under way
	timer  *event
	over   bool // answered, or who asked has left
	up     time.Duration
	asked  bool // a worker was asked, or was to be
	inPool bool // it is connected to the pool
	server *server
}

// attempt is a request on its way to one server. It stays in the queue, and is
// served, when the gateway has given it up.
type attempt struct {
	request *request
	pool    *pool
	lost    bool // nobody waits for its answer any more
	syn     *event
}

// server is one of those that an upstream names.
type server struct {
	fails   int
	checked time.Duration // the fails are since then
	down    time.Duration // until
}

// gateway is nginx.
type gateway struct {
	*world
	cfg     Gateway
	servers []*server
	turn    int
	busy    int // requests at the pools
}

func newGateway(w *world) *gateway {
	g := &gateway{world: w, cfg: w.site.Gateway}
	for range max(g.cfg.Servers, 1) {
		g.servers = append(g.servers, &server{})
	}
	return g
}

// take receives a request of the session with that lock.
func (g *gateway) take(page *Page, lock *places, reply func(answer)) *request {
	r := &request{page: page, lock: lock, reply: reply, at: g.now}
	if page.Static {
		g.after(g.noise.about(60*time.Microsecond), func() { g.done(r, answer{code: 200, bytes: 12}) })
		return r
	}
	r.asked = true
	if g.cfg.MaxConns > 0 && g.busy >= g.cfg.MaxConns {
		g.error(journal.NoLiveUpstreams, r)
		g.refuse(r, GatewayLimit)
		return r
	}
	g.busy++
	g.try(r)
	return r
}

// try asks the next server that is up.
func (g *gateway) try(r *request) {
	s := g.pick()
	if s == nil {
		g.error(journal.NoLiveUpstreams, r)
		g.refuse(r, GatewayLimit)
		return
	}
	r.server, r.tried = s, r.tried+1
	a := &attempt{request: r, pool: g.pools[r.page.Pool]}
	r.given, r.up = a, g.now
	switch {
	case a.pool.down:
		kind := journal.NoSocket
		if a.pool.cfg.Network == TCP {
			kind = journal.UpstreamRefused
		}
		g.failed(r, kind, 502, PoolDown)
	case a.pool.cfg.Network == TCP:
		if !g.cfg.Absent {
			r.timer = g.after(cmp.Or(g.cfg.Connect, g.cfg.Timeout), func() { g.failed(r, journal.ConnectTimeout, 504, QueueFull) })
		}
		a.connect(0)
	case a.pool.offer(a):
		g.wait(r)
	default:
		g.failed(r, journal.QueueFull, 502, QueueFull)
	}
}

// pick takes the servers in turn, those that are up.
func (g *gateway) pick() *server {
	for range g.servers {
		s := g.servers[g.turn%len(g.servers)]
		g.turn++
		if g.now >= s.down {
			return s
		}
	}
	return nil
}

// connect sends a SYN, and again at the kernel's times: a full queue drops it.
func (a *attempt) connect(try int) {
	g := a.pool.gateway
	switch {
	case a.pool.offer(a):
		a.request.timer.cancel()
		g.wait(a.request)
	case a.pool.halfOpens():
		a.request.timer.cancel()
		g.wait(a.request)
		a.arrive(0)
	default:
		a.syn = g.after(synWait(g.site.OldKernel, try), func() { a.connect(try + 1) })
	}
}

// arrive gets a connection into the queue that is half open: the gateway's
// kernel has it, the pool's dropped what completes it, and will see the request
// when that is sent again, after 0.2, 0.6, 1.4 s and so on.
func (a *attempt) arrive(try int) {
	a.pool.after(200*time.Millisecond<<try, func() {
		if !a.pool.offer(a) {
			a.arrive(try + 1)
		}
	})
}

// synWait is how long after a SYN the next is sent. Linux sends four a second
// apart, and then doubles; before 6.5 it doubled from the first on.
func synWait(old bool, try int) time.Duration {
	if old {
		return time.Second << try
	}
	return time.Second << max(try-4, 0)
}

// wait gives the worker R to answer in.
func (g *gateway) wait(r *request) {
	r.inPool = true
	if g.cfg.Absent {
		return
	}
	r.timer = g.after(g.cfg.Timeout, func() { g.failed(r, journal.ReadTimeout, 504, GatewayTimeout) })
}

// failed ends an attempt without an answer, and makes another where that is allowed.
func (g *gateway) failed(r *request, kind journal.Kind, code int, cause Cause) {
	r.drop()
	if g.cfg.Absent {
		g.busy--
		g.done(r, answer{cause: cause, broken: true})
		return
	}
	g.error(kind, r)
	r.server.fail(g.now, g.cfg)
	if r.tried < max(g.cfg.Tries, 1) {
		g.try(r)
		return
	}
	if code == 502 {
		g.refuse(r, cause)
		return
	}
	g.busy--
	g.after(g.noise.about(200*time.Microsecond), func() { g.done(r, answer{code: code, by: g.signs(), cause: cause, bytes: 167}) })
}

// fail counts a failure, as nginx's max_fails and fail_timeout do.
func (s *server) fail(now time.Duration, cfg Gateway) {
	if cfg.MaxFails == 0 {
		return
	}
	if now-s.checked > cfg.FailFor {
		s.fails = 0
	}
	s.fails, s.checked = s.fails+1, now
	if s.fails >= cfg.MaxFails {
		s.down, s.fails = now+cfg.FailFor, 0
	}
}

// refuse answers 502 at once.
func (g *gateway) refuse(r *request, cause Cause) {
	if r.tried > 0 {
		g.busy--
	}
	g.after(g.noise.about(100*time.Microsecond), func() { g.done(r, answer{code: 502, by: g.signs(), cause: cause, bytes: 157}) })
}

// signs is who its errors seem to be from.
func (g *gateway) signs() journal.Answerer {
	if g.cfg.JSONPage {
		return journal.AnswererApp
	}
	return journal.AnswererGateway
}

// answered passes on what a worker answered, if it is still waited for.
func (g *gateway) answered(a *attempt, what answer) {
	if a.lost {
		return
	}
	a.request.drop()
	g.busy--
	g.done(a.request, what)
}

// broken is told when a worker ended without an answer.
func (g *gateway) broken(a *attempt, kind journal.Kind, cause Cause) {
	if !a.lost {
		g.failed(a.request, kind, 502, cause)
	}
}

// left is told when who asked has gone. The worker does not hear of it.
func (g *gateway) left(r *request) {
	if r.over {
		return
	}
	r.over = true
	if r.given != nil && !r.given.lost {
		r.drop()
		g.busy--
	}
	g.access(r, answer{code: 499})
}

// drop ends the waiting for the attempt.
func (r *request) drop() {
	r.timer.cancel()
	r.given.lost = true
	r.given.syn.cancel()
}

// done answers who asked.
func (g *gateway) done(r *request, a answer) {
	if r.over {
		return
	}
	r.over = true
	g.access(r, a)
	if g.cfg.Edge && a.cause != NoCause && a.by == journal.AnswererGateway {
		a.code, a.by = 503, journal.AnswererEdge
	}
	r.reply(a)
}
