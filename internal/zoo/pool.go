package zoo

import (
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// pool is the workers behind one socket, and its accept queue.
type pool struct {
	*world
	cfg     Pool
	queue   []*attempt
	workers map[*worker]struct{}
	idle    []*worker
	down    bool
	grown   int // workers started by pm = dynamic the last time, doubled
	page    statusPage
	served  int64
	freed   time.Duration // when a slot of the queue was, last
}

// A SYN gets through in the moment in which a slot is free, and what follows it
// does not if another has taken the slot: of the SYNs that a busy queue drops
// so many end so, on a calm machine and more on a busy one, by the share of nginx's
// "while reading" among its timeouts in real overloads (8 of 40 to 39 of 60); of a
// queue in which nothing moves, none.
const (
	halfOpen     = 0.05
	halfOpenBusy = 0.25
	moving       = 100 * time.Millisecond
)

func (p *pool) halfOpens() bool {
	return p.freed > 0 && p.now-p.freed < moving && p.draw.Float64() < halfOpen+halfOpenBusy*p.site.Busy
}

// worker serves one request after another.
type worker struct {
	*pool
	process *process
	at      *attempt      // that it serves
	since   time.Duration // when it took it
	slow    bool          // it is in the slow log
	turn    *signal       // while it is idle
	next    *attempt      // given to it
	kept    map[int]*connection
	waits   int // what it waits for: see state.go
}

// lookEvery is how often php-fpm counts its processes.
const lookEvery = time.Second

func newPool(w *world, cfg Pool) *pool {
	p := &pool{world: w, cfg: cfg, workers: map[*worker]struct{}{}, grown: 1}
	first := cfg.Workers
	if cfg.Start > 0 {
		first = cfg.Start
	}
	for range first {
		p.start()
	}
	w.each(w.noise.upTo(lookEvery), lookEvery, p.look) // the master's clock is not ours
	if cfg.Kill > 0 {
		w.after(w.noise.upTo(cfg.KillEvery), p.watchOver)
	}
	if cfg.DownFrom > 0 {
		w.at(cfg.DownFrom, p.stop)
	}
	return p
}

// start starts a worker.
func (p *pool) start() *worker {
	w := &worker{pool: p, kept: map[int]*connection{}}
	p.workers[w] = struct{}{}
	w.process = p.begin(w.run)
	return w
}

func (w *worker) run(p *process) {
	for {
		a := w.accept(p)
		w.at, w.since, w.slow = a, w.now, false
		w.serve(p, a)
		w.at = nil
		w.served++
		if w.cfg.Workers == 0 { // a thread of its own
			w.leave()
			return
		}
	}
}

// accept takes the next of the queue, or waits for one.
func (w *worker) accept(p *process) *attempt {
	if w.next != nil {
		a := w.next
		w.next = nil
		return a
	}
	if len(w.queue) > 0 {
		a := w.queue[0]
		w.queue, w.freed = w.queue[1:], w.now
		return a
	}
	w.turn = &signal{}
	w.idle = append(w.idle, w)
	p.await(w.turn, forever)
	a := w.next
	w.next, w.turn = nil, nil
	return a
}

// offer hands a connection to a worker that is idle, or queues it, and reports
// whether there was room.
func (p *pool) offer(a *attempt) bool {
	switch {
	case p.cfg.Workers == 0:
		p.start().next = a
	case len(p.idle) > 0:
		w := p.idle[0]
		p.idle = p.idle[1:]
		w.next = a
		w.turn.fire()
	case len(p.queue) >= p.cfg.Slots():
		return false
	default:
		p.queue = append(p.queue, a)
		if p.cfg.Start > 0 && p.cfg.Spare == 0 { // ondemand
			p.startOne()
		}
	}
	p.page.longest = max(p.page.longest, len(p.queue))
	return true
}

// startOne starts a worker for a request that found none, if there may be one more.
func (p *pool) startOne() {
	if len(p.workers) >= p.cfg.Workers {
		p.page.reached = 1
		return
	}
	p.start()
}

// serve runs the page, and says so in php-fpm's log.
func (w *worker) serve(p *process, a *attempt) {
	t := &thread{world: w.world, process: p, worker: w, page: a.request.page}
	t.run(func(what answer) {
		w.gateway.answered(a, what)
	})
	if a.request.page.Dies {
		w.next = nil
		w.after(0, func() { w.die(journal.UpstreamClosed, WorkerClosed) })
		p.park()
	}
	w.phpAccess(a.request.page, t.status(), w.now-w.since, t.computed)
}

// watchOver looks for workers to kill now and then. gunicorn's master is woken by
// the end of a worker, which takes it some time to replace, and counts its second
// from then on: measured as 1.07 to 1.2 s from one kill to the next look.
func (p *pool) watchOver() {
	next := p.cfg.KillEvery
	if p.killOverdue() && p.cfg.Server == Gunicorn {
		next = 40*time.Millisecond + p.noise.upTo(100*time.Millisecond)
	}
	p.after(next, p.watchOver)
}

// killOverdue kills the workers whose requests have taken too long, and reports
// whether there were any.
func (p *pool) killOverdue() (killed bool) {
	kind, cause := journal.UpstreamReset, WorkerKilled
	if p.cfg.Server != PHPFPM {
		kind = journal.UpstreamClosed
	}
	for _, w := range p.sorted() {
		if w.at != nil && p.now-w.since >= p.cfg.Kill {
			w.die(kind, cause)
			killed = true
		}
	}
	return killed
}

// die ends a worker in the middle of a request, and starts another.
func (w *worker) die(kind journal.Kind, cause Cause) {
	a := w.at
	w.leave()
	w.process.kill()
	if a != nil {
		w.gateway.broken(a, kind, cause)
	}
	w.after(w.cfg.Boot+w.noise.about(500*time.Microsecond), func() {
		if !w.down {
			w.start()
		}
	})
}

// leave takes the worker off the pool. Its connections end with it.
func (w *worker) leave() {
	delete(w.workers, w)
	for to := range w.dependencies {
		if c := w.kept[to]; c != nil {
			c.end(bySite)
		}
	}
}

// stop ends the pool with all its requests.
func (p *pool) stop() {
	p.down = true
	p.idle = nil
	for _, w := range p.sorted() {
		w.die(journal.UpstreamReset, PoolDown)
	}
	for _, a := range p.queue {
		p.gateway.broken(a, journal.UpstreamReset, PoolDown)
	}
	p.queue = nil
}

// sorted are the workers by when they took what they serve, so that a run does
// not depend on the order of a map.
func (p *pool) sorted() []*worker {
	return sortedKeys(p.workers, func(w *worker) int { return w.process.number })
}

// look is php-fpm's look at its processes, once a second: it notes what the
// status page will say, writes the slow log, and starts workers.
func (p *pool) look() {
	p.page.active, p.page.total, p.page.queued = p.busy(), len(p.workers), len(p.queue)
	p.page.most = p.page.longest
	if p.cfg.Spare == 0 || p.down {
		return
	}
	if len(p.idle) >= p.cfg.Spare {
		p.grown = 1
		return
	}
	n := min(p.grown, p.cfg.Spare-len(p.idle), p.cfg.Workers-len(p.workers))
	if n <= 0 {
		p.page.reached = 1
		p.grown = 1
		return
	}
	for range n {
		p.start()
	}
	p.grown = min(2*p.grown, 32)
}

// busy counts the workers that serve a request.
func (p *pool) busy() (n int) {
	for w := range p.workers {
		if w.at != nil {
			n++
		}
	}
	return n
}
